#!/usr/bin/env bats
# muster-ship as a user meets it: from one directory to others.
# shellcheck disable=SC2154	# site.bash sets site_name and others

load ../lib/site.bash

setup_file() {
	site_make 5
	# The first store is the one that is shipped from.
	sed -i "s|^  local: *{url:.*|&\n  copy: {url: $SITE/copy}|" \
	    "$MUSTER_POLICY"
	grep -q '^  copy:' "$MUSTER_POLICY"
	muster snapshot --quiet
}

teardown_file() {
	site_drop
}

# Every object of the store is in the copy, byte for byte, and nothing else.
same() {
	run -0 diff -r --exclude=.tmp "$SITE/store" "$SITE/copy"
	[ -z "$output" ]
}

@test "a store that is not there is trouble, and named" {
	rm -rf "$SITE/copy"
	run -2 muster ship
	[[ $output == *"$SITE/copy"* ]]
}

@test "an empty store is refused until --init says that it is meant" {
	rm -rf "$SITE/copy"
	mkdir "$SITE/copy"
	run -2 muster ship
	[[ $output == *--init* ]]
	[ -z "$(find "$SITE/copy" -type f)" ]
	run -0 muster ship --init
	[[ $output == "copy: sent "* ]]
	same
	run -0 muster verify --store "$SITE/copy"
}

@test "one folder under two names is no second store" {
	ln -s "$SITE/store" "$SITE/elsewhere"
	sed "s|url: $SITE/copy|url: $SITE/elsewhere|" "$MUSTER_POLICY" \
	    >"$SITE/twice.yaml"
	run -2 muster ship -p "$SITE/twice.yaml"
	[[ $output == *"elsewhere and $SITE/store are one folder: "* ]]
	run -2 muster ship -p "$SITE/twice.yaml" --init
	rm "$SITE/elsewhere"
}

@test "a second run sends nothing, --read-back=all reads all" {
	run -0 muster ship --read-back=all --json
	run -0 jq -e '.packs == 0 and .bytes == 0 and .statements == 0 and
	    .read_packs == .present and .read_packs > 0' <<<"$output"
}

@test "a dry run sends nothing" {
	head -c 100000 /dev/urandom | muster seal --as more --quiet
	run -0 muster ship -n
	[[ $output == *"would send 1 pack, "* ]]
	[ "$(find "$SITE/copy/packs" -type f | wc -l)" -lt \
	    "$(find "$SITE/store/packs" -type f | wc -l)" ]
	run -0 muster ship -q
	[ -z "$output" ]
	same
}

@test "a drill of the copy passes, and the gate says GO from it" {
	sed -i "s|^drill:.*|&\n  from: copy|" "$MUSTER_POLICY"
	grep -q 'from: copy' "$MUSTER_POLICY"
	run -0 muster predeploy
	[[ $output == *"GO: $site_name"* ]]
	find "$SITE/copy/verdicts" -type f | grep -q .
}

@test "a pack that is damaged here is named and not sent" {
	head -c 100000 /dev/urandom | muster seal --as bad --quiet
	new=$(diff -rq "$SITE/store/packs" "$SITE/copy/packs" | sed -n \
	    's|^Only in \(.*store/packs[^:]*\): \(.*\)|\1/\2|p' | head -n 1)
	[ -d "$new" ] && new=$(find "$new" -type f)
	cp "$new" "$BATS_TEST_TMPDIR/good"
	flip "$new" 1000
	run -1 muster ship
	[[ $output == *"BAD copy: packs/"*"${new##*/}"* ]]
	[[ $output == *"not sent"* ]]
	[ -z "$(find "$SITE/copy" -name "${new##*/}")" ]
	cp "$BATS_TEST_TMPDIR/good" "$new"
	run -0 muster ship
}

@test "a pack that is damaged there is found by reading all back" {
	pack=$(find "$SITE/copy/packs" -type f | head -n 1)
	cp "$pack" "$BATS_TEST_TMPDIR/good"
	flip "$pack" 1000
	run -1 muster ship --read-back=all
	[[ $output == *"BAD copy: packs/"*"${pack##*/}"* ]]
	rm -f "$pack"
	run -0 muster ship --read-back=all
	cmp "$BATS_TEST_TMPDIR/good" "$pack"
}

@test "a store that is killed away 20 times is whole in the end" {
	rm -rf "$SITE/other"
	mkdir "$SITE/other"
	sed "s|$SITE/copy|$SITE/other|" "$MUSTER_POLICY" >"$SITE/other.yaml"
	killed=0
	for i in $(seq 20); do
		muster ship --init -q -p "$SITE/other.yaml" &
		pid=$!
		sleep "0.0$((i % 7))$i"
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" || killed=$((killed + 1))
		MUSTER_POLICY='' run muster verify --store "$SITE/other"
		[[ $output != *"missing, needed by"* ]]
	done
	echo "$killed of 20 runs were killed"
	[ "$killed" -gt 0 ]
	run -0 muster ship --init --read-back=all -p "$SITE/other.yaml"
	run -0 muster verify -p "$SITE/other.yaml" --store copy
}

@test "one store that is away does not hinder the others" {
	sed "s|^stores:.*|&\n  away: {url: $SITE/away}|" "$MUSTER_POLICY" \
	    >"$SITE/away.yaml"
	head -c 1000 /dev/urandom | muster seal --as again --quiet
	run -2 muster ship -s local -p "$SITE/away.yaml"
	[[ $output == *"copy: sent 1 pack, "* ]]
	[[ $output == *"$SITE/away"* ]]
}

@test "a wrong store, number or word is asked for wrongly" {
	run -2 muster ship --to nowhere
	[[ $output == *nowhere* ]]
	run -64 muster ship --jobs 0
	run -64 muster ship --read-back=some
	run -2 muster ship --to local
	[[ $output == *"shipped from"* ]]
	run -64 muster ship operand
}

@test "another shipment holds the lock: 75" {
	state=$(sed -n 's/^state: *//p' "$MUSTER_POLICY")
	flock "$state/ship-lock" sleep 5 &
	holder=$!
	until ! flock -n "$state/ship-lock" true; do :; done
	run -75 muster ship
	kill "$holder"
	wait "$holder" || :
	run -0 muster ship --lock-wait 30s --quiet
}

@test "output that cannot be written is exit 2" {
	status=0
	muster ship >/dev/full 2>/dev/null || status=$?
	[ "$status" -eq 2 ]
}

#!/usr/bin/env bats
# muster-doctor: what is missing is named, with what to do about it.
# shellcheck disable=SC2154	# site.bash sets site_name and others

load ../lib/site.bash

setup_file() {
	site_make 5
}

teardown_file() {
	site_drop
}

setup() {
	policy=$BATS_TEST_TMPDIR/muster.yaml
	cp "$MUSTER_POLICY" "$policy"
}

# bad WHAT: exactly this is bad, and says so
bad() {
	run -1 muster doctor --quick -p "$policy"
	[[ $output == *"BAD     $1"* ]]
	[[ $output == *"NOT READY: "*" 1 bad, 0 unknown"* ]]
}

@test "a site that is in order is ready, and nothing is left" {
	muster snapshot --quiet
	run -0 muster doctor
	[[ $output == *"good    database: account: may take all"* ]]
	[[ $output == *"good    drill: server: a throwaway server starts"* ]]
	[[ $output == *"good    store local: reached"* ]]
	[[ $output == *"ready: "*" 0 bad, 0 unknown"* ]]
	[ -z "$(scratch_left)" ]
	run -0 muster verify
}

@test "what a careful person would do is a warning, and no failure" {
	run -0 muster doctor --quick
	[[ $output == *"warn    keys: recovery:"*"is on this host"* ]]
	[[ $output == *"warn    store local: removal: this host may"* ]]
	[[ $output == *"warn    off-site: there is one store only"* ]]
}

@test "quiet says nothing when nothing is bad" {
	run -0 muster doctor -q
	[ -z "$output" ]
}

@test "what it saw is signed, for a gate that demands it" {
	run -64 muster doctor --sign --quick
	sed -i 's|^gate: {|&doctor-age: 10m, |' "$policy"
	grep -q doctor-age "$policy"
	run -1 muster gate -n --explain -p "$policy"
	[[ $output =~ FAIL\ +doctor\ .*none ]]
	[[ $output == *"muster-doctor --sign"* ]]
	muster snapshot --quiet -p "$policy"
	run -0 muster doctor --sign -p "$policy"
	[[ ${lines[-1]} == "receipt receipts/2"* ]]
	run -1 muster gate -n -p "$policy"
	[[ $output =~ pass\ +doctor\ .*passed,\ .*\ old,\ on\  ]]
	run -0 muster list --all
	[[ ${lines[-1]} == *"  receipt "*"passed in "*" checks, doctor" ]]
}

@test "a receipt of what is bad says so, and the gate with it" {
	muster snapshot --quiet
	sed -i "s|private/files|private/gone|
	    s|^gate: {|&doctor-age: 10m, |" "$policy"
	run -1 muster doctor --sign -p "$policy"
	[[ $output == *"BAD     files: path: "*"receipt receipts/2"* ]]
	run -1 muster gate -n -p "$policy"
	[[ $output =~ FAIL\ +doctor\ .*FAILED,\  ]]
}

@test "there is no receipt before there is a snapshot, nor into /dev/full" {
	mkdir "$BATS_TEST_TMPDIR/new"
	sed "s|$SITE/store|$BATS_TEST_TMPDIR/new/store|g
	    s|$SITE/writer|$BATS_TEST_TMPDIR/new/writer|
	    s|^state: .*|state: $BATS_TEST_TMPDIR/new/state|" "$policy" \
	    >"$BATS_TEST_TMPDIR/new.yaml"
	muster init --quiet --store "$BATS_TEST_TMPDIR/new/store" \
	    --site "$site_name" --bare-recovery-key \
	    -o "$BATS_TEST_TMPDIR/new/muster.yaml"
	run muster doctor --sign -p "$BATS_TEST_TMPDIR/new.yaml"
	[ "$status" -eq 2 ]
	[[ $output == *"cannot be signed before there is a snapshot"* ]]
	run -2 bash -c "muster doctor --sign -p '$policy' >/dev/full"
}

@test "every finding in JSON, then the counts" {
	muster doctor --quick --json >"$BATS_TEST_TMPDIR/out"
	run -0 jq -es '(.[:-1] | all(.event == "finding" and .name and .seen
	    and (.level == "good" or .fix))) and .[-1].event == "doctor" and
	    .[-1].good == ([.[:-1][] | select(.level == "good")] | length)' \
	    "$BATS_TEST_TMPDIR/out"
}

@test "a path that is not there" {
	sed -i "s|private/files|private/gone|" "$policy"
	bad "files: path: "
	[[ $output == *"private/gone: No such file or directory"* ]]
}

@test "a database server that is not there" {
	cp "$SITE/site/my.cnf" "$BATS_TEST_TMPDIR/my.cnf"
	sed -i "s|^socket.*|socket=$BATS_TEST_TMPDIR/none|" \
	    "$BATS_TEST_TMPDIR/my.cnf"
	sed -i "s|$SITE/site/my.cnf|$BATS_TEST_TMPDIR/my.cnf|" "$policy"
	bad "database: "
}

@test "an account that may not see everything" {
	site_sql -e "CREATE USER little@localhost; GRANT SELECT ON
	    \`$db_name\`.* TO little@localhost"
	printf '[client]\nsocket=%s\nuser=little\n' \
	    "$SITE/site/mariadb/sock" >"$BATS_TEST_TMPDIR/little.cnf"
	chmod 600 "$BATS_TEST_TMPDIR/little.cnf"
	sed -i "s|$SITE/site/my.cnf|$BATS_TEST_TMPDIR/little.cnf|" "$policy"
	bad "database: account: "
	[[ $output == *"GRANT SHOW VIEW"* ]]
	site_sql -e "DROP USER little@localhost"
}

@test "a writer key that others may read" {
	cp "$SITE/writer.key" "$BATS_TEST_TMPDIR/loose.key"
	chmod 644 "$BATS_TEST_TMPDIR/loose.key"
	sed -i "s|$SITE/writer.key|$BATS_TEST_TMPDIR/loose.key|" "$policy"
	run -1 muster doctor --quick -p "$policy"
	[[ $output == *"BAD     keys: writer: "*loose.key* ]]
}

@test "a policy that others may write" {
	chmod 664 "$policy"
	bad "policy: "
	[[ $output == *"chmod go-w"* ]]
	chmod 666 "$policy"
	run -2 muster doctor --quick -p "$policy"
	[[ $output == *"$policy"* ]]
}

@test "a store that is not there, and one that is another" {
	sed -i "s|^  local: .*|&\n  away: {url: $SITE/away}|" "$policy"
	bad "store away: "
	[[ $output == *"make its folder, then muster-ship --init"* ]]
	MUSTER_POLICY='' muster init --store "$SITE/other" --recovery-key \
	    "$BATS_TEST_TMPDIR/other.key" --passphrase-file \
	    "$SITE/passphrase" -o "$BATS_TEST_TMPDIR/other.yaml" >/dev/null
	sed -i "s|$SITE/away|$SITE/other|" "$policy"
	bad "store away: "
	mkdir "$BATS_TEST_TMPDIR/empty"
	sed -i "s|$SITE/other|$BATS_TEST_TMPDIR/empty|" "$policy"
	bad "store away: "
	[[ $output == *"muster-ship --init"* ]]
}

@test "a scratch folder that is not there" {
	sed -i "s|^  scratch: .*|  scratch: $SITE/nowhere|" "$policy"
	bad "drill: scratch: "
}

@test "a throwaway server that cannot be started" {
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/mariadbd"
	chmod 755 "$BATS_TEST_TMPDIR/mariadbd"
	sed -i "s|^  scratch: .*|&\n  mariadbd: $BATS_TEST_TMPDIR/mariadbd|" \
	    "$policy"
	run -1 muster doctor -p "$policy"
	[[ $output == *"BAD     drill: server: "* ]]
	[ -z "$(scratch_left)" ]
}

@test "room that is not enough is told with figures" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to mount a small disk"
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=8m small "$BATS_TEST_TMPDIR/small" ||
	    skip "cannot mount a small disk here"
	sed -i "s|^  scratch: .*|  scratch: $BATS_TEST_TMPDIR/small|" \
	    "$policy"
	status=0
	output=$(muster doctor --quick -p "$policy") || status=$?
	umount "$BATS_TEST_TMPDIR/small"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"BAD     drill: scratch: "*" free, about "* ]]
}

@test "clocks that disagree" {
	faketime '+2 hours' date >/dev/null || skip "faketime does not work"
	# The library says the time of tomorrow to us, the server does not.
	run -1 faketime '+1 day' "$(command -v muster-doctor)" --quick \
	    -p "$policy"
	[[ $output == *"BAD     database: clock: "*"behind ours"* ]]
}

@test "without a policy it is trouble; operands are refused" {
	run -2 muster doctor -p "$BATS_TEST_TMPDIR/none.yaml"
	run -64 muster doctor operand
}

@test "output that cannot be written is exit 2" {
	status=0
	muster doctor --quick >/dev/full 2>/dev/null || status=$?
	[ "$status" -eq 2 ]
}

#!/usr/bin/env bats
# A drill of a live site, killed or interrupted at random moments, spread over
# all the time that it takes: no server and no folder outlives the next run.
# shellcheck disable=SC2154	# site.bash and crash.bash set variables

load ../lib/site.bash
load ../lib/crash.bash

setup_file() {
	site_make 2
	bare_key
	muster snapshot --quiet
	muster drill --quiet
	# a small site, whose drills take a moment and sweep the same folder
	mkdir "$SITE/tree" "$SITE/etc"
	echo '{"encryption_key": "k"}' >"$SITE/etc/site.json"
	docs_beside "$SITE/small"
	muster snapshot --quiet -p "$SITE/small/muster.yaml"
}

teardown_file() {
	site_drop
}

receipts() {
	find "$SITE/store/receipts" -type f | wc -l
}

@test "40 drills killed at random moments" {
	crash_begin
	length=$(milliseconds muster-drill --quiet)
	killed=0 alone=0
	for ((i = 0; i < 40; i++)); do
		before=$(receipts)
		strike KILL "$(moment "$i" 40 "$length")" muster-drill --quiet
		[ "$status" -eq 137 ] || [ "$status" -eq 0 ]
		! struck || killed=$((killed + 1))
		[ -z "$(scratch_left)" ] || alone=$((alone + 1))
		store_is_good
		# a killed drill has no receipt, unless all was done but the end
		[ "$(receipts)" -le $((before + 1)) ]
		if [ $((i % 4)) -lt 3 ]; then
			muster drill --quiet -p "$SITE/small/muster.yaml"
		else
			length=$(milliseconds muster-drill --quiet)
		fi
		nothing_left
	done
	printf '# | 40 drills struck, %d while they ran (of about %d ms)\n' \
	    "$killed" "$length" >&3
	printf '# | %d left a folder that the next run removed\n' "$alone" >&3
	[ "$killed" -ge 26 ]
	[ "$alone" -ge 10 ]
	run -0 muster gate
}

@test "a drill ends cleanly when it is asked to, at any moment" {
	crash_begin
	length=$(milliseconds muster-drill --quiet)
	ended=0
	for ((i = 0; i < 12; i++)); do
		before=$(receipts)
		sig=INT want=130
		[ $((i % 2)) -eq 0 ] || sig=TERM want=143
		strike "$sig" "$(moment "$i" 12 "$length")" \
		    muster-drill --quiet
		[ "$status" -eq "$want" ] || [ "$status" -eq 0 ]
		if struck; then
			ended=$((ended + 1))
			[ "$(receipts)" -eq "$before" ]
		fi
		nothing_left
	done
	printf '# | 12 drills asked to end, %d did while they ran\n' \
	    "$ended" >&3
	[ "$ended" -ge 6 ]
	store_is_good
	run -0 muster drill
}

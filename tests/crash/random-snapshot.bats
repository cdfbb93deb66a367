#!/usr/bin/env bats
# A snapshot of a live site, killed or interrupted at random moments, spread
# over all the time that it takes.
# shellcheck disable=SC2154	# site.bash and crash.bash set variables

load ../lib/site.bash
load ../lib/crash.bash

setup_file() {
	site_make 2
	muster snapshot --quiet
}

teardown_file() {
	site_drop
}

# Something new in rows and files.
change() {
	head -c 200000 /dev/urandom \
	    >"$bench/sites/$site_name/private/files/noise"
	site_sql -e "UPDATE \`$db_name\`.tabUser
	    SET modified = modified + INTERVAL 1 MINUTE"
}

# took: how long a snapshot takes now, by the last ones that were not killed
took() {
	change
	milliseconds muster-snapshot --quiet
}

@test "60 snapshots killed at random moments" {
	crash_begin
	length=$(took) killed=0
	for ((i = 0; i < 60; i++)); do
		change
		strike KILL "$(moment "$i" 60 "$length")" \
		    muster-snapshot --quiet
		[ "$status" -eq 137 ] || [ "$status" -eq 0 ]
		! struck || killed=$((killed + 1))
		store_is_good
		now=$(took)
		nothing_left
		length=$(((length * 3 + now) / 4))
	done
	printf '# | 60 snapshots struck, %d while they ran (of about %d ms)\n' \
	    "$killed" "$length" >&3
	[ "$killed" -ge 40 ]
	run -0 muster verify --content
	run -0 muster drill
}

@test "a snapshot ends cleanly when it is asked to, at any moment" {
	crash_begin
	length=$(took) ended=0
	for ((i = 0; i < 16; i++)); do
		change
		sig=INT want=130
		[ $((i % 2)) -eq 0 ] || sig=TERM want=143
		strike "$sig" "$(moment "$i" 16 "$length")" \
		    muster-snapshot --quiet
		# the earliest may come before the signal is looked for
		[ "$status" -eq "$want" ] || [ "$status" -eq 0 ]
		! struck || ended=$((ended + 1))
		nothing_left
		store_is_good
	done
	printf '# | 16 snapshots asked to end, %d did while they ran\n' \
	    "$ended" >&3
	[ "$ended" -ge 8 ]
	run -0 muster snapshot
}

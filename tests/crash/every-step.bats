#!/usr/bin/env bats
# SIGKILL at every step of a command, a step being a call that changes
# something in a file system: one after the other, none left out.  After each
# the store holds nothing that is half there, the next run does its work, and
# what was left is gone.

load ../lib/site.bash
load ../lib/crash.bash

setup_file() {
	docs_make
	crash_library
	muster snapshot --quiet
	muster drill --quiet
	muster gate --quiet
}

teardown_file() {
	site_drop
}

# Something new to be stored.
change() {
	head -c 50000 /dev/urandom >"$SITE/tree/noise"
}

snapshots() {
	find "$SITE/store/snapshots" -type f | wc -l
}

# at_every_step COMMAND LEAST: as said above; at least so many steps
at_every_step() {
	change
	total=$(steps_of "muster-$1" --quiet)
	killed=0
	for ((step = 1; step <= total; step++)); do
		change
		! kill_at_step "$step" "muster-$1" --quiet ||
			killed=$((killed + 1))
		store_is_good
		muster "$1" --quiet
		nothing_left
	done
	printf '# | %-8s | %3d steps | %3d kills | good after each\n' \
	    "$1" "$total" "$killed" >&3
	[ "$total" -ge "$2" ]
	[ "$killed" -ge $((total - 3)) ]
	store_is_good
	muster verify --content --quiet
}

@test "a snapshot, killed at each of its steps" {
	at_every_step snapshot 30
	# each run that was not killed left one, and a killed one at most one
	[ "$(snapshots)" -ge "$total" ]
	run -0 muster drill
}

@test "a drill, killed at each of its steps" {
	before=$(find "$SITE/store/receipts" -type f | wc -l)
	at_every_step drill 50
	after=$(find "$SITE/store/receipts" -type f | wc -l)
	# the counted run, each that was not killed, and those killed at the end
	[ $((after - before)) -ge $((total + 1)) ]
	[ $((after - before)) -le $((total + 5)) ]
}

@test "a gate, killed at each of its steps" {
	muster snapshot --quiet
	muster drill --quiet
	at_every_step gate 5
}

@test "a restore, killed at each of its steps, is done again elsewhere" {
	muster snapshot --quiet
	total=$(steps_of muster-restore --quiet -c files -t "$SITE/out")
	for ((step = 1; step <= total; step++)); do
		rm -rf "$SITE/out"
		kill_at_step "$step" muster-restore --quiet -c files \
		    -t "$SITE/out" || :
		# a file that has its name is whole
		while IFS= read -r -d '' file; do
			cmp "$file" "${file#"$SITE/out"}"
		done < <(find "$SITE/out" -name '.*' -prune -o \
		    -type f -print0 2>/dev/null)
		rm -rf "$SITE/out"
		muster restore --quiet -c files -t "$SITE/out"
	done
	printf '# | restore  | %3d steps | no half file has its name\n' \
	    "$total" >&3
	[ "$total" -ge 8 ]
}

@test "muster-init, killed at each of its steps, can be begun anew" {
	init() {
		muster-init --quiet --store "$SITE/new/store" --site x.example \
		    --bare-recovery-key -o "$SITE/new/muster.yaml"
	}
	mkdir "$SITE/new"
	total=$(steps_of init)
	for ((step = 1; step <= total; step++)); do
		rm -rf "$SITE/new"
		mkdir "$SITE/new"
		kill_at_step "$step" init || :
		# it made all of it, or refuses and says what is in the way
		status=0
		init >"$SITE/said" 2>&1 || status=$?
		[ "$status" -eq 0 ] || grep -q "$SITE/new/" "$SITE/said"
		rm -rf "$SITE/new"
		mkdir "$SITE/new"
		init
	done
	printf '# | init     | %3d steps\n' "$total" >&3
}

#!/usr/bin/env bats
# No room: under the store, the index, the scratch folder; and a store that
# may not be written.  Each is exit 2 and a sentence that names the place, and
# nothing half-written is believed; after room was made the next run succeeds.
# The file systems are small ones in memory, which need root to be mounted.

load ../lib/site.bash
load ../lib/crash.bash

setup_file() {
	docs_make
	can_mount
	muster snapshot --quiet
	muster drill --quiet
}

setup() {
	[ -e "$SITE/mounts" ] || skip "file systems cannot be mounted here"
}

teardown() {
	no_disks
}

teardown_file() {
	teardown
	site_drop
}

change() {
	head -c 700000 /dev/urandom >"$SITE/tree/noise"
}

@test "the store's disk is full, sooner or later" {
	small_disk store 4m
	for kb in 0 4 8 64 300 600 680 688 692 696 700; do
		change
		leave store "$kb"
		status=0
		muster snapshot >"$SITE/said" 2>&1 || status=$?
		printf '# | store, %3d kB left | exit %d | %s\n' "$kb" \
		    "$status" "$(tail -c 24 "$SITE/said" | tr '\n' ' ')" >&3
		[ "$status" -eq 0 ] || {
			[ "$status" -eq 2 ]
			grep -q "$SITE/store.*No space left" "$SITE/said"
			[ "$(wc -l <"$SITE/said")" -eq 1 ]
		}
		[ "$kb" -gt 600 ] || [ "$status" -eq 2 ]
		store_is_good
		rm -f "$SITE/store/.fill"
	done
	leave store 0
	run -2 muster drill
	[[ $output == *"$SITE/store"*"No space left"* ]]
	run -2 muster gate
	[[ $output == *"$SITE/store"*"No space left"* ]]
	more_room store
	rm -f "$SITE/store/.fill"
	muster snapshot --quiet
	muster drill --quiet
	muster gate --quiet
	nothing_left
	muster verify --content --quiet
}

@test "the index's disk is full, sooner or later" {
	small_disk state 1m
	for kb in 0 4 8 16 32 64 128; do
		change
		rm -rf "$SITE/state/index-"*	# it is built anew
		leave state "$kb"
		status=0
		muster snapshot >"$SITE/said" 2>&1 || status=$?
		printf '# | index, %3d kB left | exit %d | %s\n' "$kb" \
		    "$status" "$(tail -c 24 "$SITE/said" | tr '\n' ' ')" >&3
		[ "$status" -eq 0 ] || {
			[ "$status" -eq 2 ]
			grep -q "$SITE/state.*No space left" "$SITE/said"
		}
		[ "$kb" -gt 8 ] || [ "$status" -eq 2 ]
		store_is_good
		rm -f "$SITE/state/.fill"
		muster snapshot --quiet
	done
	run -0 muster drill
}

@test "the scratch folder's disk is too small: told before anything is done" {
	small_disk scratch 8m
	run -2 muster drill
	[[ $output == *"$SITE/scratch has "*" free, the drill needs about"* ]]
	nothing_left
	more_room scratch
	mount -o "remount,size=1g" "$SITE/scratch"
	run -0 muster drill
}

@test "the scratch folder's disk fills while a drill runs" {
	before=$(find "$SITE/store/receipts" -type f | wc -l)
	for n in 2 3 4 6 8 10 12; do
		small_disk scratch "1g,nr_inodes=$n"
		run -2 muster drill
		printf '# | scratch, %2d inodes | exit 2 | %s\n' "$n" \
		    "$(echo "$output" | tail -c 24)" >&3
		[[ $output == *"$SITE/scratch"*"No space left"* ]]
		nothing_left
		no_disk scratch
	done
	[ "$(find "$SITE/store/receipts" -type f | wc -l)" -eq "$before" ]
	run -0 muster drill
}

@test "the disk that is restored to is full" {
	small_disk out 256k
	change
	muster snapshot --quiet
	status=0
	muster restore -c files -t "$SITE/out/r" >"$SITE/said" 2>&1 ||
	    status=$?
	[ "$status" -eq 3 ]
	grep -q "$SITE/out/r.*No space left" "$SITE/said"
	while IFS= read -r -d '' file; do
		cmp "$file" "${file#"$SITE/out/r"}"
	done < <(find "$SITE/out/r" -name '.*' -prune -o -type f -print0)
}

@test "a store that cannot be written is told, and can be read" {
	small_disk store 20m
	mount -o remount,ro "$SITE/store"
	run -0 muster verify
	muster cat files >/dev/null
	for c in snapshot drill gate; do
		run -2 muster "$c"
		[[ $output == *"$SITE/store"*"Read-only file system"* ]]
	done
	mount -o remount,rw "$SITE/store"
	muster snapshot --quiet
	muster drill --quiet
	muster gate --quiet
	nothing_left
}

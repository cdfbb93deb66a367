#!/usr/bin/env bats
# The damage table: every kind of object, damaged in every way, must be named
# by verify (exit 1), and neither drill nor gate may pass.

load ../lib/site.bash

setup_file() {
	site_make 5
	muster snapshot --quiet
	muster drill --quiet
	cp -a "$SITE/store" "$SITE/good"
}

teardown_file() {
	site_drop
}

restore_store() {
	rm -rf "$SITE/store"
	cp -a "$SITE/good" "$SITE/store"
}

# The first object of a kind, as a path.
object() {
	find "$SITE/store/$1" -type f | sort | head -n 1
}

damage() { # how path
	chmod u+w "$2"
	case $1 in
	flip) flip "$2" $(($(stat -c %s "$2") / 2)) ;;
	flip-first) flip "$2" 0 ;;
	flip-last) flip "$2" -1 ;;
	truncate) truncate -s -7 "$2" ;;
	empty) truncate -s 0 "$2" ;;
	grow) echo x >>"$2" ;;
	delete) rm -f "$2" ;;
	rename) mv "$2" "${2%?}$(echo "${2: -1}" | tr 0-9a-f 1-9a-f0)" ;;
	duplicate) cp "$2" "${2%?}$(echo "${2: -1}" | tr 0-9a-f 1-9a-f0)" ;;
	esac
}

hows="flip flip-first flip-last truncate empty grow delete rename duplicate"

# every_way KIND GATE: damage it in every way; verify must say 1 each time,
# and the gate no or could not tell, unless a copy is all that is wrong
every_way() {
	for how in $hows; do
		restore_store
		path=$(object "$1")
		damage "$how" "$path"
		status=0
		out=$(muster verify --store "$SITE/store" 2>&1) || status=$?
		echo "$1 $how: verify $status: $(echo "$out" | grep BAD | head -n 1)"
		case $1/$how in
		charters/delete | charters/rename | charters/flip* | \
		    charters/truncate | charters/empty | charters/grow)
			# nothing of the store can be read without it
			[ "$status" -eq 1 ] || [ "$status" -eq 2 ] ;;
		receipts/delete)
			# nothing names a receipt but the gate's rule
			;;
		snapshots/delete)
			;;
		*)
			[ "$status" -eq 1 ]
			[[ $out == *$(basename "$path" | cut -c 1-40)* ]] ;;
		esac
		status=0
		out=$(muster gate 2>&1) || status=$?
		echo "$1 $how: gate $status: $(echo "$out" | grep -E 'FAIL|UNKNOWN' | head -n 1)"
		case $how in
		duplicate) ;;
		*) [ "$status" -eq 1 ] || [ "$status" -eq 2 ] ;;
		esac
	done
	restore_store
}

@test "packs: flipped, cut, emptied, grown, deleted, renamed, duplicated" {
	every_way packs
}

@test "snapshots: the same" {
	every_way snapshots
}

@test "receipts: the same" {
	every_way receipts
}

@test "inventories: the same" {
	every_way inventories
}

@test "charters: the same" {
	every_way charters
}

@test "two packs that swapped names are both named" {
	restore_store
	muster seal --as other <"$SITE/good/$(cd "$SITE/good" && find packs -type f | head -n 1)"
	a=$(find "$SITE/store/packs" -type f | sort | head -n 1)
	b=$(find "$SITE/store/packs" -type f | sort | tail -n 1)
	[ "$a" != "$b" ]
	mv "$a" "$SITE/tmp"
	mv "$b" "$a"
	mv "$SITE/tmp" "$b"
	run -1 muster verify --store "$SITE/store"
	[[ $output == *$(basename "$a")* ]]
	[[ $output == *$(basename "$b")* ]]
	restore_store
}

@test "a statement of another store is refused" {
	restore_store
	cp -a "$SITE/store" "$SITE/mine"
	other=$SITE/other
	(umask 077; mkdir "$other")
	muster-init --store "$other/store" --defaults-file "$SITE/site/my.cnf" \
	    --bench "$bench" --recovery-key "$other/recovery.key" \
	    --passphrase-file "$SITE/passphrase" -o "$other/muster.yaml" \
	    >/dev/null
	muster config -q -p "$other/muster.yaml" || :
	cp "$other"/store/snapshots/* "$SITE/store/snapshots/"
	run -1 muster verify
	run -1 muster gate
	rm -rf "$other"
	restore_store
}

@test "a drill of damaged bytes fails, and none of them reach the disk" {
	for how in flip truncate delete; do
		restore_store
		for p in $(find "$SITE/store/packs" -type f | sort); do
			damage "$how" "$p"
		done
		status=0
		muster drill >/dev/null 2>&1 || status=$?
		echo "$how: drill $status"
		[ "$status" -eq 1 ] || [ "$status" -eq 2 ]
		status=0
		rm -rf "$BATS_TEST_TMPDIR/r"
		muster restore -c files -t "$BATS_TEST_TMPDIR/r" >/dev/null 2>&1 ||
		    status=$?
		[ "$status" -eq 2 ] || [ "$status" -eq 3 ]
		for f in $(find "$BATS_TEST_TMPDIR/r" -type f 2>/dev/null); do
			cmp "$f" "${f#"$BATS_TEST_TMPDIR/r"}"
		done
		[ -z "$(scratch_left)" ]
	done
	restore_store
}

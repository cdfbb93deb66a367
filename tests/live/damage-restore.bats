#!/usr/bin/env bats
# What leaves a damaged store: nothing that was not checked.  And what another
# store's objects do in ours.
# shellcheck disable=SC2154	# site.bash sets site_name and others

load ../lib/site.bash

setup_file() {
	docs_make
	odd_names
	muster snapshot --quiet
	muster drill --quiet
	muster gate --quiet
	cp -a "$SITE/store" "$SITE/good"
}

teardown_file() {
	site_drop
}

setup() {
	rm -rf "$SITE/store" "$SITE/state" "$SITE/out"
	cp -a "$SITE/good" "$SITE/store"
}

# Every file below $SITE/out is whole and has the content of its original;
# prints how many there are.
whole_files() {
	n=0
	while IFS= read -r -d '' file; do
		cmp "$file" "${file#"$SITE/out"}" >&2 || return 1
		n=$((n + 1))
	done < <(find "$SITE/out" -type f -print0)
	echo "$n"
}

@test "a restore of damaged packs leaves whole files or none" {
	all=$(find "$SITE/tree" -type f -print0 | tr -dc '\0' | wc -c)
	for how in flip-at-1 flip-at-3 flip-at-5 flip-at-7 flip-at-9 \
	    truncate empty grow delete; do
		setup
		harm "$how"
		status=0
		muster restore -c files -t "$SITE/out" >"$SITE/said" 2>&1 ||
		    status=$?
		n=$(whole_files)
		printf '# | restore | %-9s | exit %s | %s of %s files\n' \
		    "$how" "$status" "$n" "$all" >&3
		[ "$status" -eq 2 ] || [ "$status" -eq 3 ]
		[ "$n" -lt "$all" ]
		grep -Eq 'packs/|muster-verify' "$SITE/said"
	done
}

@test "an archive of damaged packs ends where the damage begins" {
	muster cat files >"$SITE/whole.tar"
	for how in flip-at-1 flip-at-3 flip-at-5 flip-at-7 flip-at-9 \
	    truncate empty grow delete; do
		setup
		harm "$how"
		status=0
		muster cat files >"$SITE/cut.tar" 2>"$SITE/said" || status=$?
		size=$(stat -c %s "$SITE/cut.tar")
		printf '# | cat     | %-9s | exit %s | %s bytes\n' "$how" \
		    "$status" "$size" >&3
		[ "$status" -eq 1 ]
		[ "$size" -lt "$(stat -c %s "$SITE/whole.tar")" ]
		cmp -n "$size" "$SITE/cut.tar" "$SITE/whole.tar"
		grep -Eq 'packs/|muster-verify' "$SITE/said"
	done
}

@test "a drill of damaged packs fails and leaves nothing" {
	for how in flip-at-5 truncate grow delete; do
		setup
		harm "$how"
		run -1 muster drill
		[[ $output == *FAIL* ]]
		[ -z "$(scratch_left)" ]
	done
}

# another_store: $other, founded anew, with a snapshot, receipt and verdict of
# the same site
another_store() {
	other=$SITE/other
	[ ! -e "$other" ] || return 0
	docs_beside "$other"
	muster snapshot -q -p "$other/muster.yaml"
	muster drill -q -p "$other/muster.yaml"
	muster gate -q -p "$other/muster.yaml"
}

# foreign KIND VERIFY DRILL GATE: put the other store's objects beside ours
foreign() {
	another_store
	setup
	cp -rn "$other/store/$1/." "$SITE/store/$1/"
	v=0 d=0 g=0
	out=$(muster verify 2>&1) || v=$?
	muster gate --quiet >/dev/null 2>&1 || g=$?
	muster drill --quiet >/dev/null 2>&1 || d=$?
	printf '# | foreign %-11s | verify %s | drill %s | gate %s\n' "$1" \
	    "$v" "$d" "$g" >&3
	[ "$v $d $g" = "$2 $3 $4" ] || { echo "$out"; false; }
	[ "$v" -eq 0 ] || [[ $out == *$(cd "$other/store" &&
	    find "$1" -type f | head -n 1)* ]]
}

@test "another store's objects are no evidence, and are named" {
	foreign charters 1 1 1
	foreign snapshots 1 2 1
	foreign receipts 1 0 1
	foreign verdicts 1 0 1
	# nothing but the keys can tell whose these are, and nobody needs them
	foreign packs 0 0 0
	foreign inventories 0 0 0
}

@test "a pack that our keys do not open is named by verify --content" {
	another_store
	cp -rn "$other/store/packs/." "$SITE/store/packs/"
	run -1 muster verify --content
	[[ $output == *"$(cd "$other/store" && find packs -type f)"* ]]
}

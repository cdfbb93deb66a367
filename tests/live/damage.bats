#!/usr/bin/env bats
# The damage table: every kind of object of a store, damaged in every way.
# verify says 1 and names it; what drill and gate then say is in the table
# below, and in muster-drill(1) and muster-gate(1) as a rule.
# shellcheck disable=SC2154	# site.bash sets site_name and others

load ../lib/site.bash

# What verify, drill and gate must say, a digit each, to every operation:
# 0 fine, 1 a definite no, 2 could not be told.  The objects are those of the
# newest snapshot; the verdict is the one before the newest, whom that names.
# A loose object is one that no snapshot needs.
#
# Without its charter nothing of a store can be opened: drill and gate say 2.
# A drill says 2 when it cannot tell which snapshot is the newest, 1 when that
# or its inventory is not whole, and passes over what the restore does not
# need: the header of a pack, names as long as all chunks are found, receipts
# and verdicts, loose objects.
expected() {
	cat <<'END'
operation   charter pack inventory snapshot receipt verdict l-pack l-inventory
flip            122  111       111      121     101     101    100         100
flip-first      122  101       111      121     101     101    100         100
flip-last       122  111       111      121     101     101    100         100
truncate        122  111       111      121     101     101    100         100
empty           122  111       111      121     101     101    100         100
grow            122  111       111      121     101     101    100         100
swap            122  101       111      121     101     101    100         100
rename          122  111       111      121     101     101    100         100
delete          122  111       111      101     101     101    000         000
duplicate       111  100       100      121     101     101    100         100
END
}

setup_file() {
	docs_make
	take_round
	find_objects >"$SITE/first"
	head -c 250000 /dev/urandom >"$SITE/tree/noise"
	take_round
	loose
	find_objects >"$SITE/last"
	name_victims >"$SITE/victims"
	cp -a "$SITE/store" "$SITE/good"
}

teardown_file() {
	site_drop
}

take_round() {
	muster snapshot --quiet
	muster drill --quiet
	muster gate --quiet
}

find_objects() {
	(cd "$SITE/store" && find . -path ./.tmp -prune -o -type f -print |
	    sed 's|^\./||' | sort)
}

# Two packs and inventories that no snapshot needs any more.
loose() {
	for i in 1 2; do
		find_objects >"$SITE/before"
		head -c 300000 /dev/urandom | muster seal --as other --quiet
		find_objects | comm -13 "$SITE/before" - >"$SITE/loose-$i"
		[ "$(wc -l <"$SITE/loose-$i")" -eq 3 ]
	done
	sed -n '/^snapshots/p' "$SITE/loose-1" "$SITE/loose-2" |
	    (cd "$SITE/store" && xargs rm -f)
}

# of KIND LIST: the only object of a kind in a list, with a check
of() {
	[ "$(grep -c "^$1/" "$2")" -eq 1 ]
	grep "^$1/" "$2"
}

# Lines "KIND OBJECT PARTNER", the partner being another to swap it with.
name_victims() {
	comm -13 "$SITE/first" "$SITE/last" | grep -vxFf "$SITE/loose-1" |
	    grep -vxFf "$SITE/loose-2" >"$SITE/second"
	echo "charter $(of charters "$SITE/first")" \
	    "$(of inventories "$SITE/first")"
	for kind in pack snapshot receipt; do
		echo "$kind $(of "${kind}s" "$SITE/second")" \
		    "$(of "${kind}s" "$SITE/first")"
	done
	echo "inventory $(of inventories "$SITE/second")" \
	    "$(of inventories "$SITE/first")"
	echo "verdict $(of verdicts "$SITE/first")" \
	    "$(of verdicts "$SITE/second")"
	echo "l-pack $(of packs "$SITE/loose-1") $(of packs "$SITE/loose-2")"
	echo "l-inventory $(of inventories "$SITE/loose-1")" \
	    "$(of inventories "$SITE/loose-2")"
}

# The store as it was; no index, so that all is read anew.
restore_store() {
	rm -rf "$SITE/store" "$SITE/state"
	cp -a "$SITE/good" "$SITE/store"
}

# The same name, but for its last digit.
another_name() {
	echo "${1%?}$(echo "${1: -1}" | tr 0-9a-f 1-9a-f0)"
}

damage() { # HOW OBJECT [PARTNER]
	path=$SITE/store/$2
	chmod u+w "$path"
	case $1 in
	flip) flip "$path" $(($(stat -c %s "$path") / 2)) ;;
	flip-first) flip "$path" 0 ;;
	flip-last) flip "$path" -1 ;;
	truncate) truncate -s -7 "$path" ;;
	empty) truncate -s 0 "$path" ;;
	grow) echo x >>"$path" ;;
	swap)
		mv "$path" "$SITE/swap"
		mv "$SITE/store/$3" "$path"
		mv "$SITE/swap" "$SITE/store/$3"
		;;
	rename) mv "$path" "$(another_name "$path")" ;;
	delete) rm -f "$path" ;;
	duplicate) cp "$path" "$(another_name "$path")" ;;
	*) false ;;
	esac
}

# is_named HOW OBJECT PARTNER TEXT: does the text name what is wrong?
is_named() {
	case $1/$2 in
	swap/charters/*) [[ $4 == *"${2##*[/-]}"* ]] ;;
	swap/*) [[ $4 == *"$2"* && $4 == *"$3"* ]] ;;
	delete/charters/*) [[ $4 == *charters/* ]] ;;
	rename/* | duplicate/*) [[ $4 == *"$(another_name "$2")"* ]] ;;
	*) [[ $4 == *"${2##*[/-]}"* ]] ;;
	esac
}

# every_way KIND: one column of the table
every_way() {
	read -r kind object partner < <(grep "^$1 " "$SITE/victims")
	column=$(expected | sed -n 1p | tr -s ' ' '\n' | grep -nx "$1")
	expected | tail -n +2 | tr -s ' ' | cut -d ' ' -f "1,${column%%:*}" \
	    >"$SITE/column"
	wrong=0
	while read -r how want; do
		restore_store
		damage "$how" "$object" "$partner"
		v=0 d=0 g=0
		out=$(muster verify 2>&1) || v=$?
		muster gate --quiet >/dev/null 2>&1 || g=$?
		muster drill --quiet >/dev/null 2>&1 || d=$?
		ok=
		[ "$v$d$g" = "$want" ] || ok=" expected $want"
		[ "$v" -eq 0 ] || is_named "$how" "$object" "$partner" \
		    "$out" || ok="$ok not named"
		[ -z "$ok" ] || wrong=1
		printf '# | %-11s | %-10s | %s\n' "$kind" "$how" \
		    "verify $v | drill $d | gate $g$ok" >&3
		[ -z "$ok" ] || echo "$out"
	done <"$SITE/column"
	[ "$(wc -l <"$SITE/column")" -eq 10 ]
	[ -z "$(scratch_left)" ]
	[ "$wrong" -eq 0 ]
}

@test "nothing is wrong before" {
	restore_store
	run -0 muster verify
	run -0 muster gate
	run -0 muster drill
	run -0 muster verify --content
}

@test "a charter, damaged in every way" {
	every_way charter
}

@test "a pack that the snapshot needs, damaged in every way" {
	every_way pack
}

@test "an inventory that the snapshot needs, damaged in every way" {
	every_way inventory
}

@test "a snapshot's statement, damaged in every way" {
	every_way snapshot
}

@test "a receipt, damaged in every way" {
	every_way receipt
}

@test "a verdict, damaged in every way" {
	every_way verdict
}

@test "a pack that no snapshot needs, damaged in every way" {
	every_way l-pack
}

@test "an inventory that no snapshot needs, damaged in every way" {
	every_way l-inventory
}

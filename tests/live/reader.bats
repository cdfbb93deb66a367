#!/usr/bin/env bats
# No lock-in: a reader written from muster-format(5) alone opens what muster
# sealed, byte for byte, and refuses what muster refuses.

load ../lib/site.bash

reader=$BATS_TEST_DIRNAME/../lib/reader.py
page=$BATS_TEST_DIRNAME/../../man/muster-format.5

setup_file() {
	site_make 5
	muster snapshot --quiet
	muster drill --quiet
	muster gate --quiet
}

teardown_file() {
	site_drop
}

read_part() { # read_part COMPONENT
	"$reader" "$SITE/store" "$SITE/recovery.key" "$SITE/passphrase" "$1"
}

@test "the reader's tar of each component is muster-cat's, byte for byte" {
	for part in db files config; do
		read_part "$part" >"$BATS_TEST_TMPDIR/theirs"
		muster cat "$part" >"$BATS_TEST_TMPDIR/ours"
		cmp "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
		[ "$(stat -c %s "$BATS_TEST_TMPDIR/ours")" -gt 10000 ]
		tar -tf "$BATS_TEST_TMPDIR/theirs" >/dev/null
	done
}

@test "a pack with one flipped bit is refused by the reader, by its name" {
	for pack in "$SITE"/store/packs/*/*; do
		flip "$pack" $(($(stat -c %s "$pack") / 2))
		run -1 read_part db
		[[ $output == *"$(basename "$pack")"* ]]
		flip "$pack" $(($(stat -c %s "$pack") / 2))
	done
	read_part db >/dev/null
}

@test "a wrong key, a wrong passphrase and another's charter are refused" {
	(umask 077; echo wrong >"$SITE/wrong")
	run -1 "$reader" "$SITE/store" "$SITE/recovery.key" "$SITE/wrong" db
	muster-key new "$SITE/other.key" --bare --quiet
	run -1 "$reader" "$SITE/store" "$SITE/other.key" - db
	[[ $output == *stranger* ]]
}

# members FILE: the names of all members of a signed payload
members() {
	jq -r '.payload | @base64d | fromjson |
	    [paths | .[] | strings] | unique | .[]' "$1"
}

@test "every member that muster writes is named in muster-format(5)" {
	for kind in charters snapshots receipts verdicts; do
		for object in "$SITE/store/$kind"/*; do
			[ -n "$(members "$object")" ]
			for member in $(members "$object"); do
				grep -qw -- "$member" "$page" ||
				    { echo "$kind: $member"; false; }
			done
		done
	done
}

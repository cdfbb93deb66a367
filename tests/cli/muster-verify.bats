#!/usr/bin/env bats
# muster-verify as a user meets it.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
	muster snapshot --quiet
	cp -a "$SITE/store" "$SITE/good"
}

teardown_file() {
	site_drop
}

setup() {
	rm -rf "$SITE/store"
	cp -a "$SITE/good" "$SITE/store"
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "a good store is said to be good, in one line" {
	run -0 --separate-stderr muster verify
	[ -z "$stderr" ]
	[[ $output =~ ^good:\ 1\ pack,\ .*\;\ 1\ statement,\ 1\ snapshot$ ]]
	run -0 muster verify --quiet
	[ -z "$output" ]
}

@test "with --content every chunk is opened" {
	run -0 muster verify --content
	[[ $output =~ \;\ [0-9]+\ chunks\ opened$ ]]
	docs_policy | sed '/recovery:/d' >writer.yaml
	run -0 muster verify -p writer.yaml
	run -2 muster verify -p writer.yaml -c
	[[ $output == *"needs a recovery key"* ]]
}

@test "without any key it says what it did not check" {
	run -0 env -u MUSTER_POLICY muster verify -s "$SITE/store"
	[[ ${lines[0]} == good:* ]]
	[[ ${lines[1]} == "note: no key at hand: "* ]]
	run -0 env -u MUSTER_POLICY muster verify -s "$SITE/store" --json
	run -0 jq -e '.authentic == false' <<<"$output"
}

@test "in JSON the counts come last, each problem before" {
	run -0 muster verify --json
	run -0 jq -e '.schema == "muster.verify/1" and .problems == 0 and
	    .packs == 1 and .snapshots == 1 and .authentic' <<<"$output"
	flip "$(object_of packs)" 99
	run -1 muster verify --json
	run -0 jq -es 'length == 2 and .[0].event == "problem" and
	    (.[0].object | startswith("packs/")) and .[0].what and
	    .[1].problems == 1' <<<"$output"
}

@test "everything that is wrong is named in one run, also when quiet" {
	pack=$(object_of packs)
	flip "$pack" 99
	: >"$SITE/store/packs/junk"
	rm "$(object_of inventories)"
	for option in --quiet --verbose; do
		run -1 muster verify $option
		[[ $output == *"BAD ${pack#"$SITE/store/"}: "* ]]
		[[ $output == *"BAD packs/junk: not the name of a pack"* ]]
		[[ $output == *"BAD snapshots/"* ]]
		[[ $output == *$'\n'"NOT GOOD: "*" 3 problems" ]]
	done
}

@test "only one snapshot, if asked, by its id" {
	id=$(muster list --json | jq -r .sha256)
	date >"$SITE/tree/today"
	muster snapshot -q
	rm "$SITE/tree/today"
	pack=$(find "$SITE/store/packs" -type f -newer \
	    "$SITE/store/snapshots/"*"$id")
	flip "$pack" 50
	run -0 muster verify "${id:0:12}"
	run -1 muster verify
	[[ $output == *"BAD ${pack#"$SITE/store/"}: "* ]]
	run -2 muster verify 0123zz
	[[ $output == *"has no snapshot 0123zz" ]]
}

@test "what cannot be read is trouble, never a no" {
	chmod 000 "$(object_of packs)"
	run -2 plainly muster verify
	[[ $output == *"Permission denied"* ]]
	run -2 plainly muster verify --content
	chmod 700 "$(object_of packs)"
	chmod 000 "$SITE/store/snapshots"
	run -2 plainly muster verify
	chmod 700 "$SITE/store/snapshots"
	rm -rf "$SITE/store"
	run -2 muster verify
	[[ $output == *"there is no such directory" ]]
}

@test "both a damaged pack and one that cannot be read: not a clean bill" {
	date >"$SITE/tree/today"
	muster snapshot -q
	rm "$SITE/tree/today"
	flip "$(object_of packs)" 99
	chmod 000 "$(find "$SITE/store/packs" -type f | sort | tail -n 1)"
	run plainly muster verify
	echo "$status: $output"
	[ "$status" -eq 1 ] || [ "$status" -eq 2 ]
}

@test "a stranger's charter is a no" {
	mkdir other
	(cd other && muster init -q -s store --site x --bare-recovery-key)
	cp other/store/charters/* "$SITE/store/charters/"
	run -1 muster verify
	[[ $output == *"BAD charters/"* ]]
}

@test "an answer that cannot be written is trouble" {
	for option in --content --json; do
		run -2 bash -c "muster verify $option >/dev/full"
		[[ $output == *"cannot write standard output: "* ]]
	done
	flip "$(object_of packs)" 99
	run -2 bash -c 'muster verify >/dev/full'
	run -64 muster verify a b
	run -64 muster verify 0123 --content
	[[ $output == *"(options come before operands)"* ]]
}

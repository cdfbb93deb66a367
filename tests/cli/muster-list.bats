#!/usr/bin/env bats
# muster-list as a user meets it.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
	muster list >"$SITE/at-first"
	muster snapshot --quiet
	muster drill --quiet
	muster gate --quiet
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

@test "a new store says what to do next" {
	[ "$(cat "$SITE/at-first")" = \
	    "nothing yet (muster-snapshot takes a snapshot)" ]
}

@test "a snapshot is a row with its time, site, id and what it holds" {
	run -0 --separate-stderr muster list
	[ -z "$stderr" ]
	[[ ${lines[0]} =~ ^time\ +kind\ +site\ +sha256\ +what$ ]]
	row='^2[-0-9]+T[:0-9]+Z  snapshot  docs.example  [0-9a-f]{12}  '
	row+='[0-9.]+ kB, [0-9.]+ kB new: files config$'
	[[ ${lines[1]} =~ $row ]]
	[ "${#lines[@]}" -eq 2 ]
}

@test "with --all receipts and verdicts follow" {
	run -0 muster list --all
	[[ ${lines[2]} =~ receipt\ +docs.example\ +[0-9a-f]{12}\ +passed\ in ]]
	[[ ${lines[3]} =~ verdict\ +docs.example\ +[0-9a-f]{12}\ +GO$ ]]
	[ "${#lines[@]}" -eq 4 ]
}

@test "in JSON every statement is a line" {
	run -0 muster list --all --json
	[ "${#lines[@]}" -eq 3 ]
	run -0 jq -es 'all(.[]; .schema == "muster.item/1" and
	    .event == "item" and (.sha256 | length) == 64 and .signer and
	    .site == "docs.example" and (.time | endswith("Z"))) and
	    [.[].kind] == ["snapshot", "receipt", "verdict"] and
	    ([.[].run_id] | unique | length) == 1' <<<"$output"
}

@test "another site's are left out when one is named" {
	run -0 muster list --all --site docs.example
	[ "${#lines[@]}" -eq 4 ]
	run -0 muster list --all --site other.example
	[[ $output == "nothing yet "* ]]
	run -0 muster list --json --site other.example
	[ -z "$output" ]
}

@test "a store's URL is enough, with a key or without" {
	for key in "" "-k $SITE/recovery.key"; do
		# shellcheck disable=SC2086	# two words or none
		run -0 env -u MUSTER_POLICY muster list -s "$SITE/store" $key
		[ "${#lines[@]}" -eq 2 ]
	done
	mkdir other
	(cd other && muster init -q -s store --site x --bare-recovery-key)
	run -2 env -u MUSTER_POLICY muster list -s "$SITE/store" \
	    -k other/recovery.key
	[[ $output == *"has no charter that our key trusts"* ]]
}

@test "what cannot be believed is in the list, also when quiet: status 1" {
	flip "$(object_of receipts)" 200
	run -1 muster list --all
	[[ $output == *"DAMAGED"*"its bytes do not have the SHA-256"* ]]
	[[ ${lines[-1]} == "muster-list: 1 statement"*"cannot be believed" ]]
	run -1 muster list --all -q
	[[ $output == *DAMAGED* ]]
	[[ $output != *snapshot* ]]
	run -1 --separate-stderr muster list --all --json
	run -0 jq -es '[.[] | select(.kind == "DAMAGED")] | length == 1' \
	    <<<"$output"
	run -0 muster list -q
	[ -z "$output" ]
}

@test "what cannot be read is trouble, never a no" {
	chmod 000 "$(object_of snapshots)"
	run -2 plainly muster list
	[[ $output == *"Permission denied"* ]]
	chmod 000 "$SITE/store"
	run -2 plainly muster list
	chmod 700 "$SITE/store"
	run -2 muster list -s ./nowhere
	run -2 muster list -s nowhere
	mkdir empty
	run -2 muster list -s ./empty
	[[ $output == *"empty is not a muster store: it has no charter"* ]]
}

@test "an answer that cannot be written is trouble" {
	for option in --all --json; do
		run -2 bash -c "muster list $option >/dev/full"
		[[ $output == *"cannot write standard output: "* ]]
	done
	run -64 muster list docs.example
	run -64 muster list --everything
}

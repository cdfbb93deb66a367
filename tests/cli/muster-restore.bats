#!/usr/bin/env bats
# muster-restore as a user meets it.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
	muster snapshot --quiet
	first=$(muster list --json | jq -r .sha256)
	echo changed >"$SITE/tree/letters/one"
	muster snapshot --quiet
	export first
}

teardown_file() {
	site_drop
}

setup() {
	out=$BATS_TEST_TMPDIR/out
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "everything comes back below the target, by component" {
	run -0 muster restore --target "$out"
	[[ $output == "restored snapshots/"*": 3 files, "* ]]
	[ "$(cat "$out/files$SITE/tree/letters/one")" = changed ]
	[ "$(readlink "$out/files$SITE/tree/link")" = letters/one ]
	cmp "$SITE/tree/noise" "$out/files$SITE/tree/noise"
	cmp "$SITE/etc/site.json" "$out/config$SITE/etc/site.json"
}

@test "one component goes into the target itself" {
	run -0 muster restore -c config -t "$out" -q
	[ -z "$output" ]
	cmp "$SITE/etc/site.json" "$out$SITE/etc/site.json"
}

@test "an older snapshot comes back by the digits that list shows" {
	run -0 muster restore -q -S "${first:0:12}" -c files -t "$out"
	[ "$(cat "$out$SITE/tree/letters/one")" = "dear reader" ]
	run -0 muster list
	[[ $output == *"  ${first:0:12}  "* ]]
	object=$(find "$SITE/store/snapshots" -name "*$first" -printf %f)
	for id in "$object" "snapshots/${object:0:29}" "${object:0:20}"; do
		rm -rf "$out"
		run -0 muster restore -q -S "$id" -c files -t "$out"
		[ "$(cat "$out$SITE/tree/letters/one")" = "dear reader" ]
	done
}

@test "an id of none or of several is trouble that names it" {
	run -2 muster restore -S 0123zz -t "$out"
	[[ $output == *"has no snapshot 0123zz of site docs.example" ]]
	run -2 muster restore -S 2 -t "$out"
	[[ $output == *'2 snapshots begin with "2"'* ]]
	run -2 muster restore -S "" -t "$out"
	[ ! -e "$out" ]
}

@test "single paths come back alone, written with or without a slash" {
	run -0 muster restore -q -c files -t "$out" "$SITE/tree/letters"
	[ "$(find "$out" -type f)" = "$out$SITE/tree/letters/one" ]
	run -0 muster restore -q -c files -t "$out.2" "${SITE#/}/tree/link"
	[ "$(find "$out.2" ! -type d)" = "$out.2$SITE/tree/link" ]
}

@test "what matches a pattern comes back alone" {
	run -0 muster restore -q -c files -t "$out" 'o?e'
	[ "$(find "$out" ! -type d)" = "$out$SITE/tree/letters/one" ]
	[ "$(stat -c %a "$out$SITE/tree")" = "$(stat -c %a "$SITE/tree")" ]
	run -0 muster restore -q -c files -t "$out.2" "$SITE/tree/[k-m]*"
	[ -e "$out.2$SITE/tree/letters/one" ]
	[ -L "$out.2$SITE/tree/link" ]
	[ ! -e "$out.2$SITE/tree/noise" ]
	run -0 muster restore -q -c files -t "$out.3" '*e*t*e*s'
	[ "$(find "$out.3" -name letters)" = "$out.3$SITE/tree/letters" ]
	run -2 muster restore -c files -t "$out.4" '*.pdf'
	[[ $output == *"what matches *.pdf is not in the archive" ]]
	[ ! -e "$out.4" ]
}

@test "a restore that was stopped goes on, and says what was there" {
	muster restore -q -t "$out"
	tree=$out/files$SITE/tree
	rm "$tree/letters/one" "$out/config$SITE/etc/site.json"
	run -0 muster restore --resume -t "$out"
	[[ $output == *"1 file there already, with the same bytes"* ]]
	cmp "$SITE/tree/letters/one" "$tree/letters/one"
	cmp "$SITE/etc/site.json" "$out/config$SITE/etc/site.json"
	truncate -s 100000 "$tree/noise"
	run -0 muster restore --resume -t "$out" --json
	[ "$(jq .kept <<<"$output")" = 2 ]
	cmp "$SITE/tree/noise" "$tree/noise"
}

@test "going on, no file of somebody else is replaced" {
	muster restore -q -c files -t "$out"
	echo mine >"$out$SITE/tree/letters/one"
	run -3 muster restore --resume -c files -t "$out"
	[[ $output == *"tree/letters/one: something else is in its place" ]]
	[ "$(cat "$out$SITE/tree/letters/one")" = mine ]
}

@test "a database cannot be gone on with" {
	run -64 muster restore --resume -t "$out" --server x
	[[ $output == *"--resume is for files: expected no --server"* ]]
}

@test "a path that is not there is named, and no folder is left" {
	run -2 muster restore -c files -t "$out" nowhere/at/all
	[[ $output == *"nowhere/at/all is not in the archive: "* ]]
	[ ! -e "$out" ]
}

@test "a path without its component is asked for wrongly" {
	run -64 muster restore -t "$out" "$SITE/tree/link"
	[[ $output == *"expected --component"* ]]
	[ ! -e "$out" ]
}

@test "a folder that is not empty is refused before anything is written" {
	mkdir -p "$out/config"
	echo mine >"$out/config/file"
	run -2 muster restore -t "$out"
	[[ $output == *"out/config is not empty: expected "*", or --resume "* ]]
	[ "$(find "$out" -type f)" = "$out/config/file" ]
	run -2 muster restore -c config -t "$out/config"
	[ "$(cat "$out/config/file")" = mine ]
}

@test "with --into-nonempty other files stay, and none is replaced" {
	mkdir -p "$out$SITE/tree"
	echo mine >"$out$SITE/tree/mine"
	run -0 muster restore -q -c files -t "$out" --into-nonempty
	[ "$(cat "$out$SITE/tree/mine")" = mine ]
	cmp "$SITE/tree/noise" "$out$SITE/tree/noise"
	echo mine >"$out$SITE/tree/noise"
	run -3 muster restore -q -c files -t "$out" --into-nonempty
	[[ $output == *"tree/"*": something else is in its place" ]]
	[ "$(cat "$out$SITE/tree/noise")" = mine ]
}

@test "a dry run says what would go where, and writes nothing" {
	run -0 muster restore -n -t "$out"
	[[ ${lines[0]} == "would restore snapshots/"* ]]
	[[ $output == *"files "*"$out/files"*"config "*"$out/config"* ]]
	[ ! -e "$out" ]
	run -0 muster restore -n -t "$out" --json
	run -0 jq -e --arg to "$out/config" '.dry_run and
	    (.components | map(.name)) == ["files", "config"] and
	    .components[1].to == $to' <<<"$output"
	mkdir -p "$out/files/x"
	run -2 muster restore -n -t "$out"
}

@test "in JSON the answer counts what came back" {
	run -0 muster restore --json -t "$out"
	run -0 jq -e '.schema == "muster.restore/1" and .files == 3 and
	    .dry_run == false and .notes == 0 and .tables == 0' <<<"$output"
}

@test "nowhere to restore to is asked for wrongly" {
	run -64 muster restore
	[[ $output == *"expected --target"* ]]
	run -64 muster restore -t "$out" -c db --database-as old
	[[ $output == *"expected old=new"* ]]
}

@test "a component that the snapshot lacks is named" {
	run -2 muster restore -c redis -t "$out"
	[[ $output == *" has no component redis: expected one of "*files* ]]
	[ ! -e "$out" ]
}

@test "a server does not take what is no database" {
	printf '[client]\nsocket=/nowhere\n' >my.cnf
	chmod 600 my.cnf
	run -2 muster restore --server my.cnf
	[[ $output == *"no folder for component files"* ]]
}

@test "the store, its key and nothing else suffice" {
	cp -a "$SITE/store" "$SITE/recovery.key" .
	run -0 env -u MUSTER_POLICY muster restore -q -s ./store \
	    -k recovery.key -t "$out"
	cmp "$SITE/tree/noise" "$out/files$SITE/tree/noise"
	run -2 env -u MUSTER_POLICY muster restore -s ./store -t "$out.2"
	[[ $output == *"needs a recovery key"* ]]
}

@test "a key with a wrong passphrase, loose or absent is refused" {
	echo right >right
	echo wrong >wrong
	chmod 600 right wrong
	muster key new locked.key --from "$SITE/recovery.key" \
	    --passphrase-file right >/dev/null
	run -2 muster restore -k locked.key --passphrase-file wrong -t "$out"
	[[ $output == *"locked.key: wrong passphrase"* ]]
	run -0 muster restore -q -k locked.key --passphrase-file right \
	    -t "$out"
	chmod 640 right
	run -2 muster restore -k locked.key --passphrase-file right -t "$out"
	[[ $output == *"(mode 640); chmod 600 it" ]]
	run -2 muster restore -k absent.key -t "$out"
	[[ $output == *"absent.key: no such file" ]]
	cp "$SITE/recovery.key" loose.key
	chmod 644 loose.key
	run -2 muster restore -k loose.key -t "$out"
	[[ $output == *"loose.key: others than its owner may use it"* ]]
}

@test "a passphrase is asked for on the terminal, and not shown" {
	echo right >right
	chmod 600 right
	muster key new locked.key --from "$SITE/recovery.key" \
	    --passphrase-file right >/dev/null
	run -0 on_terminal right -- muster restore -k locked.key -t "$out"
	[[ $output == "Passphrase of the recovery key: "*"restored "* ]]
	[[ $output != *right* ]]
	run -2 on_terminal wrong -- muster restore -k locked.key -t "$out.2"
	run -2 setsid -w muster restore -k locked.key -t "$out.2" </dev/null
	[[ $output == *"no passphrase was given: expected --passphrase-file"* ]]
	[ ! -e "$out.2" ]
}

@test "a store that is not there is trouble, a damaged one too" {
	run -2 muster restore -s ./nowhere -k "$SITE/recovery.key" -t "$out"
	[ "$output" = "muster-restore: cannot open store ./nowhere: there is \
no such directory" ]
	cp -a "$SITE/store" store
	find store/packs -type f | while read -r pack; do
		flip "$pack" $(($(stat -c %s "$pack") / 2))
	done
	run muster restore -s ./store -k "$SITE/recovery.key" -t "$out"
	echo "$status: $output"
	[ "$status" -eq 2 ] || [ "$status" -eq 3 ]
	[[ $output == *packs/* ]]
}

@test "what an ordinary user may not set is named, and the status is 4" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to make a device"
	mknod "$SITE/tree/null" c 1 3 || skip "no device can be made here"
	muster snapshot -q
	rm "$SITE/tree/null"
	mkdir -m 777 "$SITE/theirs"
	cd "$SITE/theirs"
	cp -a "$SITE/store" "$SITE/recovery.key" .
	chown -R nobody store recovery.key
	run -4 setpriv --reuid=nobody --clear-groups \
	    "$(command -v muster)" restore -s ./store -k recovery.key -t out
	[[ $output == *"note: "*"tree/null: "* ]]
	[[ $output == *"1 thing could not be set as before"* ]]
}

@test "the newest is the newest that has what is asked for" {
	muster snapshot -q
	before=$(cat "$SITE/tree/letters/one")
	echo newest >"$SITE/tree/letters/one"
	muster files -q
	run -0 --separate-stderr muster restore -t "$out"
	want='muster-restore: warning: 1 newer snapshot without all components'
	want="$want of the policy was passed over (--snapshot latest takes the"
	[ "$stderr" = "$want newest)" ]
	[ "$(cat "$out/files$SITE/tree/letters/one")" = "$before" ]
	cmp "$SITE/etc/site.json" "$out/config$SITE/etc/site.json"
	run -0 --separate-stderr muster restore -c files -t "$out.files"
	[ -z "$stderr" ]
	[ "$(cat "$out.files$SITE/tree/letters/one")" = newest ]
	run -0 --separate-stderr muster restore -c config -t "$out.config"
	[[ $stderr == *"1 newer snapshot without config was passed over"* ]]
	run -0 --separate-stderr muster cat config
	[[ $stderr == *"1 newer snapshot without config was passed over"* ]]
	run -0 --separate-stderr muster restore -S latest -t "$out.latest"
	[ -z "$stderr" ]
	[ ! -e "$out.latest/config" ]
	# without a policy nothing says what a snapshot should have
	bare=(--store "$SITE/store" -k "$SITE/recovery.key"
	    --passphrase-file "$SITE/passphrase")
	run -0 --separate-stderr env -u MUSTER_POLICY muster-restore \
	    "${bare[@]}" -t "$out.bare"
	[[ $stderr =~ "lacks components that an older one has (--snapshot "\
(snapshots/[^\)]*)\) ]]
	[ "$(cat "$out.bare/files$SITE/tree/letters/one")" = newest ]
	run -0 --separate-stderr env -u MUSTER_POLICY muster-restore \
	    "${bare[@]}" -t "$out.older" -S "${BASH_REMATCH[1]}"
	[ -z "$stderr" ]
	cmp "$SITE/etc/site.json" "$out.older/config$SITE/etc/site.json"
}

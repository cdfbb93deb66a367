#!/usr/bin/env bats
# muster-cat as a user meets it: the way out.
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

@test "an archive is a tar that brings everything back" {
	run -0 --separate-stderr bash -c 'muster cat files >files.tar'
	[ -z "$stderr" ]
	mkdir out
	tar -xf files.tar -C out
	run -0 diff -r --no-dereference "$SITE/tree" "out$SITE/tree"
	run -0 bsdtar -tf files.tar
	[[ $output == *"${SITE#/}/tree/letters/one"* ]]
}

@test "an older snapshot's archive, by its id" {
	id=$(muster list --json | jq -r .sha256)
	echo newer >"$SITE/tree/letters/one"
	muster snapshot -q
	one=${SITE#/}/tree/letters/one
	muster cat -S "${id:0:12}" files | tar -xO "$one" >old
	muster cat files | tar -xO "$one" >new
	[ "$(cat old new)" = "dear reader"$'\n'newer ]
	run -2 muster cat -S 0123zz files
	[[ $output == *"has no snapshot 0123zz of site docs.example" ]]
}

@test "a component that is not there is named" {
	run -2 muster cat db
	[[ $output == *" has no component db: expected one of files config" ]]
	run -64 muster cat
	[[ $output == *"an operand is missing: expected component"* ]]
	run -2 --separate-stderr bash -c 'muster cat files --snapshot x >tar'
	[[ $stderr == *"--snapshot is not in the archive: expected "* ]]
}

@test "paths and patterns choose what is in the tar" {
	ln "$SITE/tree/letters/one" "$SITE/tree/second"
	muster snapshot -q
	in=${SITE#/}/tree
	muster cat files >all.tar
	muster cat files "$in/letters" >some.tar
	[ "$(tar -tf some.tar)" = "$in/letters/"$'\n'"$in/letters/one" ]
	muster cat files 'o?e' "$SITE/tree/noise" >some.tar
	[ "$(tar -tf some.tar)" = "$in/letters/one"$'\n'"$in/noise" ]
	mkdir all some
	tar -xf all.tar -C all
	tar -xf some.tar -C some
	cmp "all/$in/noise" "some/$in/noise"
	cmp "all/$in/letters/one" "some/$in/letters/one"
	# a link brings the content of its file
	muster cat files "$in/sec*" >link.tar
	tar -xOf link.tar | cmp - "$SITE/tree/second"
	rm "$SITE/tree/second"
}

@test "a path that the archive lacks is named, and the rest is written" {
	run -2 --separate-stderr bash -c \
	    'muster cat files "$0/tree/link" no/where >some.tar' "$SITE"
	[[ $stderr == *"no/where is not in the archive: "*" like '*where'" ]]
	[ "$(tar -tf some.tar)" = "${SITE#/}/tree/link" ]
	run -2 --separate-stderr bash -c 'muster cat files "*.pdf" >none.tar'
	[[ $stderr == *'what matches *.pdf is not in the archive' ]]
	[ -z "$(tar -tf none.tar)" ]
}

@test "a terminal gets no tar" {
	run -64 on_terminal -- muster cat files
	[[ $output == "muster-cat: standard output is a terminal: "* ]]
}

@test "what is damaged is not written, the end of the tar neither: a no" {
	pack=$(object_of packs)
	flip "$pack" 3000
	run -1 bash -c 'muster cat files >damaged.tar'
	[[ $output == *"packs/"* ]]
	[ "$(tail -c 1024 damaged.tar | tr -d '\0' | wc -c)" -ne 0 ] ||
	    [ ! -s damaged.tar ]
	rm "$pack"
	run -1 bash -c 'muster cat files >missing.tar'
}

@test "what cannot be read, and a wrong key, is trouble" {
	chmod 000 "$(object_of packs)"
	run -2 plainly bash -c 'muster cat files >none.tar'
	[[ $output == *"Permission denied"* ]]
	[ ! -s none.tar ]
	chmod 600 "$(object_of packs)"
	docs_policy | sed '/recovery:/d' >writer.yaml
	run -2 muster cat -p writer.yaml files
	[[ $output == *"needs a recovery key"* ]]
	muster key new stranger.key --bare >/dev/null
	run -2 muster cat -k stranger.key files
	[ -n "$output" ]
	run -2 muster cat -s ./nowhere -k "$SITE/recovery.key" files
}

@test "a full disk and a reader that went away are trouble" {
	run -2 bash -c 'muster cat files >/dev/full'
	[[ $output == *"cannot write the archive as tar: write: No space"* ]]
	run -2 bash -c 'set -o pipefail; muster cat files | head -c 1 >x'
	[[ $output == *"write: Broken pipe" ]]
}

@test "interrupted while the reader sleeps, it ends" {
	mkfifo pipe
	exec 7<>pipe
	for signal in INT:130 TERM:143; do
		muster cat files >pipe 2>said 3>&- &
		writing=$!
		until_ready "$writing" muster-cat
		status=0
		ended_by "${signal%:*}" "$writing" || status=$?
		[ "$status" -eq "${signal#*:}" ]
		[[ $(cat said) == *"interrupted by SIG${signal%:*}" ]]
	done
	exec 7>&-
}

#!/usr/bin/env bats
# muster-seal as a user meets it: the end of a pipe.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
}

teardown_file() {
	site_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

statements() {
	find "$SITE/store/snapshots" -type f | wc -l
}

@test "what comes on standard input comes back, byte for byte" {
	head -c 700000 /dev/urandom >in
	run -0 muster seal --as redis <in
	[[ ${lines[0]} == "snapshot of docs.example: snapshots/"* ]]
	[[ ${lines[1]} == "  redis  "*"  1 entry  "* ]]
	run -0 muster restore -q -c redis -t out
	cmp in out/redis
	muster cat redis | tar -xO redis | cmp - in
}

@test "nothing is a component, too" {
	run -0 muster seal --as nothing -q </dev/null
	run -0 muster restore -q -c nothing -t out
	[ "$(stat -c %s out/nothing)" -eq 0 ]
}

@test "in JSON it names the component" {
	run -0 muster seal --as a_b-1 --json <<<hello
	run -0 jq -e '.components[0].name == "a_b-1" and
	    .components[0].kind == "stream" and .unread == 0' <<<"$output"
}

@test "a name that is none, or taken, is asked for wrongly" {
	n=$(statements)
	for bad in "" "a b" a/b ../x db files config é; do
		run -64 muster seal --as "$bad" <<<hello
		[[ ${lines[0]} == "muster-seal: --as: expected a name of "* ]]
	done
	run -64 muster seal <<<hello
	run -64 muster seal redis <<<hello
	[ "$(statements)" -eq "$n" ]
}

@test "a terminal is not read from" {
	run -64 on_terminal -- muster seal --as x
	[[ $output == "muster-seal: standard input is a terminal: "* ]]
}

@test "input that cannot be read is trouble, and nothing is signed" {
	n=$(statements)
	run -2 bash -c 'muster seal --as x <&-'
	[[ $output == *"cannot read standard input: Bad file descriptor" ]]
	run -2 bash -c 'muster seal --as x </'
	[[ $output == *"cannot read standard input: Is a directory" ]]
	[ "$(statements)" -eq "$n" ]
}

@test "a dry run reads it and stores nothing" {
	before=$(store_sum)
	run -0 muster seal --as x -n <<<hello
	[[ ${lines[0]} == "dry run: a snapshot of docs.example would hold" ]]
	[[ ${lines[1]} == "  x "* ]]
	[ "$(store_sum)" = "$before" ]
}

@test "interrupted while it waits for input, it leaves nothing" {
	before=$(store_sum)
	mkfifo pipe
	exec 7<>pipe
	for signal in INT:130 TERM:143; do
		muster seal --as x <pipe >said 2>&1 3>&- &
		sealing=$!
		until_ready "$sealing" muster-seal
		echo some >&7
		status=0
		ended_by "${signal%:*}" "$sealing" || status=$?
		[ "$status" -eq "${signal#*:}" ]
		[[ $(cat said) == *"interrupted by SIG${signal%:*}" ]]
	done
	exec 7>&-
	[ "$(store_sum)" = "$before" ]
	[ -z "$(ls -A "$SITE/store/.tmp")" ]
	run -0 muster seal --as x -q <<<hello
}

@test "quiet, locked, full: as all that take snapshots" {
	run -0 muster seal --as x -q <<<hello
	[ -z "$output" ]
	hold "$SITE/state/lock"
	run -75 muster seal --as x <<<hello
	let_go "$SITE/state/lock"
	run -2 bash -c 'muster seal --as x >/dev/full </dev/null'
	run -64 muster seal --as x --lock-wait now <<<hello
}

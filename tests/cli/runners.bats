#!/usr/bin/env bats
# The runners of tests: what they must not mistake for success.

setup() {
	scripts=$BATS_TEST_DIRNAME/../../scripts
	cd "$BATS_TEST_TMPDIR" || return 1
}

# program NAME LINE ...: a stand-in for a cmocka program.
program() {
	local name=$1
	shift
	{ echo '#!/bin/sh'; printf '%s\n' "$@"; } >"$name"
	chmod +x "$name"
}

total() {
	run "$scripts/run-unit" "${@:2}"
	echo "$output"
	[ "${lines[-1]}" = "$1" ]
}

@test "run-unit counts test cases over all programs" {
	program ./a 'echo 1..2; echo "ok 1 - x"; echo "ok 2 - y"'
	program ./b 'echo 1..1; echo "ok 1 - z"'
	total "3 passed, 0 failed" ./a ./b
	[ "$status" -eq 0 ]
}

@test "run-unit shows what a failed test said" {
	program ./a 'echo 1..2; echo "not ok 1 - x"; echo "# 3 != 4"' \
	    'echo "ok 2 - y"; exit 1'
	total "1 passed, 1 failed" ./a
	[ "$status" -eq 1 ]
	[[ $output == *"not ok 1 - x"*"# 3 != 4"* ]]
}

@test "run-unit counts a crash, a leak and a silent program as failures" {
	program ./crash 'echo 1..2; echo "ok 1 - x"; kill -SEGV $$'
	total "1 passed, 1 failed" ./crash
	[ "$status" -eq 1 ]
	program ./leak 'echo 1..1; echo "ok 1 - x"; exit 23'
	total "1 passed, 1 failed" ./leak
	[ "$status" -eq 1 ]
	program ./silent 'exit 0'
	total "0 passed, 1 failed" ./silent
	[ "$status" -eq 1 ]
	total "0 passed, 1 failed" ./absent
	[ "$status" -eq 1 ]
	total "0 passed, 1 failed"
	[ "$status" -eq 1 ]
}

@test "run-unit says what was not run, and why" {
	program ./a 'echo 1..1; echo "ok 1 # SKIP there is no server"'
	total "0 passed, 0 failed" ./a
	[[ $output == *"not run: ./a: there is no server"* ]]
}

@test "wrap-valgrind: an error of a command is 99, and is told" {
	command -v valgrind >/dev/null || skip "valgrind is not installed"
	mkdir from
	printf '#include <stdlib.h>\nint main(int n, char **v)\n%s\n' \
	    '{ char *p = malloc(1); n = n > 1 && p[1]; free(p); return n; }' \
	    >a.c
	cc -w -o from/muster-a a.c
	"$scripts/wrap-valgrind" from to
	to/muster-a
	! grep -r '^==' to/log || return 1
	run to/muster-a "it's one argument"
	[ "$status" -eq 99 ]
	[ -z "$output" ]
	grep -rq 'Invalid read' to/log
}

@test "run-unit ends a program that hangs" {
	program ./hang 'echo 1..1; sleep 60'
	MUSTER_UNIT_TIMEOUT=1 total "0 passed, 1 failed" ./hang
	[ "$status" -eq 1 ]
	[[ $output == *"time is over"* ]]
}

# bats_file NAME LINE ...
bats_file() {
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "${@:2}" >"$1"
}

# Bats within bats must not see the variables of the outer one.
run_bats() {
	run env -i PATH=/usr/bin:/bin TMPDIR="$BATS_TEST_TMPDIR" \
	    MUSTER_BATS_TIMEOUT=4 "$scripts/run-bats" "$@"
}

@test "run-bats counts what passed, failed and was skipped" {
	bats_file t/sub/a.bats '@test "one" { true; }' \
	    '@test "two" { echo "why"; false; }' \
	    '@test "three" { skip "no server"; }'
	bats_file t/b.bats '@test "four" { true; }'
	run_bats t
	echo "$output"
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = "2 passed, 1 failed, 1 skipped" ]
	[[ $output == *"not ok 2 two"*"why"* ]]
	[[ $output == *"three # skip no server"* ]]
}

@test "run-bats is content with folders that hold no tests" {
	run_bats t nowhere
	[ "$status" -eq 0 ]
	[ "$output" = "0 passed, 0 failed, 0 skipped" ]
}

@test "run-bats counts a file that dies or hangs as a failure" {
	bats_file t/a.bats '@test "one" { true; }' '}'
	run_bats t
	echo "$output"
	[ "$status" -eq 1 ]
	bats_file t/a.bats '@test "one" { true; }' '@test "two" { sleep 60; }'
	run_bats t
	echo "$output"
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = "1 passed, 1 failed, 0 skipped" ]
}

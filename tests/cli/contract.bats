#!/usr/bin/env bats
# What every command promises, asked of every command that there is.
# shellcheck disable=SC2154  # stderr and stderr_lines are set by run

bats_require_minimum_version 1.5.0

setup() {
	root=$BATS_TEST_DIRNAME/../..
	bin=${MUSTER_BIN:-$root/build/gcc/bin}
	unset MUSTER_POLICY
	cd "$BATS_TEST_TMPDIR" || return 1
	commands=()
	for source in "$root"/bin/*.c; do
		commands+=("$(basename "$source" .c)")
	done
	[ "${#commands[@]}" -gt 0 ]
}

@test "every command explains itself on standard output" {
	for c in "${commands[@]}"; do
		run --separate-stderr "$bin/$c" --help
		echo "$c: $status $stderr"
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		[[ ${lines[0]} == "usage: $c [option ...]"* ]]
		[[ ${lines[1]} == "$c: "* ]]
		[[ $output == *"exit status: 0 "* ]]
		run --separate-stderr "$bin/$c" --version
		[ "$status" -eq 0 ]
		[[ $output =~ ^$c\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	done
}

@test "no line of help is wider than a terminal" {
	for c in "${commands[@]}"; do
		run "$bin/$c" --help
		for line in "${lines[@]}"; do
			[ "${#line}" -le 80 ] || { echo "$c: $line"; false; }
		done
	done
}

@test "every command ends with 2 when its answer cannot be written" {
	for c in "${commands[@]}"; do
		for option in --help --version; do
			run bash -c '"$0" "$1" >/dev/full' "$bin/$c" "$option"
			echo "$c $option >/dev/full: $status $output"
			[ "$status" -eq 2 ]
			[[ $output == "$c: cannot write standard output"* ]]
			run bash -c '"$0" "$1" >&-' "$bin/$c" "$option"
			echo "$c $option >&-: $status $output"
			[ "$status" -eq 2 ]
		done
	done
}

@test "every command refuses what it does not know with 64" {
	for c in "${commands[@]}"; do
		run --separate-stderr "$bin/$c" --no-such-option
		echo "$c: $status $output $stderr"
		[ "$status" -eq 64 ]
		[ -z "$output" ]
		[ "${stderr_lines[0]}" = \
		    "$c: unknown option '--no-such-option'" ]
		[ "${stderr_lines[1]}" = "try '$c --help'" ]
		run "$bin/$c" --quiet --quiet
		[ "$status" -eq 64 ]
	done
}

@test "every command says which policy it cannot read" {
	for c in "${commands[@]}"; do
		"$bin/$c" --help | grep -q -- '--policy=' || continue
		run --separate-stderr "$bin/$c" --policy=/nowhere/x.yaml \
		    </dev/null
		[ "$status" -eq 64 ] && continue	# wants an operand
		echo "$c: $status $output $stderr"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[[ $stderr == "$c: "*"/nowhere/x.yaml"* ]]
	done
}

#!/usr/bin/env bats
# What every command promises, asked of every command that there is.
# shellcheck disable=SC2154  # set by run and site.bash

load ../lib/site.bash

# A site without a database, with a second store to ship to.
setup_file() {
	docs_make
	mkdir "$SITE/copy"
	docs_policy | sed "s|^  local: .*|&\n  copy: {url: $SITE/copy}|" \
	    >"$MUSTER_POLICY"
	muster snapshot -q
	muster ship -q --init
	muster drill -q
}

teardown_file() {
	site_drop
}

setup() {
	root=$BATS_TEST_DIRNAME/../..
	bin=$MUSTER_BIN
	cd "$BATS_TEST_TMPDIR" || return 1
	commands=()
	for source in "$root"/bin/*.c; do
		commands+=("$(basename "$source" .c)")
	done
	[ "${#commands[@]}" -gt 0 ]
}

# How each command is asked for something that it can do on that site, again
# and again; NEW is a name that is not there yet.  What takes a part of the
# site is only to think so, or the others would meet a newest snapshot that
# lacks something.  muster-db needs a server:
# tests/cli/muster-db.bats has its own.
declare -gA asked=(
	[muster]="predeploy"
	[muster-cat]="files"
	[muster-config]="-n"
	[muster-doctor]=""
	[muster-drill]=""
	[muster-files]="-n"
	[muster-gate]=""
	[muster-init]="-s NEW/store -o NEW/p.yaml --bare-recovery-key"
	[muster-key]="show $SITE/recovery.key"
	[muster-list]=""
	[muster-report]=""
	[muster-restore]="-t NEW"
	[muster-seal]="--as x -n"
	[muster-ship]=""
	[muster-snapshot]=""
	[muster-verify]=""
)

# ask COMMAND [OPTION]: so asked, with an option more, without a terminal.
ask() {
	local words new

	new=$(mktemp -u new.XXXXXX)
	read -ra words <<<"${asked[$1]//NEW/$new}"
	case $1 in
	muster) set -- "$bin/muster" "${words[0]}" "${@:2}" ;;
	*) set -- "$bin/$1" "${@:2}" "${words[@]}" ;;
	esac
	"$@" </dev/null
}

# run_each OPTION ...: each command so asked; see that it ended well.
run_each() {
	for c in "${commands[@]}"; do
		[ -n "${asked[$c]+row}" ] || continue
		run --separate-stderr ask "$c" "$@"
		echo "$c $*: $status $output $stderr"
		[ "$status" -eq 0 ]
		check "$c"
	done
}

@test "every command has its row in the table above" {
	for c in "${commands[@]}"; do
		[ "$c" = muster-db ] || [ -n "${asked[$c]+row}" ]
	done
	[ "${#asked[@]}" -eq $((${#commands[@]} - 1)) ]
}

@test "cron hears nothing of a command that did what it should" {
	check() {
		[ -z "$stderr" ]
		[[ $1 == muster-cat || -n $output ]]
	}
	run_each
	check() {
		[ -z "$stderr" ]
		[[ $1 == muster-cat || -z $output ]] || [ "$1" = muster-report ]
	}
	run_each --quiet
}

@test "in JSON every answer has schema, run_id and event" {
	check() {
		[ -z "$stderr" ]
		[ "$1" != muster-cat ] || return 0
		jq -es 'length > 0 and all(.[]; (.schema | test("^muster[.]"))
		    and (.run_id | test("^[0-9a-f]{16}$")) and .event) and
		    ([.[].run_id] | unique | length) == 1' <<<"$output"
	}
	run_each --json
}

@test "progress is lines of JSON on standard error for those who ask" {
	check() {
		[ -z "$stderr" ] || jq -es 'all(.[]; .event == "progress" and
		    .schema == "muster.progress/1" and (.step | length) > 0 and
		    .bytes >= 0 and .seconds >= 0)' <<<"$stderr"
	}
	run_each --progress=json
}

@test "an answer that does not reach its reader is 2, also of real work" {
	for c in "${commands[@]}"; do
		[ -n "${asked[$c]+row}" ] || continue
		for option in --verbose --json; do
			run ask_full "$c" "$option"
			echo "$c $option >/dev/full: $status $output"
			[ "$status" -eq 2 ]
		done
	done
}

ask_full() {
	ask "$@" >/dev/full
}

@test "a reader that went away is 2, not a silent end" {
	for c in "${commands[@]}"; do
		[ -n "${asked[$c]+row}" ] || continue
		rm -f gone
		{
			until [ -e gone ]; do sleep 0.02; done
			status=0
			ask "$c" 2>said || status=$?
			echo "$status" >status
		} | { exec <&-; : >gone; }
		echo "$c: $(cat status said)"
		[ "$(cat status)" -eq 2 ]
		grep -q 'cannot write' said
	done
}

@test "dry runs, locks and policies have the same options everywhere" {
	for c in init snapshot db files config seal ship restore gate; do
		"$bin/muster-$c" --help | grep -q '^  -n, --dry-run '
	done
	for c in snapshot db files config seal ship; do
		"$bin/muster-$c" --help | grep -q '^      --lock-wait=time '
		run "$bin/muster-$c" --lock-wait=soon </dev/null
		[ "$status" -eq 64 ] || [ "$c" = seal ]
	done
	run "$bin/muster" predeploy --lock-wait=soon
	[ "$status" -eq 64 ]
	for c in "${commands[@]}"; do
		for o in '-q, --quiet ' '-v, --verbose ' '    --json ' \
		    '    --progress=' '-h, --help ' '    --version '; do
			"$bin/$c" --help | grep -q -- "^  $o"
		done
		case $c in
		muster | muster-init | muster-key) ;;
		*) "$bin/$c" --help | grep -q '^  -p, --policy=file ' ;;
		esac
	done
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

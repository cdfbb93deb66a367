#!/usr/bin/env bats
# The README's first command, on a small sample: the story it tells, and what
# it leaves behind, which is nothing.

bats_require_minimum_version 1.5.0

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	[ "$(id -u)" -eq 0 ] || skip "only root restores owners"
	export MUSTER_QUICKSTART_BUILT=1
	export TMPDIR=$BATS_TEST_TMPDIR
	work=$(mktemp -d /var/tmp/muster-bats.XXXXXX)
	chmod 711 "$work"
	cd "$work" || return 1
}

teardown() {
	# shellcheck disable=SC2046	# words
	[ -z "$(folders)" ] || rm -rf $(folders)
	cd / && rm -rf "$work"
}

# What this run made: it is named in what it says.
folders() {
	sed -n 's/.*holds it, in \(.*\)$/\1/p' said 2>/dev/null
}

servers() {
	pgrep -f -- "--datadir=$1" || :
}

@test "it ends with GO, then NO-GO, and exit 0; nothing is left" {
	status=0
	MUSTER_POLICY=/nowhere "$root/scripts/quickstart" --mb 2 >said 2>&1 ||
	    status=$?
	cat said
	[ "$status" -eq 0 ]
	dir=$(folders)
	[[ $dir == /var/tmp/muster-quickstart.* ]]
	[ ! -e "$dir" ]
	[ -z "$(servers "$dir")" ]
	grep -q '^drill of sample.localhost .*: passed in ' said
	[ "$(grep -c '^  FAIL  ' said)" -eq 1 ]
	grep -q '^  FAIL  stored .*packs/../[0-9a-f]\{64\}: its SHA-256' said
	order=$(grep -o '^GO: exit status 0\|^NO-GO: exit status 1' said)
	[ "$order" = "GO: exit status 0"$'\n'"NO-GO: exit status 1" ]
	took=$(sed -n 's/.*: passed in \([0-9.]* s\).*/\1/p' said)
	grep -q "into an empty place in $took" said
}

@test "interrupted, it leaves no server and no folder either" {
	"$root/scripts/quickstart" --mb 2 >said 2>&1 3>&- &
	pid=$!
	until grep -q '^\$ muster snapshot' said; do
		kill -0 "$pid"
		sleep 0.1
	done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 143 ]
	[ ! -e "$(folders)" ]
	[ -z "$(servers "$(folders)")" ]
}

@test "a folder of one's own is kept, and can be looked into" {
	"$root/scripts/quickstart" --mb 1 mine >said 2>&1
	PATH=$root/build/gcc/bin:$PATH
	[ -z "$(servers "$PWD/mine")" ]
	cd mine
	run -0 muster verify --content
	run -0 muster list --all
	[[ $output == *"  GO"* && $output == *"  NO-GO"* ]]
	run -64 "$root/scripts/quickstart" --what
	run -0 "$root/scripts/quickstart" --help
}

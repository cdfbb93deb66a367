#!/usr/bin/env bats
# Files that a writer appends to, truncates, rewrites, renames and deletes
# while snapshots are taken: every snapshot restores, what does not change is
# never lost, and a file that was not read in one piece is named.

bats_require_minimum_version 1.5.0

setup_file() {
	PATH=${MUSTER_BIN:?MUSTER_BIN names the folder of the commands}:$PATH
	W=$(mktemp -d /var/tmp/muster-bats.XXXXXX)
	export PATH W MUSTER_POLICY=$W/muster.yaml
	muster-init -q --store "$W/store" --bare-recovery-key \
	    -o "$MUSTER_POLICY"
	sed -i "s|^components:|&\n  files: {paths: [$W/tree]}|" \
	    "$MUSTER_POLICY"
	python3 "$BATS_TEST_DIRNAME/../lib/churn.py" write "$W/tree" \
	    >/dev/null 2>&1 3>&- &
	echo $! >"$W/writer"
	for _ in $(seq 100); do
		[ -e "$W/tree/ready" ] && break
		sleep 0.1
	done
	[ -e "$W/tree/ready" ]
}

teardown_file() {
	kill "$(cat "$W/writer")" 2>/dev/null || :
	rm -rf "$W"
}

# take_and_check N: snapshots, each restored and looked at
take_and_check() {
	local status
	for _ in $(seq "$1"); do
		status=0
		muster-snapshot -v >"$W/said" 2>&1 || status=$?
		if [ "$status" -ne 0 ] && [ "$status" -ne 4 ]; then
			cat "$W/said"
			return 1
		fi
		if grep -Eq '(changed|vanished|unreadable)' "$W/said"; then
			[ "$status" -eq 4 ]
		fi
		muster-restore -q --target "$W/out" -c files
		python3 "$BATS_TEST_DIRNAME/../lib/churn.py" check \
		    "$W/out$W/tree" "$W/said"
		rm -rf "$W/out"
	done
}

@test "50 snapshots under a writer restore, and name what was torn" {
	take_and_check 50
	kill -0 "$(cat "$W/writer")"
}

@test "all of them verify, and nothing is missing" {
	run -0 muster-verify --content
}

@test "when the writer has ended, nothing is left to be named" {
	kill "$(cat "$W/writer")"
	for _ in $(seq 100); do
		kill -0 "$(cat "$W/writer")" 2>/dev/null || break
		sleep 0.1
	done
	run -0 muster-snapshot
	take_and_check 1
	run -0 muster-restore -q --target "$W/out" -c files
	run -0 rsync -naHAXc --delete -i "$W/tree/" "$W/out$W/tree/"
	[ -z "$output" ]
}

@test "a percentage is a percentage" {
	run -64 muster-snapshot --verify-unchanged 101
	[[ $output == *"--verify-unchanged"* ]]
	run -64 muster-snapshot --verify-unchanged x%
	run -0 muster-files --verify-unchanged 100%
}

@test "the cache of what did not change can be deleted at any time" {
	for cache in "$W"/state/index-*/stat-*; do
		echo garbage >"$cache"
	done
	rm -rf "$W/out"
	take_and_check 1
	rm "$W"/state/index-*/stat-*
	take_and_check 1
}

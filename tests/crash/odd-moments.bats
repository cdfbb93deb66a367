#!/usr/bin/env bats
# What else goes wrong around a run: the index is lost or garbage, nobody reads
# the answer any more, Ctrl-C is pressed, another run is at work.
# shellcheck disable=SC2154	# crash.bash sets left and others

load ../lib/site.bash
load ../lib/crash.bash

setup_file() {
	docs_make
	muster snapshot --quiet
	muster drill --quiet
	muster gate --quiet
}

teardown_file() {
	site_drop
}

index() {
	echo "$SITE/state/index-"*
}

# Each command that uses the index works as before, and the store is good.
all_work() {
	head -c 5000 /dev/urandom >"$SITE/tree/noise"
	run -0 muster snapshot
	run -0 muster drill
	run -0 muster verify --content
	muster cat files >/dev/null
}

@test "an index that is lost is built again" {
	rm -rf "$SITE/state"
	all_work
	rm -f "$(index)/data.mdb"
	all_work
	rm -f "$(index)"/*
	all_work
}

@test "an index that is garbage is built again" {
	for file in data.mdb lock.mdb; do
		head -c 65536 /dev/urandom >"$(index)/$file"
		all_work
		: >"$(index)/$file"
		all_work
		truncate -s 5000 "$(index)/$file"
		all_work
	done
	while IFS= read -r -d '' file; do
		head -c 3000 /dev/urandom >"$file"
		all_work
	done < <(find "$(index)" -name 'stat-*' -print0)
}

# Whatever LMDB makes of it, the next run builds the index again.
@test "an index in which one bit is wrong costs one run at most" {
	rm -rf "$SITE/state"
	for i in 1 2 3; do
		head -c 50000 /dev/urandom >"$SITE/tree/noise"
		muster snapshot --quiet
	done
	cp -a "$SITE/state" "$SITE/state.good"
	crash_begin
	size=$(stat -c %s "$(index)/data.mdb")
	failed=0
	for ((i = 0; i < 150; i++)); do
		rm -rf "$SITE/state"
		cp -a "$SITE/state.good" "$SITE/state"
		flip "$(index)/data.mdb" $(((RANDOM * 32768 + RANDOM) % size))
		head -c 5000 /dev/urandom >"$SITE/tree/noise"
		status=0
		{
			muster-snapshot --quiet >"$SITE/said" 2>&1
		} 2>/dev/null || status=$?
		store_is_good
		[ "$status" -ne 0 ] || continue
		failed=$((failed + 1))
		[ "$status" -gt 128 ] || grep -q "$SITE/state" "$SITE/said"
		muster snapshot --quiet
	done
	rm -rf "$SITE/state.good"
	printf '# | index | 150 bits flipped | %d runs failed, no next one\n' \
	    "$failed" >&3
}

@test "an index that is something else is told" {
	name=$(index)
	rm -rf "$name"
	echo x >"$name"
	run -2 muster snapshot
	[[ $output == *"$name"* ]]
	rm -f "$name"
	all_work
}

@test "an index that is lost while a snapshot runs harms nothing" {
	for ms in 5 10 20 30; do
		head -c 300000 /dev/urandom >"$SITE/tree/noise"
		muster-snapshot --quiet >"$SITE/said" 2>&1 3>&- &
		pid=$!
		sleep "0.0$(printf %02d "$ms")"
		rm -rf "$SITE/state" 2>/dev/null || :
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq 0 ] || [ "$status" -eq 2 ]
		store_is_good
		all_work
	done
}

# to_nobody COMMAND ...: standard output is a pipe without a reader
to_nobody() {
	python3 -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.run(sys.argv[1:], stdout=w).returncode)' "$@"
}

@test "an answer that nobody reads is exit 2, not a signal" {
	for c in list verify gate drill snapshot "cat files" \
	    "list --json" "snapshot --json"; do
		status=0
		# shellcheck disable=SC2086 # words
		to_nobody muster $c 2>"$SITE/said" || status=$?
		echo "$c: $status: $(cat "$SITE/said")"
		[ "$status" -eq 2 ]
		grep -Eq 'cannot write standard output|Broken pipe' \
		    "$SITE/said"
		status=0
		# shellcheck disable=SC2086 # words
		muster $c >&- 2>"$SITE/said" || status=$?
		echo "$c, closed: $status: $(cat "$SITE/said")"
		[ "$status" -eq 2 ]
	done
	store_is_good
	nothing_left
}

# At a terminal Ctrl-C goes to all processes of the foreground.
@test "Ctrl-C in the middle of a drill ends it, and nothing is left" {
	before=$(find "$SITE/store/receipts" -type f | wc -l)
	# files enough for a drill of a second or so
	for i in $(seq 3000); do echo "$i" >"$SITE/tree/file-$i"; done
	muster snapshot --quiet
	python3 - muster drill --progress=json <<'PY' >"$SITE/said"
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
said = b""
pressed = False
while True:
    try:
        piece = os.read(fd, 65536)
    except OSError:
        break
    if not piece:
        break
    said += piece
    if not pressed and b'"provision"' in said:  # the files come next
        os.write(fd, b"\x03")
        pressed = True
print(pressed, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(said.decode(errors="replace"))
PY
	cat "$SITE/said"
	[ "$(head -n 1 "$SITE/said")" = "True 130" ]
	grep -q 'interrupted by SIGINT' "$SITE/said"
	nothing_left
	[ "$(find "$SITE/store/receipts" -type f | wc -l)" -eq "$before" ]
	rm -f "$SITE"/tree/file-*
}

@test "two drills at once, and a snapshot beside them, all succeed" {
	pids=
	for i in 1 2; do
		muster drill --quiet 3>&- &
		pids="$pids $!"
	done
	muster snapshot --quiet
	for pid in $pids; do
		wait "$pid"
	done
	nothing_left
	store_is_good
}

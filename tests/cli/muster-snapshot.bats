#!/usr/bin/env bats
# muster-snapshot as a user meets it.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
	muster snapshot --quiet
}

teardown_file() {
	site_drop
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "the answer names the snapshot, its components, and what is new" {
	date >"$SITE/tree/today"
	run -0 --separate-stderr muster snapshot
	[ -z "$stderr" ]
	first='^snapshot of docs.example: snapshots/[0-9TZ]{16}-[0-9a-f]{12}$'
	[[ ${lines[0]} =~ $first ]]
	[[ ${lines[1]} =~ ^\ \ files\ .*entries.*fingerprint\ [0-9a-f]{16}$ ]]
	[[ ${lines[2]} == "  config "* ]]
	[[ ${lines[3]} == "  stored "*" new of "*"; recovery point 2"* ]]
	[ "${#lines[@]}" -eq 4 ]
	id=${lines[0]##*-}
	run -0 muster list
	[[ $output == *"  $id  "* ]]
}

@test "nothing changed, nothing stored" {
	muster snapshot -q
	run -0 muster snapshot
	[[ $output == *"stored 0 B new of "* ]]
}

@test "cron hears nothing of success" {
	run -0 muster snapshot --quiet </dev/null
	[ -z "$output" ]
	run -0 --separate-stderr muster snapshot </dev/null
	[ -z "$stderr" ]
}

@test "in JSON it is one object with every component" {
	run -0 --separate-stderr muster snapshot --json
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 1 ]
	run -0 jq -e '.schema == "muster.snapshot/1" and
	    .event == "snapshot" and (.run_id | length) == 16 and
	    .site == "docs.example" and .dry_run == false and
	    .unread == 0 and .notes == [] and .new_bytes >= 0 and
	    (.object | startswith("snapshots/")) and
	    [.components[].name] == ["files", "config"] and
	    all(.components[]; (.fingerprint | length) == 64 and
	    .size > 0 and .entries > 0)' <<<"$output"
}

@test "a dry run reads all, stores nothing, and finds the same" {
	muster snapshot --json >taken
	before=$(store_sum)
	run -0 muster snapshot --dry-run
	[[ ${lines[0]} == "dry run: a snapshot of docs.example would hold" ]]
	[[ $output != *stored* ]]
	run -0 muster snapshot -n --json
	run -0 jq -c '[.dry_run, has("object"), [.components[].fingerprint]]' \
	    <<<"$output"
	[ "$output" = "[true,false,$(jq -c '[.components[].fingerprint]' \
	    taken)]" ]
	[ "$(store_sum)" = "$before" ]
}

@test "a file that cannot be read is named, also when quiet: status 4" {
	chmod 000 "$SITE/tree/noise"
	for option in --quiet --verbose; do
		run -4 plainly muster snapshot $option
		[[ $output == *"note: files: "* ]]
		[[ $output == *"tree/noise: Permission denied"* ]]
	done
	run -4 plainly muster snapshot --json
	chmod 644 "$SITE/tree/noise"
	run -0 jq -e '.unread == 1 and (.notes | length) == 1 and
	    .notes[0].component == "files" and
	    (.notes[0].object | endswith("tree/noise")) and
	    .notes[0].why == "Permission denied"' <<<"$output"
	run -0 muster list
	[[ $output == *"1 NOT READ"* ]]
}

@test "a path of the policy that is not there is trouble, not a gap" {
	before=$(store_sum)
	mv "$SITE/etc" "$SITE/away"
	run -2 muster snapshot
	mv "$SITE/away" "$SITE/etc"
	[[ $output == *"$SITE/etc does not exist" ]]
	[ "$(find "$SITE/store/snapshots" -type f | wc -l)" -eq \
	    "$(grep -c '/snapshots/' <<<"$before")" ]
}

@test "a path of the policy that cannot be read itself is trouble, by name" {
	before=$(store_sum)
	chmod 000 "$SITE/tree"
	run -2 plainly muster snapshot
	chmod 755 "$SITE/tree"
	[[ $output == *"cannot read $SITE/tree, which was named: "* ]]
	sed -i "s|paths: \[$SITE/tree\]|paths: [$SITE/tree/noise]|" \
	    "$MUSTER_POLICY"
	chmod 000 "$SITE/tree/noise"
	run -2 plainly muster snapshot
	chmod 644 "$SITE/tree/noise"
	docs_policy >"$MUSTER_POLICY"
	[[ $output == *"/tree/noise, which was named: Permission"* ]]
	[ "$(store_sum)" = "$before" ]
}

@test "the policy comes from -p, MUSTER_POLICY or ./muster.yaml, in order" {
	docs_policy | sed 's/^site: .*/site: here.example/' >muster.yaml
	docs_policy | sed 's/^site: .*/site: named.example/' >other.yaml
	run -0 muster snapshot -n -p other.yaml
	[[ $output == *"of named.example "* ]]
	run -0 muster snapshot -n
	[[ $output == *"of docs.example "* ]]
	run -0 env -u MUSTER_POLICY muster snapshot -n
	[[ $output == *"of here.example "* ]]
}

@test "a policy that is absent, unreadable, wrong or open is trouble" {
	run -2 muster snapshot -p absent.yaml
	[ "$output" = "muster-snapshot: policy: cannot read absent.yaml: \
no such file" ]
	docs_policy >mine.yaml
	chmod 000 mine.yaml
	run -2 plainly muster snapshot -p mine.yaml
	[[ $output == *"cannot read mine.yaml: permission denied" ]]
	chmod 646 mine.yaml
	run -2 muster snapshot -p mine.yaml
	[[ $output == *"mine.yaml can be changed by everybody"* ]]
	docs_policy | sed 's/rto: 10m/rto: 10/' >wrong.yaml
	run -2 muster snapshot -p wrong.yaml
	[[ $output == "muster-snapshot: wrong.yaml:13: objectives.rto: "* ]]
	run -2 env -u MUSTER_POLICY muster snapshot
	[[ $output == *"there is no policy: \$MUSTER_POLICY is not set"* ]]
}

@test "a store or key that is not there is trouble; nothing is made" {
	docs_policy | sed "s|url: .*}|url: $PWD/nowhere}|" >lost.yaml
	run -2 muster snapshot -p lost.yaml
	[ "$output" = "muster-snapshot: cannot open store $PWD/nowhere: there \
is no such directory" ]
	[ ! -e nowhere ]
	mkdir empty
	docs_policy | sed "s|url: .*}|url: $PWD/empty}|" >empty.yaml
	run -2 muster snapshot -p empty.yaml
	[[ $output == *"empty is not a muster store: it has no charter"* ]]
	docs_policy | sed "s|writer: .*|writer: $SITE/recovery.key|" >key.yaml
	run -2 muster snapshot -p key.yaml
	[[ $output == *"y: it is another kind of key: expected a writer key" ]]
	run -2 muster snapshot --store nowhere
	[[ $output == *"no store is named nowhere: the first is local" ]]
}

@test "a busy site is 75 at once, or waited for" {
	hold "$SITE/state/lock"
	run -75 muster snapshot
	[ "$output" = "muster-snapshot: cannot lock $SITE/state/lock: another \
run holds it (--lock-wait waits for its end)" ]
	muster snapshot --lock-wait 5m >said 2>&1 3>&- &
	waiting=$!
	until_ready "$waiting" muster-snapshot
	let_go "$SITE/state/lock"
	wait "$waiting"
	[[ $(cat said) == "snapshot of docs.example: "* ]]
	for bad in 5 "" 5x -1s; do
		run -64 muster snapshot --lock-wait "$bad"
		[[ $output == "muster-snapshot: --lock-wait: "* ]]
	done
}

@test "a wait for the lock is interrupted cleanly" {
	hold "$SITE/state/lock"
	for signal in INT:130 TERM:143; do
		muster snapshot --lock-wait 1h >said 2>&1 3>&- &
		waiting=$!
		until_ready "$waiting" muster-snapshot
		status=0
		ended_by "${signal%:*}" "$waiting" || status=$?
		echo "$status: $(cat said)"
		[ "$status" -eq "${signal#*:}" ]
		[[ $(cat said) == *"interrupted by SIG${signal%:*}" ]]
	done
	let_go "$SITE/state/lock"
	run -0 muster snapshot -q
}

@test "progress is for terminals and for those who ask" {
	run -0 on_terminal -- muster snapshot --progress=none
	[[ $output != *$'\r'* ]]
	run -0 on_terminal -- muster snapshot --quiet
	[ -z "$output" ]
	run -0 --separate-stderr muster snapshot --progress=json
	run -0 jq -es 'length == 2 and all(.[]; .event == "progress" and
	    .schema == "muster.progress/1") and
	    [.[].step] == ["files", "config"]' <<<"$stderr"
	run -64 muster snapshot --progress=some
	[[ $output == *"expected json, line or none, not 'some'"* ]]
}

@test "an answer that cannot be written is 2, and the snapshot is there" {
	n=$(muster list --json | wc -l)
	run -2 bash -c 'muster snapshot >/dev/full'
	[ "$output" = "muster-snapshot: cannot write standard output: No space \
left on device" ]
	[ "$(muster list --json | wc -l)" -eq $((n + 1)) ]
}

@test "no operand is expected, and what is not known is refused" {
	run -64 muster snapshot files
	[ "${lines[0]}" = "muster-snapshot: unexpected operand 'files'" ]
	[ "${lines[1]}" = "try 'muster-snapshot --help'" ]
	run -64 muster snapshot -- -n
	[[ $output == *"(options come before operands)"* ]]
	run -64 muster snapshot --dry
	run -64 muster snapshot -n -n
}

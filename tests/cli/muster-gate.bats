#!/usr/bin/env bats
# muster-gate as a user meets it: only 0 opens it, whatever happens.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
	muster snapshot --quiet
	muster drill --quiet
	cp -a "$SITE/store" "$SITE/good"
}

teardown_file() {
	site_drop
}

setup() {
	rm -rf "$SITE/store"
	cp -a "$SITE/good" "$SITE/store"
	docs_policy >"$MUSTER_POLICY"
	cd "$BATS_TEST_TMPDIR" || return 1
}

verdicts() {
	find "$SITE/store/verdicts" -type f | wc -l
}

@test "GO is exit 0: a line for each rule, the verdict signed and stored" {
	run -0 muster gate
	[[ ${lines[0]} =~ ^\ +rule\ +wanted\ +seen$ ]]
	[[ $output == *"  pass  snapshot "*"signed by "* ]]
	[[ $output == *"  pass  stored "*"SHA-256"*" pack"* ]]
	[[ $output == *"  pass  rto "* ]]
	[[ $output == *$'\n'"GO: docs.example at 2"* ]]
	[[ ${lines[-1]} =~ ^\ \ verdict\ verdicts/[0-9TZ]+-[0-9a-f]{12}$ ]]
	[[ $output != *FAIL* ]]
	[ "$(verdicts)" -eq 1 ]
	run -0 muster list --all
	[[ ${lines[-1]} == *"  verdict   docs.example  "*"  GO" ]]
}

@test "when quiet, GO is silent and NO-GO says only what is wrong" {
	run -0 muster gate -q
	[ -z "$output" ]
	rm "$(object_of packs)"
	run -1 muster gate -q
	[[ $output == *"  FAIL  stored "* ]]
	[[ $output != *"  pass  "* ]]
	[[ $output == *$'\n'"NO-GO: docs.example at "* ]]
}

@test "one flipped byte of one pack is NO-GO, and the pack is named" {
	pack=$(object_of packs)
	flip "$pack" 100
	run -1 muster gate
	[[ $output == *"  FAIL  stored "* ]]
	[[ $output == *$'\n'"  stored: 1 bad: pack ${pack#"$SITE/store/"}: "* ]]
	run -0 muster list --all
	[[ ${lines[-1]} == *"  NO-GO" ]]
}

@test "without a snapshot or a drill it is NO-GO, and says so" {
	rm "$SITE"/store/receipts/*
	run -1 muster gate
	[[ $output == *"  FAIL  drill "*"a signed receipt of the site"*none* ]]
	rm "$SITE"/store/snapshots/*
	run -1 muster gate
	[[ $output =~ FAIL\ +snapshot\  ]]
	[[ $output =~ UNKNOWN\ +stored\  ]]
}

@test "a newer snapshot of some components only is not the one judged" {
	echo x | muster seal -q --as redis
	muster files --quiet
	run -0 muster gate
	[[ $output =~ pass\ +snapshot\ .*\;\ 2\ newer\ of\ some\ components ]]
	[[ $output =~ pass\ +snapshot\ components\ +files,\ config\ +files ]]
	# nor is it the one that is drilled
	run -0 muster drill
	[[ $output == *"  pass  proof: config "* ]]
	run -0 muster gate
	# but when there is no other it is, and does not do
	rm "$SITE"/store/snapshots/*
	muster files --quiet
	run -1 muster gate
	[[ $output =~ FAIL\ +snapshot\ components\ +files,\ config\ +files ]]
}

@test "evidence of another policy is NO-GO, said in words" {
	docs_policy | sed 's/rto: 10m/rto: 20m/' >"$MUSTER_POLICY"
	run -1 muster gate
	[[ $output =~ FAIL\ +snapshot\ policy\ +this\ policy,\ .*another ]]
	[[ $output =~ FAIL\ +drill\ policy\  ]]
}

@test "evidence that cannot be read is 2, never yes and never no" {
	for kind in snapshots receipts inventories packs; do
		rm -rf "$SITE/store"
		cp -a "$SITE/good" "$SITE/store"
		chmod 000 "$(object_of "$kind")"
		run -2 plainly muster gate
		echo "$kind: $output"
		[[ $output == *"  UNKNOWN  "* ]]
		[[ $output != *FAIL* ]]
		[[ $output == *"NO-GO (could not tell): "* ]]
		[[ $output == *"Permission denied"* ]]
		run -2 plainly muster gate -q
		run -2 plainly muster gate --json
		run -0 jq -e '.verdict == "NO-GO" and
		    any(.rules[]; .result == "unknown")' <<<"$output"
	done
	chmod 000 "$SITE/store/snapshots"
	run -2 plainly muster gate
	chmod 700 "$SITE/store/snapshots"
	chmod 000 "$(object_of charters)"
	run -2 plainly muster gate
	[[ $output == "muster-gate: "*"Permission denied" ]]
}

@test "a verdict that cannot be stored opens nothing" {
	mkdir -p "$SITE/store/verdicts"
	chmod 500 "$SITE/store/verdicts"
	run -2 plainly muster gate
	[[ $output == "muster-gate: cannot sign the verdict: "* ]]
	chmod 700 "$SITE/store/verdicts"
}

@test "an answer that cannot be written opens nothing" {
	run -2 bash -c 'muster gate >/dev/full'
	run -2 bash -c 'muster gate --json >/dev/full'
	run -2 bash -c 'muster gate >&-'
	run -0 bash -c '{ muster gate; echo $? >status; } 2>/dev/null | true'
	grep -Eqx '0|2' status
}

@test "what a check prints is kept without the secrets of the environment" {
	docs_policy | sed "s|^gate: {|&checks: [{name: scan, run:\
 'echo found \$SCAN_TOKEN in app; exit 3'}], |" >"$MUSTER_POLICY"
	SCAN_TOKEN=hunter2hunter2 run -1 muster gate
	echo "$output"
	[[ $output == *"check: scan: exit 3: found **************"*" in app"* ]]
	[[ $output != *hunter2* ]]
	run -1 grep -rq hunter2 "$SITE/store/verdicts"
}

@test "the subject is in the verdict, and a bad one asked for wrongly" {
	sha=0123456789abcdef0123456789abcdef01234567
	run -0 muster gate --subject "git:$sha" --json
	run -0 jq -e --arg s "git:$sha" '.subject == $s' <<<"$output"
	[ "$(verdicts)" -eq 1 ]
	for bad in "$sha" git:0123 "sha256:$sha" git: ""; do
		run -64 muster gate --subject "$bad"
		[[ $output == *"--subject: expected git:"* ]]
	done
	[ "$(verdicts)" -eq 1 ]
}

@test "in JSON the verdict has every rule with what was wanted and seen" {
	run -0 muster gate --json
	run -0 jq -e '.schema == "muster.verdict/1" and .verdict == "GO" and
	    .site == "docs.example" and .dry_run == false and
	    (.object | startswith("verdicts/")) and (.rules | length) > 10 and
	    all(.rules[]; .name and .required and .seen and
	    .result == "pass")' <<<"$output"
}

@test "a dry run judges the same, and stores no verdict" {
	before=$(store_sum)
	run -0 muster gate -n
	[[ $output == *"GO: docs.example at "*"dry run: no verdict"* ]]
	run -0 muster gate --dry-run --json
	run -0 jq -e '.dry_run and has("object") == false' <<<"$output"
	[ "$(store_sum)" = "$before" ]
	rm "$(object_of packs)"
	run -1 muster gate -n
	[ "$(verdicts)" -eq 0 ]
}

@test "a store or key that is not there is trouble" {
	rm -rf "$SITE/store"
	run -2 muster gate
	[[ $output == *"cannot open store $SITE/store: "* ]]
	cp -a "$SITE/good" "$SITE/store"
	run -2 muster gate --store nowhere
	[[ $output == *"no store is named nowhere"* ]]
	chmod 644 "$SITE/writer.key"
	run -2 muster gate
	[[ $output == *"writer.key: others than its owner"* ]]
	mv "$SITE/writer.key" "$SITE/away.key"
	run -2 muster gate
	[[ $output == *"writer.key: no such file" ]]
	mv "$SITE/away.key" "$SITE/writer.key"
	chmod 600 "$SITE/writer.key"
	run -0 muster gate -q
}

# with_check LINE: the policy has a check, and evidence of that policy.
with_check() {
	docs_policy | sed "s|^gate: {|&checks: [{name: c, run: '$1', \
timeout: 30s}], |" >"$MUSTER_POLICY"
	muster snapshot -q
	muster drill -q
}

@test "a check of the policy that fails is NO-GO with what it said" {
	with_check 'echo 3 jobs failed; exit 7'
	run -1 muster gate
	[[ $output == *"  FAIL  check: c "*"exit 7: 3 jobs failed"* ]]
}

@test "interrupted while a check runs, it ends it and says so" {
	# shellcheck disable=SC2016	# $$ is the check's
	with_check 'echo $$ >started; exec sleep 300'
	for signal in INT:130 TERM:143; do
		rm -f started
		muster gate >said 2>&1 &
		gate=$!
		until [ -s started ]; do sleep 0.05; done
		status=0
		ended_by "${signal%:*}" "$gate" || status=$?
		[ "$status" -eq "${signal#*:}" ]
		[ "$(cat said)" = \
		    "muster-gate: /bin/sh: interrupted by SIG${signal%:*}" ]
		run ! kill -0 "$(cat started)"
	done
	[ "$(verdicts)" -eq 0 ]
}

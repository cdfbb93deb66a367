#!/usr/bin/env bats
# A store that is far, in a real server with Object Lock: locks that must last
# as long as snapshots need what they lock, and what need not be asked for.  A
# site without a database, so that it is quick.
# shellcheck disable=SC2154	# site.bash and start-s3 set what is used

load ../lib/site.bash

setup_file() {
	S3_DIR=$(mktemp -d /var/tmp/muster-s3.XXXXXX)
	export S3_DIR
	"$site_scripts/start-s3" "$S3_DIR/s3" >"$S3_DIR/env"
	docs_make
	muster snapshot --quiet
}

teardown_file() {
	site_drop
	[ -z "${S3_DIR:-}" ] || "$site_scripts/stop-s3" "$S3_DIR/s3" || :
	rm -rf "${S3_DIR:-/nonexistent}"
}

setup() {
	s3_env
	prefix=t$BATS_TEST_NUMBER
	MUSTER_POLICY=$BATS_TEST_TMPDIR/muster.yaml
}

teardown() {
	[ -z "${proxy_pid:-}" ] || kill "$proxy_pid" || :
}

# locking MODE DAYS [ENDPOINT]: the policy of a store that locks so
locking() {
	docs_policy | sed "s|^  local: .*|&\n  offsite: {url: \
\"s3://$S3_LOCKED/$prefix\", endpoint: \"${3:-$S3_ENDPOINT}\", \
region: us-east-1, object-lock: {mode: $1, days: $2}}|" >"$MUSTER_POLICY"
	grep -q "days: $2" "$MUSTER_POLICY"
}

s3api() {
	aws --endpoint-url "$S3_ENDPOINT" s3api "$@"
}

objects() {
	s3api list-objects --bucket "$S3_LOCKED" --prefix "$prefix/" \
	    --query 'Contents[].[Key]' --output text
}

# hours KEY: "MODE HOURS" that the object is locked for, from now
hours() {
	s3api get-object-retention --bucket "$S3_LOCKED" --key "$1" \
	    --query 'Retention.[Mode,RetainUntilDate]' --output text |
	    while read -r mode until; do
		echo "$mode $((($(date -d "$until" +%s) - $(date +%s)) / 3600))"
	done
}

# all_locked MODE LEAST: every object but receipts and verdicts
all_locked() {
	local key got n=0

	for key in $(objects); do
		case $key in
		*/receipts/* | */verdicts/*) continue ;;
		esac
		got=$(hours "$key")
		echo "$key $got"
		[ "${got% *}" = "$1" ] && [ "${got#* }" -ge "$2" ] || return 1
		n=$((n + 1))
	done
	[ "$n" -ge 4 ]
}

@test "what a snapshot needs is locked anew before its lock is over" {
	locking compliance 1
	run -0 muster ship --init
	[[ $output != *lock* ]]
	all_locked COMPLIANCE 22
	# a month's locks, of which 29 days are over
	locking compliance 30
	run -0 muster ship -n
	[[ $output == *"; would extend "*" locks (dry run"* ]]
	all_locked COMPLIANCE 22
	run -1 all_locked COMPLIANCE 25
	run -0 --separate-stderr muster ship
	[ -z "$stderr" ]
	[[ $output == *"offsite: sent 0 packs, "*"; extended "*" locks" ]]
	all_locked COMPLIANCE 718
	run -0 muster ship
	[[ $output != *lock* ]]
	sed -i 's|^gate: {|&locked: 25d, |' "$MUSTER_POLICY"
	run muster gate -n
	[[ $output =~ pass\ +lock\ offsite\  ]]
}

@test "only what is short is extended, and the gate sees what was lifted" {
	locking governance 30
	run -0 muster ship --init
	key=$(objects | grep /packs/ | head -n 1)
	s3api put-object-retention --bucket "$S3_LOCKED" --key "$key" \
	    --bypass-governance-retention --retention "Mode=GOVERNANCE,\
RetainUntilDate=$(date -u -d '+26 hours' +%Y-%m-%dT%H:%M:%SZ)"
	sed -i 's|^gate: {|&locked: 20d, |' "$MUSTER_POLICY"
	run -1 muster gate -n
	[[ $output =~ FAIL\ +lock\ offsite\  ]]
	# what is remembered is lost with the state: then all is asked
	rm "$SITE"/state/locks-*
	run -0 muster ship
	[[ $output == *"; extended 1 lock" ]]
	all_locked GOVERNANCE 718
	run muster gate -n
	[[ $output =~ pass\ +lock\ offsite\  ]]
}

@test "a lock keeps its mode, and the gate says when it is the wrong one" {
	locking governance 30
	run -0 muster ship --init
	locking compliance 60
	run -0 muster ship
	[[ $output == *"; extended "*" locks" ]]
	all_locked GOVERNANCE 1438
	sed -i 's|^gate: {|&locked: 20d, |' "$MUSTER_POLICY"
	run -1 muster gate -n
	[[ $output =~ FAIL\ +lock\ offsite\  ]]
	[[ $output == *" only, governance"* ]]
	prefix=$prefix-strict
	locking compliance 30
	run -0 muster ship --init
	locking governance 60
	run -0 muster ship
	all_locked COMPLIANCE 1438
}

# counting: the server behind a proxy, $endpoint, whose count tells
counting() {
	proxy_stats=$BATS_TEST_TMPDIR/stats
	python3 "$BATS_TEST_DIRNAME/../lib/s3_proxy.py" "${S3_ENDPOINT##*:}" \
	    "$proxy_stats" >"$BATS_TEST_TMPDIR/port" 3>&- &
	proxy_pid=$!
	until [ -s "$BATS_TEST_TMPDIR/port" ]; do sleep 0.05; done
	endpoint=http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")
}

count() {
	jq .requests "$proxy_stats"
}

@test "locks that are known to last are not asked for" {
	counting
	locking governance 30 "$endpoint"
	muster ship --init --quiet
	before=$(count)
	muster ship --quiet
	known=$(($(count) - before))
	rm "$SITE"/state/locks-*
	before=$(count)
	muster ship --quiet
	unknown=$(($(count) - before))
	echo "# shipping nothing: $known requests, $unknown at first" >&3
	[ "$unknown" -ge $((known + 4)) ]
}

@test "a key that may not extend locks is told so, once" {
	locking governance 1
	muster ship --init --quiet
	bucket="arn:aws:s3:::$S3_LOCKED"
	cat >"$BATS_TEST_TMPDIR/policy.json" <<-E
	{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow",
	 "Principal": {"AWS": ["arn:aws:iam:::user/writer"]},
	 "Action": ["s3:ListBucket", "s3:PutObject", "s3:GetObject",
	  "s3:GetObjectRetention"],
	 "Resource": ["$bucket", "$bucket/*"]}]}
	E
	s3api put-bucket-policy --bucket "$S3_LOCKED" \
	    --policy "file://$BATS_TEST_TMPDIR/policy.json"
	export AWS_ACCESS_KEY_ID=$S3_WRITER_KEY
	export AWS_SECRET_ACCESS_KEY=$S3_WRITER_SECRET
	locking governance 30
	run -1 muster ship
	echo "$output"
	[[ $output == "BAD offsite: locks: "*" objects that the snapshots "* ]]
	[[ $output == *"are locked for too short a time, and this key may"* ]]
	[[ $output == *"needs s3:PutObjectRetention"* ]]
	[ "$(grep -c BAD <<<"$output")" -eq 1 ]
}

@test "metrics do not fetch again what was read before" {
	counting
	locking governance 1 "$endpoint"
	sed -i "s|^drill: {|&from: offsite, |" "$MUSTER_POLICY"
	echo "notify: {textfile: $BATS_TEST_TMPDIR/m.prom}" >>"$MUSTER_POLICY"
	muster ship --init --quiet
	muster drill --quiet --sample 50%
	muster drill --quiet --sample 10%
	muster drill --quiet --sample 10%
	rm -rf "$SITE/state/statements"
	before=$(count)
	muster snapshot --quiet
	all=$(($(count) - before))
	before=$(count)
	muster snapshot --quiet
	again=$(($(count) - before))
	echo "# metrics: $all requests, $again when remembered" >&3
	[ "$again" -le $((all - 4)) ]
	grep -q '^muster_drill_coverage_ratio' "$BATS_TEST_TMPDIR/m.prom"
	# what is remembered is believed for its bytes only
	for f in "$SITE"/state/statements/*; do
		echo forged >"$f"
	done
	run -0 --separate-stderr muster snapshot
	[ -z "$stderr" ]
	run ! grep -l forged "$SITE"/state/statements/*
}

@test "an empty bucket of the policy: what to do, and nothing with folders" {
	locking governance 1
	run -2 muster verify -s offsite
	[[ $output == *"no charter (muster-init makes a new one, "* ]]
	[[ $output == *"muster-ship --init a copy of another store)"* ]]
	run -1 muster doctor --quick
	[[ $output == *"store offsite: "*"if it is new: muster-ship --init"* ]]
	[[ $output != *"make its folder"* ]]
}

@test "what a bucket without locks holds is told, and not touched" {
	docs_policy | sed "s|^  local: .*|&\n  offsite: {url: \
\"s3://$S3_BUCKET/$prefix\", endpoint: \"$S3_ENDPOINT\", \
region: us-east-1}|" >"$MUSTER_POLICY"
	muster ship --init --quiet
	sed -i 's|us-east-1}|us-east-1, object-lock: {mode: governance, \
days: 30}}|' "$MUSTER_POLICY"
	grep -q governance "$MUSTER_POLICY"
	run -1 muster ship
	[[ $output == *"BAD offsite: locks: no object that the snapshots "* ]]
	[[ $output == *"s3:GetObjectRetention"* ]]
	# no request for a lock was taken for a put
	run -0 muster verify -s offsite
}

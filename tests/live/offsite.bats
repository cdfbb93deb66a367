#!/usr/bin/env bats
# The main job with the off-site store in a real S3 server: what leaves the
# building, what comes back, and what cannot be done to it.
# shellcheck disable=SC2154	# site.bash and start-s3 set what is used

load ../lib/site.bash

setup_file() {
	S3_DIR=$(mktemp -d /var/tmp/muster-s3.XXXXXX)
	export S3_DIR
	"$site_scripts/start-s3" "$S3_DIR/s3" >"$S3_DIR/env"
	site_make 20
	s3_env
	sed "s|^  local: .*|&\n  offsite: {url: \"s3://$S3_BUCKET/erp\",\
 endpoint: \"$S3_ENDPOINT\", region: us-east-1}|" "$MUSTER_POLICY" \
	    >"$SITE/offsite.yaml"
	grep -q '^  offsite:' "$SITE/offsite.yaml"
}

teardown_file() {
	site_drop
	[ -z "${S3_DIR:-}" ] || "$site_scripts/stop-s3" "$S3_DIR/s3" || :
	rm -rf "${S3_DIR:-/nonexistent}"
}

setup() {
	s3_env
	MUSTER_POLICY=$SITE/offsite.yaml
}

# proxy NAME [FAIL-PERCENT [SEED]]: $proxy_port and $proxy_stats, and its PID
proxy() {
	proxy_stats=$BATS_TEST_TMPDIR/$1.json
	python3 "$BATS_TEST_DIRNAME/../lib/s3_proxy.py" "${S3_ENDPOINT##*:}" \
	    "$proxy_stats" "${2:-0}" "${3:-1}" >"$BATS_TEST_TMPDIR/$1.port" \
	    3>&- &
	proxy_pid=$!
	until [ -s "$BATS_TEST_TMPDIR/$1.port" ]; do sleep 0.05; done
	proxy_port=$(cat "$BATS_TEST_TMPDIR/$1.port")
}

teardown() {
	[ -z "${proxy_pid:-}" ] || kill "$proxy_pid" || :
}

# through URL NAME: the policy of a store at this URL, behind the proxy
through() {
	sed "s|s3://$S3_BUCKET/erp|$1|; s|$S3_ENDPOINT|http://127.0.0.1:\
$proxy_port|" "$SITE/offsite.yaml" >"$BATS_TEST_TMPDIR/$2.yaml"
	grep -q "127.0.0.1:$proxy_port" "$BATS_TEST_TMPDIR/$2.yaml"
}

@test "snapshot, ship, drill from S3, gate: GO" {
	muster snapshot --quiet
	run -0 muster ship --init
	[[ $output == "offsite: sent "* ]]
	run -0 muster verify --store offsite
	[[ $output == good:* ]]
	run -0 muster predeploy
	[[ $output == *"drill of $site_name from s3://"*": passed"* ]]
	[[ $output == *"GO: $site_name"* ]]
}

@test "every command that reads works straight from the bucket" {
	run -0 muster list -s offsite
	run -0 muster verify -s offsite --content
	muster cat -s offsite files >"$BATS_TEST_TMPDIR/far.tar"
	muster cat files >"$BATS_TEST_TMPDIR/near.tar"
	cmp "$BATS_TEST_TMPDIR/far.tar" "$BATS_TEST_TMPDIR/near.tar"
	run -0 muster restore -s offsite -c config -t "$BATS_TEST_TMPDIR/r" \
	    "${bench#/}/sites/apps.txt"
	[ "$(find "$BATS_TEST_TMPDIR/r" -type f | wc -l)" -eq 1 ]
}

@test "disaster: endpoint, credentials, key and passphrase bring all back" {
	mv "$SITE/store" "$SITE/store.gone"
	mkdir "$BATS_TEST_TMPDIR/bare"
	cp "$SITE/recovery.key" "$SITE/passphrase" "$BATS_TEST_TMPDIR/bare"
	cd "$BATS_TEST_TMPDIR/bare"
	status=0
	output=$(env -u MUSTER_POLICY AWS_ENDPOINT_URL="$S3_ENDPOINT" \
	    muster restore --store "s3://$S3_BUCKET/erp" -k recovery.key \
	    --passphrase-file passphrase --target out 2>&1) || status=$?
	mv "$SITE/store.gone" "$SITE/store"
	echo "$output"
	[ "$status" -eq 0 ]
	run -0 rsync -naHAXc --delete --out-format='%i %n' \
	    "$bench/sites/$site_name/private/files/" \
	    "out/files$bench/sites/$site_name/private/files/"
	[ -z "$output" ]
}

@test "a drill passes and the gate says GO when the local store is gone" {
	mv "$SITE/store" "$SITE/store.gone"
	status=0
	{ muster drill && muster gate; } >"$BATS_TEST_TMPDIR/out" 2>&1 ||
	    status=$?
	mv "$SITE/store.gone" "$SITE/store"
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 0 ]
	grep -q "^GO: $site_name" "$BATS_TEST_TMPDIR/out"
}

@test "other clients fetch the same objects, and names are their SHA-256" {
	export RCLONE_CONFIG_X_TYPE=s3 RCLONE_CONFIG_X_PROVIDER=Ceph
	export RCLONE_CONFIG_X_ENV_AUTH=true RCLONE_CONFIG=/dev/null
	export RCLONE_CONFIG_X_ENDPOINT=$S3_ENDPOINT
	seen=0
	for client in aws s3cmd rclone; do
		command -v "$client" >/dev/null || {
			echo "# no $client here: not asked" >&3
			continue
		}
		to=$BATS_TEST_TMPDIR/$client
		case $client in
		aws) aws --endpoint-url "$S3_ENDPOINT" s3 sync --quiet \
		    "s3://$S3_BUCKET/erp/packs" "$to" ;;
		s3cmd) mkdir "$to"
			s3cmd --access_key="$AWS_ACCESS_KEY_ID" \
			    --secret_key="$AWS_SECRET_ACCESS_KEY" --no-ssl \
			    --host="${S3_ENDPOINT#http://}" \
			    --host-bucket="${S3_ENDPOINT#http://}" -q \
			    sync "s3://$S3_BUCKET/erp/packs/" "$to/" ;;
		rclone) rclone copy -q "x:$S3_BUCKET/erp/packs" "$to" ;;
		esac
		(cd "$to" && find . -type f | while read -r f; do
			echo "${f##*/}  $f"
		done | sha256sum --quiet -c)
		[ "$(find "$to" -type f | wc -l)" = \
		    "$(find "$SITE/store/packs" -type f | wc -l)" ]
		seen=$((seen + 1))
	done
	[ "$seen" -gt 0 ]
}

# The owner of the buckets, with a tool of others.
s3api() {
	aws --endpoint-url "$S3_ENDPOINT" s3api "$@"
}

@test "COMPLIANCE: nobody removes or overwrites what was shipped" {
	sed "s|{url: \"s3://$S3_BUCKET/erp\",|{url: \"s3://$S3_LOCKED/erp\",\
 object-lock: {mode: compliance, days: 1},|" "$SITE/offsite.yaml" \
	    >"$BATS_TEST_TMPDIR/locked.yaml"
	grep -q compliance "$BATS_TEST_TMPDIR/locked.yaml"
	run -0 muster ship --init -p "$BATS_TEST_TMPDIR/locked.yaml"
	run -0 muster doctor --quick -p "$BATS_TEST_TMPDIR/locked.yaml"
	[[ $output == *"good    store offsite: lock: Object Lock is on"* ]]
	[[ $output == *"good    store offsite: versions: are kept"* ]]
	# the gate reads the locks, and knows how long they last
	sed -i 's|^gate: {|&locked: 23h, |' "$BATS_TEST_TMPDIR/locked.yaml"
	run muster gate -n -p "$BATS_TEST_TMPDIR/locked.yaml"
	echo "$output"
	[[ $output =~ pass\ +off-site\ offsite\ .*\ there,\ .*\ read\ back ]]
	[[ $output =~ pass\ +lock\ offsite\ .*\ objects,\ until\ 2 ]]
	sed -i 's|locked: 23h|locked: 25h|' "$BATS_TEST_TMPDIR/locked.yaml"
	run -1 muster gate -n --explain -p "$BATS_TEST_TMPDIR/locked.yaml"
	[[ $output =~ FAIL\ +lock\ offsite\  ]]
	[[ $output == *"is locked until 2"*" only, compliance"* ]]
	[[ $output == *"s3:GetObjectRetention"* ]]
	s3api list-object-versions --bucket "$S3_LOCKED" --prefix erp/ \
	    --query 'Versions[].[Key,VersionId]' --output text \
	    >"$BATS_TEST_TMPDIR/versions"
	n=0
	while read -r key version; do
		run ! s3api delete-object --bucket "$S3_LOCKED" --key "$key" \
		    --version-id "$version" --bypass-governance-retention
		[[ $output == *AccessDenied* ]]
		n=$((n + 1))
	done <"$BATS_TEST_TMPDIR/versions"
	echo "# $n locked objects, none could be removed" >&3
	[ "$n" -ge 4 ]
	# What is put in its place is a version above it, never instead of it.
	read -r key version <"$BATS_TEST_TMPDIR/versions"
	echo forged >"$BATS_TEST_TMPDIR/forged"
	s3api put-object --bucket "$S3_LOCKED" --key "$key" \
	    --body "$BATS_TEST_TMPDIR/forged" >/dev/null
	s3api get-object --bucket "$S3_LOCKED" --key "$key" \
	    --version-id "$version" "$BATS_TEST_TMPDIR/first" >/dev/null
	[ "$(sha256sum <"$BATS_TEST_TMPDIR/first")" != \
	    "$(sha256sum <"$BATS_TEST_TMPDIR/forged")" ]
	run -1 muster verify -s offsite -p "$BATS_TEST_TMPDIR/locked.yaml"
	[[ $output == *"${key#erp/}"* ]]
}

@test "a bucket without Object Lock is refused when the policy wants it" {
	sed "s|{url: \"s3://$S3_BUCKET/erp\",|{url: \"s3://$S3_BUCKET/nolock\",\
 object-lock: {mode: governance, days: 1},|" "$SITE/offsite.yaml" \
	    >"$BATS_TEST_TMPDIR/nolock.yaml"
	run -2 muster ship --init -p "$BATS_TEST_TMPDIR/nolock.yaml"
	[[ $output == *ock* ]]
}

@test "the production key puts and reads, and cannot remove or overwrite" {
	writer="arn:aws:iam:::user/writer"
	bucket="arn:aws:s3:::$S3_BUCKET"
	cat >"$BATS_TEST_TMPDIR/policy.json" <<-E
	{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Principal": {"AWS": ["$writer"]},
	 "Action": ["s3:ListBucket", "s3:GetBucketVersioning"],
	 "Resource": ["$bucket"]},
	{"Effect": "Allow", "Principal": {"AWS": ["$writer"]},
	 "Action": ["s3:PutObject", "s3:GetObject"],
	 "Resource": ["$bucket/*"]}]}
	E
	s3api put-bucket-policy --bucket "$S3_BUCKET" \
	    --policy "file://$BATS_TEST_TMPDIR/policy.json"
	export AWS_ACCESS_KEY_ID=$S3_WRITER_KEY
	export AWS_SECRET_ACCESS_KEY=$S3_WRITER_SECRET
	muster snapshot --quiet
	run -0 muster ship
	run -0 muster doctor --quick
	[[ $output == *"good    store offsite: removal: this host cannot"* ]]
	pack=$(find "$SITE/store/packs" -type f | head -n 1)
	key=erp/${pack#"$SITE/store/"}
	run ! s3api delete-object --bucket "$S3_BUCKET" --key "$key"
	run -0 s3api head-object --bucket "$S3_BUCKET" --key "$key"
	# muster itself never overwrites: what is there stays, byte for byte.
	run -0 muster ship --read-back=all
	[[ $output == *"sent 0 packs"* ]]
}

@test "20 % of the requests fail: ship and drill succeed all the same" {
	proxy faults 20 7
	through "s3://$S3_BUCKET/faults" faults
	run -0 muster ship --init --read-back=all \
	    -p "$BATS_TEST_TMPDIR/faults.yaml"
	run -0 muster drill -p "$BATS_TEST_TMPDIR/faults.yaml"
	[[ $output == *passed* ]]
	echo "# $(cat "$proxy_stats")" >&3
	jq -e '.failed >= 5 and .failed * 20 > .requests' "$proxy_stats"
}

@test "a wrong key, and a server that is not there, are trouble, named" {
	AWS_SECRET_ACCESS_KEY=wrong run -2 muster list -s offsite
	[[ $output != *wrong* ]]
	# a gate that is not let in could not tell: that is no "no"
	AWS_SECRET_ACCESS_KEY=wrong run ! muster gate -n -s local
	[[ $output =~ UNKNOWN\ +off-site\ offsite\  ]]
	sed "s|$S3_ENDPOINT|http://127.0.0.1:9|" "$SITE/offsite.yaml" \
	    >"$BATS_TEST_TMPDIR/away.yaml"
	run -2 muster ship -p "$BATS_TEST_TMPDIR/away.yaml"
	[[ $output == *"127.0.0.1"* ]]
}

# init URL [option ...]: in an empty folder; nothing is left when it fails
init() {
	local to=$1

	shift
	rm -rf "$BATS_TEST_TMPDIR/new"
	mkdir "$BATS_TEST_TMPDIR/new"
	cd "$BATS_TEST_TMPDIR/new" || return 1
	AWS_ENDPOINT_URL=${endpoint:-$S3_ENDPOINT} muster init --store "$to" \
	    --bare-recovery-key "$@"
}

@test "init says why a bucket cannot be a store, and makes nothing" {
	refused() {
		echo "$output"
		[ -z "$(ls -A "$BATS_TEST_TMPDIR/new")" ]
		[[ $output == "muster-init: cannot "*"s3://"*"$1"* ]]
	}
	run -2 init s3://nothere/x
	refused "there is no such bucket"
	AWS_SECRET_ACCESS_KEY=wrong run -2 init "s3://$S3_BUCKET/new"
	refused "the secret access key is not that key's"
	AWS_ACCESS_KEY_ID=NOBODY run -2 init "s3://$S3_BUCKET/new"
	refused "the access key is not known there"
	AWS_ACCESS_KEY_ID='' run -2 init "s3://$S3_BUCKET/new"
	refused "only one is set"
	AWS_ACCESS_KEY_ID='' AWS_SECRET_ACCESS_KEY='' HOME=/nonexistent \
	    run -2 init "s3://$S3_BUCKET/new"
	refused "there are no credentials"
	endpoint=$S3_ENDPOINT_TLS run -2 init "s3://$S3_BUCKET/new"
	refused "localhost is not trusted"
	endpoint=http://127.0.0.1:9 run -2 init "s3://$S3_BUCKET/new"
	refused "Failed to connect to 127.0.0.1 port 9"
	run -2 init gs://bucket/x
	[[ $output == *"unknown scheme gs: expected a directory or s3://"* ]]
}

@test "a port that speaks TLS is not asked in plain for ten minutes" {
	endpoint=http://127.0.0.1:${S3_ENDPOINT_TLS##*:} \
	    run -2 init "s3://$S3_BUCKET/new"
	[[ $output == *"gave up after "*" tries in "*" seconds"* ]]
}

@test "init makes a store in a bucket: snapshot, drill, gate" {
	AWS_REGION=us-east-1 run -0 init "s3://$S3_BUCKET/first" --site erp
	[[ $output == *"  store         s3://$S3_BUCKET/first"* ]]
	cd "$BATS_TEST_TMPDIR/new"
	grep -q "endpoint: \"$S3_ENDPOINT\"" muster.yaml
	grep -q "region: us-east-1" muster.yaml
	run ! grep -r "$AWS_SECRET_ACCESS_KEY" .
	mkdir data
	echo one >data/a
	sed -i "s|^components:|&\n  files: {paths: [$PWD/data]}|" muster.yaml
	export MUSTER_POLICY=$PWD/muster.yaml
	muster snapshot
	muster drill
	run -0 muster gate
	[[ $output == *"GO: erp"* ]]
	run -2 init "s3://$S3_BUCKET/first"
	[[ $output == *"is in use: it has charters/"*"expected another"* ]]
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/new")" ]
}

@test "killed again and again, it sends what was under way again, no more" {
	head -c 150000000 /dev/urandom | muster seal --as noise --quiet
	proxy kills
	through "s3://$S3_BUCKET/kills" kills
	needed=$(du -sb --apparent-size "$SITE/store/packs" | cut -f 1)
	killed=0
	for i in $(seq 12); do
		muster ship --init -q -j 1 -p "$BATS_TEST_TMPDIR/kills.yaml" &
		pid=$!
		sleep "0.$((20 + i * 7 % 60))"
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" || killed=$((killed + 1))
	done
	[ "$killed" -ge 3 ]
	run -0 muster ship --init --read-back=all \
	    -p "$BATS_TEST_TMPDIR/kills.yaml"
	run -0 muster verify -s offsite -p "$BATS_TEST_TMPDIR/kills.yaml"
	sent=$(jq .sent "$proxy_stats")
	echo "# $killed kills: $sent bytes sent, $needed needed" >&3
	# A kill costs the pack that was under way, which is 33 MB at most.
	[ "$sent" -lt $((needed + needed / 10 + killed * 34000000)) ]
	[ "$sent" -gt $((needed * 9 / 10)) ]
}

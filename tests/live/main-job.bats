#!/usr/bin/env bats
# The main job on a real site: what an operator sees.
# shellcheck disable=SC2154	# site.bash sets site_name, bench and others

load ../lib/site.bash

setup_file() {
	site_make 20
}

teardown_file() {
	site_drop
}

teardown() {
	if [ -n "${server:-}" ]; then
		"$site_scripts/stop-mariadb" "$server"
		rm -rf "$server"
	fi
}

@test "a snapshot, a verify, a drill and the gate say GO" {
	run -0 muster snapshot
	[[ $output == *"snapshot of $site_name"* ]]
	run -0 muster verify
	[[ $output == good:* ]]
	run -0 muster drill
	[[ $output == *passed* ]]
	[[ $output != *FAIL* ]]
	run -0 muster gate \
	    --subject git:0123456789abcdef0123456789abcdef01234567
	[[ $output == *"GO: $site_name"* ]]
	[ -z "$(scratch_left)" ]
}

@test "predeploy is all of it, with one exit status, silent when quiet" {
	run -0 muster predeploy --quiet
	[ -z "$output" ]
}

@test "every answer in JSON is JSON, with schema, run_id and event" {
	out=$BATS_TEST_TMPDIR/out
	muster predeploy --json >"$out"
	run -0 jq -es 'length == 3 and
	    all(.[]; .schema and .run_id and .event)' "$out"
	run -0 jq -r 'select(.event == "verdict").verdict' "$out"
	[ "$output" = GO ]
}

@test "a snapshot of nothing changed stores only a few KB" {
	muster snapshot --quiet
	new=$(muster snapshot --json | jq .new_bytes)
	[ "$new" -lt 16384 ]
}

# Rows here and there cost a chunk each: see increments.bats.
@test "one percent of change everywhere stores a few percent" {
	muster snapshot --quiet
	"$site_scripts/sample-site" "$SITE/site" --change 1 >/dev/null
	muster snapshot --json >"$BATS_TEST_TMPDIR/out"
	all=$(jq '[.components[].size] | add' "$BATS_TEST_TMPDIR/out")
	new=$(jq .new_bytes "$BATS_TEST_TMPDIR/out")
	echo "$new of $all bytes"
	[ $((new * 100)) -lt $((all * 6)) ]
}

@test "the producer cannot read: the writer key alone opens nothing" {
	muster snapshot --quiet
	sed 's/^\( *recovery:\).*/\1/; /passphrase-file/d; /^ *recovery:$/d' \
	    "$MUSTER_POLICY" >"$SITE/writer-only.yaml"
	run -1 grep -e recovery: -e passphrase "$SITE/writer-only.yaml"
	export MUSTER_POLICY=$SITE/writer-only.yaml
	for c in "cat db" "drill" "restore --target $BATS_TEST_TMPDIR/r" \
	    "verify --content"; do
		# shellcheck disable=SC2086 # words
		run -2 muster $c
		[[ $output == *"recovery key"* ]]
	done
	[ ! -e "$BATS_TEST_TMPDIR/r" ]
	run -0 muster snapshot -q
	run -0 muster verify
}

@test "no plaintext is in the store or the index" {
	muster snapshot --quiet
	state=$(sed -n 's/^state: *//p' "$MUSTER_POLICY")
	needles="tabCustomer Administrator db_password encryption_key $db_name"
	for needle in $needles; do
		run -1 grep -rqa -- "$needle" "$SITE/store" ${state:+"$state"}
	done
}

@test "an archive is a tar that tar and bsdtar read without a word" {
	muster cat files >"$BATS_TEST_TMPDIR/files.tar"
	taken=$(find "$bench/sites/$site_name/public/files" \
	    "$bench/sites/$site_name/private/files" | wc -l)
	for locale in C C.UTF-8; do
		export LC_ALL=$locale
		run -0 --separate-stderr tar -tf "$BATS_TEST_TMPDIR/files.tar"
		[ -z "${stderr:-}" ]
		seen=${#lines[@]}
		run -0 --separate-stderr bsdtar -tf \
		    "$BATS_TEST_TMPDIR/files.tar"
		[ -z "${stderr:-}" ]
		[ "${#lines[@]}" -eq "$seen" ]
		[ "$seen" -gt "$taken" ]
	done
}

@test "disaster: the store, a key and its passphrase bring everything back" {
	muster snapshot --quiet
	mkdir "$BATS_TEST_TMPDIR/bare"
	cp -a "$SITE/store" "$SITE/recovery.key" "$SITE/passphrase" \
	    "$BATS_TEST_TMPDIR/bare"
	cd "$BATS_TEST_TMPDIR/bare"
	run -0 env -u MUSTER_POLICY muster restore --store ./store \
	    -k recovery.key --passphrase-file passphrase --target out
	run -0 rsync -naHAXc --delete --out-format='%i %n' \
	    "$bench/sites/$site_name/private/files/" \
	    "out/files$bench/sites/$site_name/private/files/"
	[ -z "$output" ]
	run -0 cmp "$bench/sites/$site_name/site_config.json" \
	    "out/config$bench/sites/$site_name/site_config.json"
}

@test "the opened archive of the database loads with the client alone" {
	muster snapshot --quiet
	mkdir "$BATS_TEST_TMPDIR/db"
	muster cat db | bsdtar -xf - -C "$BATS_TEST_TMPDIR/db"
	server=$SITE/other-server
	"$site_scripts/start-mariadb" "$server" --local-infile=1 >/dev/null
	sock=$server/sock
	cd "$BATS_TEST_TMPDIR/db"
	mariadb --no-defaults --local-infile=1 --socket="$sock" \
	    --user="$(id -un)" <load.sql
	tables="tabUser tabFile __Auth"
	for t in $tables; do
		a=$(site_sql -e "CHECKSUM TABLE \`$db_name\`.\`$t\`")
		b=$(mariadb --no-defaults --batch --skip-column-names \
		    --socket="$sock" --user="$(id -un)" \
		    -e "CHECKSUM TABLE \`$db_name\`.\`$t\`")
		echo "$a | $b"
		[ "$a" = "$b" ]
	done
}

@test "single paths come back without the rest" {
	muster snapshot --quiet
	run -0 muster restore -c config -t "$BATS_TEST_TMPDIR/x" \
	    "${bench#/}/sites/apps.txt"
	[ "$(find "$BATS_TEST_TMPDIR/x" -type f | wc -l)" -eq 1 ]
}

@test "a restore into a live server refuses a database that is not empty" {
	printf '[client]\nsocket=%s\nuser=%s\n' "$SITE/site/mariadb/sock" \
	    "$(id -un)" >"$SITE/root.cnf"
	chmod 600 "$SITE/root.cnf"
	run -2 muster restore -c db --server "$SITE/root.cnf"
	[[ $output == *"$db_name"* ]]
	run -0 muster restore -c db --server "$SITE/root.cnf" \
	    --database-as "$db_name=copy_of_it"
	a=$(site_sql -e "SELECT count(*) FROM \`$db_name\`.tabUser")
	b=$(site_sql -e "SELECT count(*) FROM copy_of_it.tabUser")
	[ "$a" = "$b" ]
}

@test "what comes on standard input is sealed and comes back" {
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	run -0 muster seal --as redis <"$BATS_TEST_TMPDIR/in"
	run -0 muster restore -c redis -t "$BATS_TEST_TMPDIR/redis"
	cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/redis/redis"
}

@test "an unreadable file is named, exit 4, and NO-GO" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
	f=$bench/sites/$site_name/public/files/secret.txt
	echo x >"$f"
	chmod 000 "$f"
	chown -R nobody "$SITE"
	chown mysql -R "$SITE/site/mariadb"
	chown root "$f"
	run -4 setpriv --reuid=nobody --clear-groups \
	    "$(command -v muster)" files
	[[ $output == *secret.txt* ]]
	chown -R root "$SITE"
	chown mysql -R "$SITE/site/mariadb"
	rm -f "$f"
}

@test "output that cannot be written is exit 2" {
	muster snapshot --quiet
	for c in list verify gate drill snapshot "cat files"; do
		# shellcheck disable=SC2086 # words
		status=0
		muster $c >/dev/full 2>/dev/null || status=$?
		echo "$c: $status"
		[ "$status" -eq 2 ]
	done
}

@test "a second run waits for the lock, or says 75" {
	state=$(sed -n 's/^state: *//p' "$MUSTER_POLICY")
	[ -n "$state" ]
	release=$BATS_TEST_TMPDIR/release
	mkfifo "$release"
	flock "$state/lock" cat "$release" 3>&- &
	while flock -n "$state/lock" true; do
		sleep 0.05
	done
	run -75 muster snapshot
	: >"$release"
	run -0 muster snapshot --lock-wait 30s --quiet
	wait
}

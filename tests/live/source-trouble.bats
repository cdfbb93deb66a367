#!/usr/bin/env bats
# The database server has troubles of its own while it is read: exit 2, a
# sentence that names them, no snapshot; and time-outs of its users are not
# ours.
# shellcheck disable=SC2154	# site.bash sets SITE and others

load ../lib/site.bash
load ../lib/crash.bash

setup_file() {
	docs_make
	can_mount
	mkdir -m 777 "$SITE/tmp"
	"$site_scripts/start-mariadb" "$SITE/server" --tmpdir="$SITE/tmp" \
	    --max-statement-time=0.2 --innodb-lock-wait-timeout=1 \
	    --lock-wait-timeout=1 >/dev/null 3>&- 4>&-
	server_sql -e "SET max_statement_time=0; CREATE DATABASE d; USE d;
	    CREATE TABLE d.t (a INT PRIMARY KEY, b INT)
	    SELECT seq AS a, 1 AS b FROM seq_1_to_100000;
	    CREATE DATABASE sorts; CREATE TABLE sorts.t (a VARCHAR(300))
	    SELECT REPEAT(UUID(), 3) AS a FROM seq_1_to_200000"
	policy d
	muster db --quiet
}

teardown_file() {
	"$site_scripts/stop-mariadb" "$SITE/server"
	no_disks
	site_drop
}

policy() {
	docs_policy | sed "/^components:/,/^stores:/{//!d}
	    s|^components:|&\n  db: {databases: [$1], \
socket: $SITE/server/sock, user: $(id -un)}|" >"$MUSTER_POLICY"
}

server_sql() {
	mariadb --no-defaults --socket="$SITE/server/sock" \
	    --user="$(id -un)" --batch --skip-column-names "$@"
}

snapshots() {
	find "$SITE/store/snapshots" -type f | wc -l
}

# could_not SENTENCE: no snapshot, and it says why
could_not() {
	before=$(snapshots)
	run -2 muster db
	echo "$output"
	[[ $output == *"$1"* ]]
	[ "$(snapshots)" -eq "$before" ]
}

@test "no room for what the server sorts" {
	[ -e "$SITE/mounts" ] || skip "file systems cannot be mounted here"
	small_disk tmp 4m
	chmod 1777 "$SITE/tmp"
	policy sorts
	could_not 'the server has no room left'
	no_disk tmp
	run -0 muster db --quiet
}

@test "a statement may last as long as it does, whatever users may" {
	policy d
	server_sql -e 'SET max_statement_time=0; USE d; CREATE TABLE d.more
	    (a INT, b TEXT) SELECT seq AS a, MD5(seq) AS b
	    FROM seq_1_to_200000'
	run server_sql -e 'SELECT SLEEP(2)'
	run -0 muster db --quiet
}

@test "a table that a session keeps locked is waited for, not for ever" {
	policy d
	mkfifo "$BATS_TEST_TMPDIR/session"
	server_sql d <"$BATS_TEST_TMPDIR/session" >/dev/null 3>&- &
	exec 7>"$BATS_TEST_TMPDIR/session"
	echo 'SET max_statement_time=0, wait_timeout=600;
	    LOCK TABLES t WRITE;' >&7
	until server_sql -e 'SHOW OPEN TABLES WHERE In_use > 0' |
	    grep -q '^d'; do
		sleep 0.05
	done
	could_not 'Lock wait timeout exceeded'
	exec 7>&-
	wait
	run -0 muster db --quiet
}

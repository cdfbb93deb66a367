#!/usr/bin/env bats
# A replica as the source: what it shows is as old as it is behind, and the
# snapshot says so.
# shellcheck disable=SC2154	# site.bash sets SITE and others

load ../lib/site.bash

setup_file() {
	docs_make
	port=$(python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	serve primary 1 --skip-networking=0 --bind-address=127.0.0.1 \
	    --port="$port"
	serve replica 2
	sql primary -e "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY);
	    CREATE USER r@'127.0.0.1' IDENTIFIED BY 'x';
	    GRANT REPLICATION SLAVE ON *.* TO r@'127.0.0.1'"
	sql replica -e "CHANGE MASTER TO master_host='127.0.0.1',
	    master_port=$port, master_user='r', master_password='x',
	    master_use_gtid=slave_pos; START SLAVE"
	sql primary -e 'INSERT INTO d.t VALUES (1)'
	until_there 1
	policy 'max-lag: 2s'
}

teardown_file() {
	for s in replica primary; do
		"$site_scripts/stop-mariadb" "$SITE/$s"
	done
	site_drop
}

# policy MORE: that of the replica, by the account u if there is one
policy() {
	docs_policy | sed "/^components:/,/^stores:/{//!d}
	    s|^components:|&\n  db: {databases: [d], \
socket: $SITE/replica/sock, user: ${2:-$(id -un)}, $1}|" >"$MUSTER_POLICY"
}

serve() {
	"$site_scripts/start-mariadb" "$SITE/$1" --log-bin=bin \
	    --server-id="$2" --log-slave-updates "${@:3}" \
	    >/dev/null 3>&- 4>&-
}

sql() {
	mariadb --no-defaults --socket="$SITE/$1/sock" --user="$(id -un)" \
	    --batch --skip-column-names "${@:2}"
}

until_there() {
	for _ in $(seq 600); do
		[ "$(sql replica -e "SELECT COUNT(*) FROM d.t" \
		    2>/dev/null)" != "$1" ] || return 0
		sleep 0.05
	done
	return 1
}

until_behind() {
	for _ in $(seq 300); do
		behind=$(sql replica -e 'SHOW SLAVE STATUS\G' \
		    --column-names |
		    sed -n 's/.*Seconds_Behind_Master: *//p')
		[ "${behind/NULL/0}" -lt "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

snapshots() {
	find "$SITE/store/snapshots" -type f | wc -l
}

@test "a replica that is not behind says so in the snapshot" {
	run -0 muster db
	[[ $output == *"of a replica, 0 s behind"* ]]
	run -0 muster list --json
	run -0 muster db --json
	run -0 jq -e '.components[0].db.replica_lag == 0 and
	    .components[0].point == .components[0].db.time' <<<"$output"
}

@test "behind, but within the limit: the recovery point is earlier" {
	policy 'max-lag: 1h'
	sql replica -e 'STOP SLAVE SQL_THREAD'
	sql primary -e 'INSERT INTO d.t VALUES (2)'
	mkfifo "$BATS_TEST_TMPDIR/session"
	sql replica d <"$BATS_TEST_TMPDIR/session" >/dev/null 3>&- &
	exec 7>"$BATS_TEST_TMPDIR/session"
	echo 'BEGIN; INSERT INTO t VALUES (2);' >&7	# what it waits for
	until sql replica -e 'SELECT 1 FROM information_schema.innodb_trx' |
	    grep -q 1; do
		sleep 0.05
	done
	sql replica -e 'START SLAVE SQL_THREAD'
	until_behind 4
	run -0 muster db --json
	run -0 jq -e '.components[0].db.replica_lag >= 4 and
	    .components[0].point < .components[0].db.time' <<<"$output"
	before=$(snapshots)
	policy 'max-lag: 2s'
	run -2 muster db
	[[ $output =~ "the server is a replica and "[0-9]+" seconds behind: \
at most 2 are allowed (components.db.max-lag)" ]]
	[ "$(snapshots)" -eq "$before" ]
	echo 'ROLLBACK;' >&7
	exec 7>&-
	wait
	until_there 2
}

@test "one that does not replicate is refused" {
	sql replica -e 'STOP SLAVE'
	before=$(snapshots)
	run -2 muster db
	[[ $output == *"the server is a replica that does not replicate: "* ]]
	[ "$(snapshots)" -eq "$before" ]
	sql replica -e 'START SLAVE'
}

@test "an account that may not know is told what it needs" {
	sql replica -e "CREATE USER u@localhost IDENTIFIED BY 'x';
	    GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON d.* TO u@localhost;
	    GRANT SELECT ON mysql.* TO u@localhost"
	(umask 077; printf '[client]\npassword=x\n' >"$SITE/c.cnf")
	policy "max-lag: 1h, defaults-file: $SITE/c.cnf" u
	run -2 muster db
	[[ $output == *"GRANT SLAVE MONITOR ON *.* TO the account"* ]]
	sql replica -e 'GRANT SLAVE MONITOR ON *.* TO u@localhost'
	run -0 muster db
	[[ $output == *"of a replica, "* ]]
}

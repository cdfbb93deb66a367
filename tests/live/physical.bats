#!/usr/bin/env bats
# The physical method: a real mariadb-backup of a server that is written to,
# restored, prepared, started; and everything that must not become a snapshot,
# or a drill that passes.
# shellcheck disable=SC2154	# bats sets status, output and stderr

load ../lib/lab.bash

setup_file() {
	REAL=$(command -v mariadb-backup)
	export REAL
	lab_make
	lab_server src --log-bin=bin --server-id=7
	lab_sql src -e "CREATE DATABASE d CHARACTER SET utf8mb4; USE d;
	    CREATE TABLE d.account (id INT PRIMARY KEY, money BIGINT NOT NULL)
	    SELECT seq AS id, 1000 AS money FROM seq_1_to_2000;
	    CREATE TABLE d.docs (id INT PRIMARY KEY, body TEXT, KEY (body(20)))
	    SELECT seq AS id, REPEAT(MD5(seq), 60) AS body
	    FROM seq_1_to_20000;
	    CREATE TABLE d.aria (id INT PRIMARY KEY, f FLOAT) ENGINE=Aria
	    SELECT seq AS id, seq / 7 AS f FROM seq_1_to_500;
	    CREATE TABLE d.myisam (id INT PRIMARY KEY, v VARCHAR(20))
	    ENGINE=MyISAM SELECT seq AS id, HEX(seq) AS v FROM seq_1_to_500;
	    CREATE VIEW d.rich AS SELECT id FROM d.account WHERE money > 1000;
	    CREATE PROCEDURE d.p() SELECT 1;
	    CREATE EVENT d.never ON SCHEDULE EVERY 1 DAY DO DELETE FROM d.docs;
	    CREATE DATABASE \`odd name\`; CREATE TABLE \`odd name\`.\`tä.b/le\`
	    (a INT) SELECT 1 AS a"
	physical
}

teardown_file() {
	lab_drop
}

# physical [LINE ...]: the policy; the lines go to its end
physical() {
	lab_policy <<-YAML
	  db: {defaults-file: $LAB/src.cnf, databases: [d], method: physical}
	YAML
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$MUSTER_POLICY"
}

# drill TEXT: the policy has this in drill
drill() {
	physical
	sed -i '/^drill:/d' "$MUSTER_POLICY"
	printf 'drill:\n  scratch: %s\n  %s\n' "$LAB/scratch" "$1" \
	    >>"$MUSTER_POLICY"
}

snapshots() {
	find "$LAB/store/snapshots" -type f 2>/dev/null | wc -l
}

# refused SENTENCE COMMAND ...: exit 2, no snapshot, nothing left in scratch
refused() {
	local sentence=$1 before
	shift
	before=$(snapshots)
	run -2 "$@"
	echo "$output"
	[[ $output == *"$sentence"* ]]
	[ "$(snapshots)" -eq "$before" ]
	[ -z "$(ls "$LAB/scratch")" ]
}

# tool SCRIPT: a mariadb-backup that comes first; `real` is the real one
tool() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	{
		echo '#!/bin/sh'
		echo "real=$REAL"
		echo "case \$* in *--version*) exec \$real --version ;; esac"
		echo "$1"
	} >"$BATS_TEST_TMPDIR/bin/mariadb-backup"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/bin" \
	    "$BATS_TEST_TMPDIR/bin/mariadb-backup"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# mover: move money until told to stop; the sum stays
mover() {
	while [ ! -e "$BATS_TEST_TMPDIR/stop" ]; do
		echo "START TRANSACTION;
		    SET @a = 1 + FLOOR(RAND() * 2000);
		    SET @b = 1 + FLOOR(RAND() * 2000);
		    UPDATE account SET money = money - 7 WHERE id = @a;
		    UPDATE account SET money = money + 7 WHERE id = @b;
		    UPDATE docs SET body = REPEAT(MD5(RAND()), 60)
		    WHERE id = @a; COMMIT;"
	done | lab_sql src d
}

# begin_backup [SAID]: a snapshot, $ours, in the background, once it runs
# mariadb-backup, $pid
begin_backup() {
	muster-snapshot >"${1:-/dev/null}" 2>&1 & ours=$!
	until pid=$(pgrep -P "$ours" -f -- --backup); do
		kill -0 "$ours"
		sleep 0.02
	done
}

@test "snapshot, verify, drill, gate; what changed alone is stored again" {
	physical 'gate: {snapshot-age: 1h}'
	run -0 muster-snapshot --json
	jq -e '.components[0].db.physical | .page_size == 16384 and .lsn > 0 and
	    .data_file_path == "ibdata1:12M:autoextend"' <<<"$output"
	jq -e '.components[0].db | .binlog_file == "bin.000001" and
	    .binlog_pos > 0 and .gtid != ""' <<<"$output"
	run -0 muster-verify --content
	run -0 muster-drill --json
	jq -e '.passed' <<<"$output"
	[ "$(jq -r '.checks[].name' <<<"$output" | grep ': db' | tr '\n' ' ')" \
	    = 'restore: db bytes: db prepare: db start: db ' ]
	jq -e '[.checks[].name] | index("tables") != null' <<<"$output"
	[[ $output != *proof:* ]]
	run -2 muster-drill --sample 10%
	[[ $output == *'a physical backup of the database starts whole'* ]]
	run -0 muster-gate
	[[ $output == *'GO: lab'* ]]
	run -0 muster-snapshot --json
	jq -e '.new_bytes < 100000' <<<"$output"
	[ -z "$(ls "$LAB/scratch")" ]
}

@test "a restored directory is a server's, row by row as it was" {
	lab_remember src d 'odd name'
	muster-snapshot --quiet
	run -2 muster-restore --component db --target "$LAB/copy/data"
	[[ $output == *"there is no folder $LAB/copy/."* ]]
	mkdir -m 711 "$LAB/copy"
	run -0 muster-restore --component db --target "$LAB/copy/data"
	lab_server copy
	lab_same copy d 'odd name'
	[ "$(lab_sql copy -e 'SHOW CREATE EVENT d.never' | wc -l)" -eq 1 ]
	lab_stop copy
}

@test "while writers move money, the sum is always right" {
	drill 'assertions: [{name: money, expect: "= 2000000",
	    sql: "SELECT SUM(money) FROM account"}]'
	mover & first=$!
	mover & second=$!
	for _ in 1 2 3; do
		muster-snapshot --quiet
		run -0 muster-drill --json
		jq -e '.passed and ([.checks[] | select(.name == "money") |
		    .passed] == [true])' <<<"$output"
	done
	touch "$BATS_TEST_TMPDIR/stop"
	wait "$first" "$second"
	physical
}

@test "the archive is an ordinary one: list, single files, tar" {
	muster-snapshot --quiet
	muster-cat db >"$BATS_TEST_TMPDIR/tar"
	bsdtar -tf "$BATS_TEST_TMPDIR/tar" >"$BATS_TEST_TMPDIR/list"
	grep -qx d/docs.frm "$BATS_TEST_TMPDIR/list"
	mkdir "$BATS_TEST_TMPDIR/out"
	bsdtar -xf "$BATS_TEST_TMPDIR/tar" -C "$BATS_TEST_TMPDIR/out"
	run -0 muster-restore --component db --target "$BATS_TEST_TMPDIR/one" \
	    d/docs.frm
	cmp "$BATS_TEST_TMPDIR/one/d/docs.frm" \
	    "$BATS_TEST_TMPDIR/out/d/docs.frm"
	[ ! -e "$BATS_TEST_TMPDIR/one/ibdata1" ]
}

@test "a migration that is rehearsed is taken back" {
	muster-snapshot --quiet
	# shellcheck disable=SC2016	# for the drill's shell
	drill 'rehearse: {run: "mariadb --no-defaults -u root d \
	    --socket=$MUSTER_SOCKET -e \"DROP TABLE docs\""}'
	run -0 muster-drill --json
	physical
	jq -e '[.checks[] | select(.name == "rollback: db") | .passed,
	    .seen] | .[0] and (.[1] | contains("equal bytes"))' <<<"$output"
	[ -z "$(ls "$LAB/scratch")" ]
}

@test "no secret is in arguments, in files or in what is said" {
	lab_sql src -e "CREATE USER bk@localhost IDENTIFIED BY
	    'p\"a\\\\s#s w''x';
	    GRANT RELOAD, PROCESS, LOCK TABLES ON *.* TO bk@localhost;
	    GRANT BINLOG MONITOR, REPLICA MONITOR ON *.* TO bk@localhost;
	    GRANT SELECT ON d.* TO bk@localhost"
	(umask 077; printf '[client]\nsocket=%s\nuser=bk\npassword="%s"\n' \
	    "$LAB/src/sock" 'p\"a\\s#s w'"'x" >"$LAB/bk.cnf")
	sed -i "s|$LAB/src.cnf|$LAB/bk.cnf|" "$MUSTER_POLICY"
	# shellcheck disable=SC2016	# for the script
	tool 'tr "\0" " " </proc/$$/cmdline >'"$LAB/args"'
		tr "\0" " " </proc/$$/environ >>'"$LAB/args"'
		exec $real "$@"'
	run -0 muster-snapshot --verbose
	physical
	[[ $output != *'#s w'* ]]
	grep -q -- --backup "$LAB/args"
	run -1 grep -F '#s w' "$LAB/args"
}

@test "a privilege that is missing is named, with its GRANT" {
	(umask 077; printf '[client]\nsocket=%s\nuser=few\n' \
	    "$LAB/src/sock" >"$LAB/few.cnf")
	lab_sql src -e "CREATE USER few@localhost; GRANT SELECT ON d.* TO
	    few@localhost"
	sed -i "s|$LAB/src.cnf|$LAB/few.cnf|" "$MUSTER_POLICY"
	for p in RELOAD PROCESS 'LOCK TABLES' 'BINLOG MONITOR'; do
		refused "GRANT $p ON *.* TO \`few\`@\`localhost\`" \
		    muster-snapshot
		lab_sql src -e "GRANT $p ON *.* TO few@localhost"
	done
	lab_sql src -e "GRANT REPLICA MONITOR ON *.* TO few@localhost"
	run -0 muster-snapshot
	physical
}

@test "a database that is not there is named" {
	sed -i 's/databases: \[d\]/databases: [d, gone]/' "$MUSTER_POLICY"
	refused 'database gone: there is no such database' muster-snapshot
	physical
}

@test "the doctor looks at all of it" {
	run -0 muster-doctor --json
	[[ $output == *'mariadb-backup 1'* ]]
	(umask 077; printf '[client]\nsocket=%s\nuser=none\n' \
	    "$LAB/src/sock" >"$LAB/none.cnf")
	lab_sql src -e 'CREATE USER none@localhost'
	sed -i "s|$LAB/src.cnf|$LAB/none.cnf|" "$MUSTER_POLICY"
	run -1 muster-doctor
	[[ $output == *'GRANT RELOAD ON *.* TO `none`@`localhost`'* ]]
	physical
}

@test "mariadb-backup of another series is refused by both ends" {
	muster-snapshot --quiet
	tool ':'
	sed -i '/--version/s/.*/case $* in *--version*) echo "mariadb-backup \
based on MariaDB server 10.6.3-MariaDB Linux (x86_64)"; exit ;; esac/' \
	    "$BATS_TEST_TMPDIR/bin/mariadb-backup"
	refused 'is version 10.6.3-MariaDB, but the server is 1' muster-snapshot
	run -2 muster-drill
	[[ $output == *'is version 10.6.3-MariaDB'* ]]
	run -2 muster-restore --component db --target "$LAB/none"
	[[ $output == *'is version 10.6.3-MariaDB'* ]]
	[ ! -e "$LAB/none" ]
}

@test "killed, it leaves no snapshot and nothing else" {
	before=$(snapshots)
	begin_backup "$LAB/said"
	# in the midst of its data, and stopped there: it cannot be too late
	until [ "$(sed -n 's/^wchar: //p' "/proc/$pid/io")" -gt 3000000 ]; do
		kill -0 "$pid"
		sleep 0.01
	done
	kill -STOP "$pid"
	kill -9 "$pid"
	status=0
	wait "$ours" || status=$?
	cat "$LAB/said"
	[ "$status" -eq 2 ]
	grep -q 'mariadb-backup was killed by signal 9' "$LAB/said"
	[ "$(snapshots)" -eq "$before" ]
	[ -z "$(ls "$LAB/scratch")" ]
}

@test "when we are killed, mariadb-backup is, too, and the next run works" {
	begin_backup
	kill -9 "$ours"
	wait "$ours" || :
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	run ! kill -0 "$pid"
	run -0 muster-snapshot --quiet
	[ -z "$(ls "$LAB/scratch")" ]
}

@test "interrupted, it ends with 143 and takes everything with it" {
	begin_backup
	kill -TERM "$ours"
	status=0
	wait "$ours" || status=$?
	[ "$status" -eq 143 ]
	run ! kill -0 "$pid"
	[ -z "$(ls "$LAB/scratch")" ]
}

@test "a stream that is cut, changed, or silently ended is no backup" {
	tool 'eval "exec \$real \"\$@\"" | head -c 3000000'
	refused 'failed to copy datafile' muster-snapshot
	tool '"$real" "$@" | python3 -c "
import sys
sys.stdout.buffer.write(sys.stdin.buffer.read()[:-700])"'
	refused 'it ends here' muster-snapshot
	tool '"$real" "$@" | python3 -c "
import sys
d = bytearray(sys.stdin.buffer.read())
d[len(d) // 2] ^= 1
sys.stdout.buffer.write(d)"'
	refused 'do not have the CRC-32 that they should' muster-snapshot
	tool '"$real" "$@" 2>&1 >&3 3>&- | sed "/completed OK/d" >&2 3>&-'
	sed -i 's/^"$real".*/{ & ; } 3>\&1/' \
	    "$BATS_TEST_TMPDIR/bin/mariadb-backup"
	refused 'did not end with "completed OK!"' muster-snapshot
	tool 'echo "[00] FATAL ERROR: no luck today" >&2; exit 1'
	refused 'mariadb-backup ended with status 1: FATAL ERROR: no luck' \
	    muster-snapshot
	tool 'echo "completed OK!" >&2'
	refused 'mariadb-backup sent no backup-my.cnf' muster-snapshot
}

# without NAME: a mariadb-backup whose stream lacks a file
without() {
	cat >"$LAB/filter.py" <<-PY
	import struct, sys
	i, o = sys.stdin.buffer, sys.stdout.buffer
	while (h := i.read(14)):
	    name = i.read(struct.unpack("<I", h[10:])[0])
	    more, data = b"", b""
	    if h[9:10] == b"P":
	        more = i.read(20)
	        data = i.read(struct.unpack("<Q", more[:8])[0])
	    if name.decode() not in sys.argv[1:]:
	        o.write(h + name + more + data)
	PY
	tool "\"\$real\" \"\$@\" | python3 $LAB/filter.py $*"
}

@test "a backup that lacks its redo log, or a table, fails the drill" {
	(
		without ib_logfile0
		muster-snapshot --quiet
	)
	run -1 muster-drill --json
	jq -e '.passed == false' <<<"$output"
	jq -e '[.checks[] | select(.name == "bytes: db") | .passed] == [true]' \
	    <<<"$output"
	jq -e '[.checks[] | select(.name == "prepare: db" or
	    .name == "start: db") | .passed] | index(true) == null or
	    . == [true, false]' <<<"$output"
	run -1 muster-gate
	(
		without d/docs.ibd d/docs.new
		muster-snapshot --quiet
	)
	run -1 muster-drill --json
	jq -e '.passed == false' <<<"$output"
	[ -z "$(ls "$LAB/scratch")" ]
}

@test "a physical backup is not loaded into a running server, nor mixed" {
	muster-snapshot --quiet
	run -2 muster-restore --component db --server "$LAB/src.cnf"
	[[ $output == *'it is a physical backup, which no running server'* ]]
	mkdir "$LAB/full"
	touch "$LAB/full/file"
	run -2 muster-restore --component db --target "$LAB/full"
	[[ $output == *'is not empty'* ]]
	run -2 muster-restore --component db --target "$LAB/full" \
	    --into-nonempty
	[[ $output == *'expected an empty folder, without --into-nonempty'* ]]
	[ "$(ls "$LAB/full")" = file ]
}

@test "over a network, and where files are elsewhere, it is refused" {
	lab_server far --skip-networking=0 --bind-address=127.0.0.1 \
	    --port=33917
	lab_sql far -e "CREATE USER net@'127.0.0.1' IDENTIFIED BY 'x';
	    GRANT ALL ON *.* TO net@'127.0.0.1'; CREATE DATABASE d"
	(umask 077; printf '[client]\nhost=127.0.0.1\nport=33917\nuser=net
password=x\n' >"$LAB/net.cnf")
	sed -i "s|$LAB/src.cnf|$LAB/net.cnf|" "$MUSTER_POLICY"
	refused 'expected its unix socket' muster-snapshot
	physical
	sed -i "s|$LAB/src.cnf|$LAB/far.cnf|" "$MUSTER_POLICY"
	mkdir -m 777 "$LAB/elsewhere"
	lab_sql far -e "CREATE TABLE d.t (a INT) DATA DIRECTORY
	    '$LAB/elsewhere'"
	refused "d/t: this table's file is outside of the data directory" \
	    muster-snapshot
	lab_sql far -e 'DROP TABLE d.t; INSTALL SONAME "ha_blackhole";
	    CREATE TABLE d.hole (a INT) ENGINE=BLACKHOLE'
	refused 'd.hole (BLACKHOLE)' muster-snapshot
	lab_stop far
	physical
}

@test "encryption is refused by name" {
	(umask 077; echo "1;$(head -c 32 /dev/urandom | od -An -tx1 |
	    tr -d ' \n')" >"$LAB/keys")
	[ "$(id -u)" != 0 ] || chown mysql "$LAB/keys"
	lab_server secret --plugin-load-add=file_key_management \
	    --file-key-management-filename="$LAB/keys"
	lab_sql secret -e 'CREATE DATABASE d; CREATE TABLE d.t (a INT)
	    ENCRYPTED=YES'
	sed -i "s|$LAB/src.cnf|$LAB/secret.cnf|" "$MUSTER_POLICY"
	refused 'd/t: this tablespace is encrypted' muster-snapshot
	lab_stop secret
	physical
}

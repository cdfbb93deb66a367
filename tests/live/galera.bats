#!/usr/bin/env bats
# A node of a Galera cluster as the source.
# shellcheck disable=SC2154	# lab.bash sets LAB and others

load ../lib/lab.bash

setup_file() {
	lab_make
	port=$(python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	# Its binary log does not have what other nodes write.
	lab_server node --wsrep-on=ON \
	    --wsrep-provider=/usr/lib/galera/libgalera_smm.so \
	    --wsrep-cluster-address=gcomm:// --wsrep-node-address=127.0.0.1 \
	    --wsrep-provider-options="gcache.size=8M; \
gmcast.listen_addr=tcp://127.0.0.1:$port; \
ist.recv_addr=127.0.0.1:$((port + 1))" --binlog-format=ROW \
	    --innodb-autoinc-lock-mode=2 --log-bin=bin --server-id=1
	lab_sql node -e "CREATE DATABASE bank; USE bank;
	    CREATE TABLE a (id INT PRIMARY KEY, v INT);
	    CREATE TABLE b (id INT PRIMARY KEY, v INT);
	    INSERT INTO a SELECT seq, 1000 FROM seq_1_to_100;
	    INSERT INTO b SELECT * FROM a;
	    CREATE TABLE big (id INT PRIMARY KEY, v VARCHAR(200));
	    INSERT INTO big SELECT seq, REPEAT(MD5(seq), 6)
	    FROM seq_1_to_50000"
	lab_policy <<<"  db: {defaults-file: $LAB/node.cnf, databases: [bank]}"
}

teardown_file() {
	lab_drop
}

# variable NAME: of the node's status
variable() {
	lab_sql node -e "SHOW GLOBAL STATUS LIKE '$1'" | cut -f 2
}

@test "a node is taken, and the snapshot says up to where in the cluster" {
	run -0 muster-snapshot
	at=$(variable wsrep_cluster_state_uuid):$(variable wsrep_last_committed)
	[[ $output == *"of a Galera node, up to $at"* ]]
	run -0 muster-list --json
	run -0 muster-snapshot --json
	run -0 jq -e --arg at "$at" '.components[0].db.galera == $at' \
	    <<<"$output"
	run -0 muster-drill
}

@test "a log without what other nodes write is not compared by" {
	before=$(variable Com_backup)
	muster-snapshot -q
	[ "$(variable Com_backup)" -gt "$before" ]
	[ "$(variable wsrep_local_state_comment)" = Synced ]
	[ "$(variable wsrep_desync_count)" = 0 ]
}

@test "sums are right while money moves between tables" {
	(
		exec 3>&- 4>&-
		until [ -e "$LAB/stop" ]; do
			i=$((RANDOM % 100 + 1)) j=$((RANDOM % 100 + 1))
			echo "START TRANSACTION; UPDATE a SET v = v - 1
			    WHERE id = $i; UPDATE b SET v = v + 1
			    WHERE id = $j; COMMIT;"
		done | lab_sql node bank
	) &
	for _ in 1 2 3 4 5; do
		muster-snapshot -q
		muster-cat db | tar -xO --wildcards 'bank.[ab].00000.dat' \
		    >"$LAB/rows"
		[ "$(awk '{s += $2} END {print s}' "$LAB/rows")" = 200000 ]
		cut -f 2 "$LAB/rows" | sort | uniq >>"$LAB/values"
	done
	touch "$LAB/stop"
	wait
	[ "$(sort -u "$LAB/values" | wc -l)" -gt 1 ]	# some was moved
}

@test "DDL, which does not wait here, has it taken again or refused" {
	(
		exec 3>&- 4>&-
		n=0
		until [ -e "$LAB/enough" ]; do
			n=$((n + 1))
			echo "ALTER TABLE big COMMENT='$n';"
		done | lab_sql node bank
	) &
	for _ in 1 2 3; do
		run muster-snapshot -q
		echo "$status: $output"
		[ "$status" -eq 0 ] || [[ $status -eq 2 && $output == \
		    "muster-snapshot: cannot take db: cannot dump the "* ]]
	done
	touch "$LAB/enough"
	wait
	muster-snapshot -q
	run -0 muster-drill
}

# reading: the id of a connection that reads rows of big
reading() {
	lab_sql node -e "SELECT id FROM information_schema.processlist WHERE
	    info LIKE 'SELECT SQL_NO_CACHE%FROM %big%' AND
	    command='Query'"
}

# altering: it waits for the table
altering() {
	[ -n "$(lab_sql node -e "SELECT id FROM information_schema.processlist
	    WHERE info LIKE 'ALTER TABLE big%' AND
	    state LIKE 'Waiting for table metadata%'")" ]
}

# strike N: N snapshots' tries are aborted while they read big, whose rows
# are more than sockets hold; the snapshot is in $ours
strike() {
	local n last='' id alter
	for n in $(seq "$1"); do
		until id=$(reading) && [ -n "$id" ] && [ "$id" != "$last" ]
		do
			kill -0 "$ours"
		done
		kill -STOP "$ours"
		[ "$(reading)" = "$id" ]
		lab_sql node bank -e "ALTER TABLE big COMMENT='strike $n'" \
		    3>&- 4>&- & alter=$!
		# it aborts who holds the table, then waits for him
		until altering; do
			sleep 0.05
		done
		kill -CONT "$ours"
		wait "$alter"
		last=$id
	done
}

@test "a try that the cluster aborts is taken again, and counts for three" {
	muster-snapshot >"$LAB/said" 2>&1 3>&- 4>&- & ours=$!
	strike 1
	wait "$ours"
	run -0 muster-drill
	muster-snapshot >"$LAB/said" 2>&1 3>&- 4>&- & ours=$!
	strike 3
	status=0
	wait "$ours" || status=$?
	cat "$LAB/said"
	[ "$status" -eq 2 ]
	grep -q "table bank.big: .* (1213)" "$LAB/said"
}

@test "a node that is cut off from its cluster is refused" {
	lab_sql node -e "SET GLOBAL wsrep_cluster_address='gcomm://127.0.0.1:1'"
	run -2 muster-snapshot
	[[ $output == *"is a Galera node that is not whole: its "* ]]
	lab_sql node -e "SET GLOBAL wsrep_cluster_address='gcomm://'"
	for _ in $(seq 100); do
		[ "$(variable wsrep_local_state_comment)" != Synced ] || break
		sleep 0.1
	done
	muster-snapshot -q
}

#!/usr/bin/env bats
# What is extreme in one way, small enough for every run; tests/bench/extremes
# measures the same at full size.
# shellcheck disable=SC2154	# lab.bash sets LAB and others

load ../lib/lab.bash

setup_file() {
	lab_make
	lab_server source
	lab_policy <<<"  db: {defaults-file: $LAB/source.cnf, databases: [x]}"
}

teardown_file() {
	lab_drop
}

setup() {
	lab_sql source -e 'CREATE OR REPLACE DATABASE x'
}

@test "a row of 64 MB comes back" {
	lab_sql source x -e "CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB);
	    CREATE TABLE parts (b MEDIUMBLOB);
	    INSERT INTO parts SELECT RANDOM_BYTES(1024) FROM seq_1_to_1024;
	    SET group_concat_max_len=1<<30;
	    INSERT INTO t SELECT 1, REPEAT(GROUP_CONCAT(b SEPARATOR ''), 64)
	    FROM parts; DROP TABLE parts"
	[ "$(lab_sql source x -e 'SELECT LENGTH(b) > 64000000 FROM t')" = 1 ]
	muster-snapshot -q
	run -0 muster-drill
	[[ $output == *"1 table"* ]]
}

@test "a thousand tables come back, and cost nothing when unchanged" {
	seq 1000 | awk '{
	    printf "CREATE TABLE t%d (id INT PRIMARY KEY, v INT);", $1
	    printf " INSERT INTO t%d VALUES (1, %d);\n", $1, $1 }' |
	    lab_sql source x
	muster-snapshot -q
	run -0 muster-snapshot
	[[ $output == *"stored 0 B new"* ]]
	run -0 muster-drill
	[[ $output == *"1000 tables"* ]]
}

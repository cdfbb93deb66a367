# What a change costs to store, of what the first snapshot stored.

load ../lib/lab.bash

setup_file() {
	lab_make
	export tree=$LAB/tree
	lab_server source
	lab_sql source -e "CREATE DATABASE d"
	# 100,000 rows of some 500 bytes, of which half is random
	lab_sql source d -e "CREATE TABLE t (id INT PRIMARY KEY, n INT,
	    random CHAR(250), words VARCHAR(500)) SELECT seq AS id, 0 AS n,
	    LEFT(CONCAT(SHA2(seq, 512), SHA2(-seq, 512)), 250) AS random,
	    REPEAT(CONCAT('row ', seq, ', '), 20) AS words
	    FROM seq_1_to_100000"
	python3 - "$tree" <<-'PY'
	import os, random, sys
	r = random.Random(7)
	for folder in range(50):
	    path = "%s/%02d" % (sys.argv[1], folder)
	    os.makedirs(path)
	    for i in range(60):
	        with open("%s/%02d" % (path, i), "wb") as f:
	            f.write(r.randbytes(4000) + b"some text, " * 400)
	with open(sys.argv[1] + "/big", "wb") as f:
	    f.write(r.randbytes(40 << 20))
	PY
	lab_policy <<-YAML
	  db: {defaults-file: $LAB/source.cnf, databases: [d]}
	  files: {paths: [$tree]}
	YAML
	muster db --json >"$LAB/db"
	muster files --json >"$LAB/files"
}

teardown_file() {
	lab_drop
}

# costs COMPONENT PER-MILLE: a new snapshot stores at most that much of what
# the first one did
costs() {
	local first new
	first=$(jq .new_bytes "$LAB/$1")
	new=$(muster "$1" --json | jq .new_bytes)
	echo "$1: $new of $first bytes: $((new * 10000 / first)) of 10,000"
	[ "$new" -gt 0 ]
	[ $((new * 1000)) -le $((first * $2)) ]
}

@test "nothing changed stores nothing, or folders above that others use" {
	run -0 jq .new_bytes <(muster db --json)
	[ "$output" -eq 0 ]
	run -0 jq .new_bytes <(muster files --json)
	[ "$output" -lt 16384 ]
}

@test "one row costs a chunk and a part of the manifest" {
	lab_sql source d -e "UPDATE t SET n = 1 WHERE id = 50000"
	costs db 8
}

@test "one percent of the rows, side by side, costs a bit more" {
	lab_sql source d -e "UPDATE t SET n = 2 WHERE id > 99000"
	costs db 20
	lab_sql source d -e "INSERT INTO t SELECT id + 100000, n, random, words
	    FROM t WHERE id <= 1000"
	costs db 20
	lab_sql source d -e "DELETE FROM t WHERE id BETWEEN 20000 AND 21000"
	costs db 15
}

@test "one percent of the rows, here and there, costs a chunk for each" {
	# each is a chunk away from the next: the worst that can be
	lab_sql source d -e "UPDATE t SET n = 3 WHERE id % 100 = 7"
	costs db 600
}

@test "one file costs its neighbours, too" {
	echo changed >>"$tree/25/30"
	costs files 10
}

@test "one percent of the files, side by side, costs a bit more" {
	for f in "$tree"/10/{00..29}; do
		echo changed >>"$f"
	done
	costs files 10
}

@test "bytes put into a large file cost the chunk they are in" {
	{
		head -c 20000000 "$tree/big"
		echo "in the middle"
		tail -c +20000001 "$tree/big"
	} >"$LAB/big"
	cat "$LAB/big" >"$tree/big"
	costs files 90
}

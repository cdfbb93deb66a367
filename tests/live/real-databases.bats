# Databases that real people made: snapshot, drill, restore, and the way out
# with the client alone; mariadb-dump and CHECKSUM TABLE are the witnesses.

load ../lib/lab.bash

sets="employee_10k sakila chinook northwind geo_states usda_sr18"

setup_file() {
	data=$(lab_data)
	export data
	[ -n "$data" ] || return 0
	lab_make
	lab_server source
	for set in $sets; do
		lab_sql source -e "CREATE DATABASE $set"
		gzip -dc "$data/sets/$set.sql.gz" |
		    lab_sql source "$set" >/dev/null
	done
	lab_policy <<-YAML
	  db:
	    defaults-file: $LAB/source.cnf
	    databases: [${sets// /, }]
	YAML
	# shellcheck disable=SC2086	# words
	lab_remember source $sets
	muster snapshot --quiet
}

setup() {
	[ -n "$data" ] || skip "no ../shared/data"
}

teardown_file() {
	lab_drop
}

# seen NAME: "N tables, N rows", as the server itself counts them
seen() {
	for set in $sets; do
		lab_sql "$1" -e "SELECT CONCAT('SELECT count(*) FROM \`',
		    table_name, '\`;') FROM information_schema.tables WHERE
		    table_schema = '$set' AND table_type = 'BASE TABLE'" |
		    lab_sql "$1" "$set"
	done | awk '{n += $1} END {print NR " tables, " n " rows"}'
}

@test "a drill finds the copy identical, and its receipt says how much" {
	muster drill --json >"$BATS_TEST_TMPDIR/receipt"
	run -0 jq -r .passed "$BATS_TEST_TMPDIR/receipt"
	[ "$output" = true ]
	run -0 jq -r '.checks[] | select(.name == "restore: db") | .seen' \
	    "$BATS_TEST_TMPDIR/receipt"
	[ "$output" = "$(seen source)" ]
	[ "$output" != "0 tables, 0 rows" ]
}

@test "a restore into an empty server is what was there, as others see it" {
	lab_server restored
	run -0 muster restore -c db --server "$LAB/restored.cnf"
	# shellcheck disable=SC2086	# words
	lab_same restored $sets
	run -0 lab_sql restored employee_10k \
	    <"$data/sets/employee_10k.selftest.sql"
	[[ $output == *$'CRC\tOK\ncount\tOK' ]]
	[ "$(grep -c $'\tOK\tok$' <<<"$output")" -eq 6 ]
}

@test "the opened archive loads with the client alone, and is the same" {
	lab_server plain
	mkdir "$LAB/opened"
	muster cat db | bsdtar -xf - -C "$LAB/opened"
	(cd "$LAB/opened" && lab_sql plain <load.sql)
	# shellcheck disable=SC2086	# words
	lab_same plain $sets
}

@test "the copy's own snapshot has the fingerprint of the first" {
	sed "s|$LAB/source.cnf|$LAB/restored.cnf|" "$MUSTER_POLICY" \
	    >"$LAB/copy.yaml"
	a=$(muster snapshot --json | jq -er '.components[0].fingerprint')
	b=$(muster snapshot -p "$LAB/copy.yaml" --json |
	    jq -er '.components[0].fingerprint')
	[ "$a" = "$b" ]
}

#!/usr/bin/env bats
# muster-db as a user meets it.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	site_make 1
	cp "$MUSTER_POLICY" "$SITE/good.yaml"
}

teardown_file() {
	site_drop
}

setup() {
	cp "$SITE/good.yaml" "$MUSTER_POLICY"
	cd "$BATS_TEST_TMPDIR" || return 1
	password=$(sed -n 's/^password=//p' "$SITE/site/my.cnf")
	[ -n "$password" ]
}

# with_login FILE: the policy reaches the database by that option file.
with_login() {
	sed "s|defaults-file: .*|defaults-file: $1|" "$SITE/good.yaml" \
	    >"$MUSTER_POLICY"
}

@test "the snapshot holds the database and where it is in the binary log" {
	run -0 --separate-stderr muster db
	[ -z "$stderr" ]
	[[ ${lines[0]} == "snapshot of $site_name: snapshots/"* ]]
	[[ ${lines[1]} == "  db  "*"  fingerprint "* ]]
	[[ $output =~ binary\ log\ binlog\.[0-9]+:[0-9]+ ]]
	run -0 muster db --json
	run -0 jq -e '[.components[].name] == ["db"] and .unread == 0 and
	    (.components[0].db.version | contains("MariaDB"))' <<<"$output"
	run -0 bash -c 'muster cat db | tar -t'
	[[ $output == *load.sql*"$db_name"*tabUser* ]]
}

@test "nothing changed, nothing stored; quiet, nothing said" {
	run -0 muster db -q
	[ -z "$output" ]
	run -0 muster db
	[[ $output == *"stored 0 B new of "* ]]
}

@test "a dry run reads every row and stores nothing" {
	before=$(store_sum)
	run -0 muster db -n --json
	dry=$(jq -r '.components[0].fingerprint' <<<"$output")
	[ "$(store_sum)" = "$before" ]
	run -0 muster db --json
	[ "$(jq -r '.components[0].fingerprint' <<<"$output")" = "$dry" ]
}

@test "a login that does not work is trouble, and no password is told" {
	sed 's/^password=.*/password=wrong-secret/' "$SITE/site/my.cnf" >bad.cnf
	chmod 600 bad.cnf
	with_login "$PWD/bad.cnf"
	run -2 muster db
	[[ $output == *"Access denied for user 'muster'@'localhost'"* ]]
	[[ $output != *wrong-secret* ]]
	with_login "$SITE/site/my.cnf"
	run -0 muster db --verbose
	[[ $output != *"$password"* ]]
}

@test "an option file that others can read, or none, is refused" {
	cp "$SITE/site/my.cnf" loose.cnf
	chmod 640 loose.cnf
	with_login "$PWD/loose.cnf"
	run -2 muster db
	[[ $output == *"can be read by others: chmod 600 "*loose.cnf ]]
	with_login "$PWD/absent.cnf"
	run -2 muster db
	[[ $output == *"absent.cnf: no such option file" ]]
}

@test "a server that is not there is trouble" {
	printf '[client]\nuser=muster\nsocket=%s\n' "$PWD/nobody" >dead.cnf
	chmod 600 dead.cnf
	with_login "$PWD/dead.cnf"
	run -2 muster db
	[[ $output == *"cannot connect to the database server: "*"/nobody'"* ]]
}

@test "a database or a privilege that is missing is named" {
	sed "s/databases: .*/databases: [no_such_database]/" "$SITE/good.yaml" \
	    >"$MUSTER_POLICY"
	run -2 muster db
	[[ $output == *no_such_database* ]]
	site_sql -e "CREATE USER poor@localhost IDENTIFIED BY 'secret-of-poor'"
	printf '[client]\nuser=poor\npassword=secret-of-poor\nsocket=%s\n' \
	    "$SITE/site/mariadb/sock" >poor.cnf
	chmod 600 poor.cnf
	with_login "$PWD/poor.cnf"
	run -2 muster db
	[[ $output == *"$db_name"* ]]
	[[ $output != *secret-of-poor* ]]
}

@test "interrupted while another session locks a table, it ends at once" {
	before=$(store_sum | grep -c /snapshots/)
	mkfifo session
	site_sql "$db_name" <session >/dev/null 3>&- &
	exec 7>session
	echo 'LOCK TABLES tabUser WRITE;' >&7
	until site_sql -e 'SHOW OPEN TABLES WHERE In_use > 0' |
	    grep -q tabUser; do
		sleep 0.05
	done
	muster db >said 2>&1 3>&- 7>&- &
	reading=$!
	until site_sql -e 'SHOW PROCESSLIST' | grep -q 'Waiting for table'; do
		kill -0 "$reading"
		sleep 0.05
	done
	kill -TERM "$reading"
	status=0
	wait "$reading" || status=$?
	echo "$status: $(cat said)"
	[ "$status" -eq 143 ]
	[[ $(cat said) == *"interrupted by SIGTERM" ]]
	exec 7>&-
	wait
	[ "$(store_sum | grep -c /snapshots/)" -eq "$before" ]
	run -0 muster db -q
}

@test "a busy site is 75, an answer that cannot be written 2" {
	hold "$SITE/state/lock"
	run -75 muster db
	let_go "$SITE/state/lock"
	run -2 bash -c 'muster db >/dev/full'
	run -64 muster db "$db_name"
}

#!/usr/bin/env bats
# The examples of every page are carried out, in order, by one shell a page,
# on a sample site; the places that they name stand for places of the test.
# shellcheck disable=SC2154	# site.bash sets variables

load ../lib/site.bash

setup_file() {
	site_make 1
	muster snapshot --quiet
	muster drill --quiet
	printf '[client]\nsocket=%s\nuser=%s\n' "$SITE/site/mariadb/sock" \
	    "$(id -un)" >"$SITE/root.cnf"
	chmod 600 "$SITE/root.cnf"
	stand_ins
}

teardown_file() {
	[ ! -d "$SITE/empty" ] ||
	    "$site_scripts/stop-mariadb" "$SITE/empty"
	site_drop
}

# Programs that the examples call and that are none of ours.
stand_ins() {
	mkdir "$SITE/bin"
	echo 'printf "REDIS0011\377"' >"$SITE/bin/redis-cli"
	echo 'echo 0123456789abcdef0123456789abcdef01234567' >"$SITE/bin/git"
	echo ': >deployed' >"$SITE/bin/deploy"
	for program in redis-cli git deploy; do
		sed -i '1i #!/bin/sh' "$SITE/bin/$program"
	done
	chmod 755 "$SITE"/bin/*
}

setup() {
	page=$BATS_TEST_DIRNAME/../../man/${BATS_TEST_DESCRIPTION%% *}
	here=$(mktemp -d "$SITE/examples.XXXXXX")
	chmod 711 "$here"
	cd "$here" || return 1
	store=$SITE/store
	mkdir stick tmp
	cp "$SITE/recovery.key" "$SITE/passphrase" .
	printf '#!/bin/sh\n: >deployed\n' >deploy
	chmod 755 deploy
	export MUSTER_PASSPHRASE_FILE=$here/passphrase HOME=$here
	export SHA=0123456789abcdef0123456789abcdef01234567
	PATH=$SITE/bin:$PATH
}

# The examples of the page; of the README the commands of its blocks.
shown() {
	if [ "${page##*/}" = README.md ]; then
		sed -n 's/^    \(muster [^#]*\).*/\1/p' "$page"
	else
		python3 "$BATS_TEST_DIRNAME/../lib/examples.py" "$page"
	fi
}

# Places and names of the pages, as they are here.
translated() {
	shown | sed \
	    -e 's|/tmp/|@HERE/tmp/|g; s|/restore|@HERE/restore|g' \
	    -e "s|/home/frappe/frappe-bench|$bench|g" \
	    -e "s|home/frappe/frappe-bench|${bench#/}|g" \
	    -e "s|~/frappe-bench|$bench|g" \
	    -e "s|erp\.example\.com|$site_name|g" \
	    -e "s|_1bd3e0294da19198|$db_name|g" \
	    -e "s|/srv/muster|$store|g; s|/mnt/store|$store|g" \
	    -e "s|/etc/muster/root.cnf|$SITE/root.cnf|g" \
	    -e "s|/etc/muster|$here/etc|g" \
	    -e "s|/media/escrow|$SITE|g; s|/media/stick|$here/stick|g" \
	    -e "s|/var/lib/node_exporter|$here|g; s|@HERE|$here|g"
}

# carry_out [WRAPPER ...]
carry_out() {
	translated >commands
	[ -s commands ]
	status=0
	"$@" bash -x -euo pipefail ./commands >said 2>&1 </dev/null ||
	    status=$?
	cat said
	[ "$status" -eq 0 ]
}

# The same, with somebody who types the passphrase.
carry_out_typing() {
	local phrase='correct horse battery staple'

	unset MUSTER_PASSPHRASE_FILE
	carry_out on_terminal "$phrase" "$phrase" "$phrase" "$phrase" --
}

@test "every page has its test here" {
	cd "$BATS_TEST_DIRNAME/../../man"
	for page in *.1; do
		grep -q "^@test \"$page " "$BATS_TEST_FILENAME" || {
			echo "no test of the examples of $page"
			false
		}
	done
}

@test "muster-cat.1 shows tars, and a database that loads by itself" {
	"$site_scripts/start-mariadb" "$SITE/empty" --local-infile=1 >sock
	printf '[client]\nsocket=%s\nuser=%s\n' "$(cat sock)" "$(id -un)" \
	    >.my.cnf
	carry_out
	grep -q "$site_name/public/files" said
	grep -q encryption_key said
	run -0 mariadb --defaults-file=.my.cnf -BNe \
	    "SELECT count(*) > 0 FROM \`$db_name\`.tabUser"
	[ "$output" = 1 ]
}

@test "muster-config.1 takes the configuration" {
	carry_out
	grep -q '^snapshot of' said
	grep -Eqx '[0-9]+' said
}

@test "muster-db.1 takes the database" {
	carry_out
	grep -q '"binlog' said
}

@test "muster-doctor.1 finds nothing bad" {
	carry_out
}

@test "muster-drill.1 restores" {
	muster snapshot -q
	carry_out
	grep -Eqx '[0-9]+\.[0-9]+' said
}

@test "muster-files.1 names what was not read, which is nothing" {
	carry_out
}

@test "muster-gate.1 lets the deploy through, and is checked elsewhere" {
	muster snapshot -q
	carry_out
	[ -e deployed ]
}

@test "muster-init.1 makes a store of a bench, and one for anything" {
	store=$here/srv/muster
	mkdir etc
	cp "$SITE/site/my.cnf" etc/my.cnf
	rm recovery.key
	carry_out_typing
	[ -e stick/erp.key ]
	[ -e etc/writer.key ]
	[ -e docs/muster.yaml ]
}

@test "muster-key.1 makes keys, proves them, and types them from paper" {
	carry_out_typing
	cmp recovery.key typed.key
	grep -q '^yes: recovery key' said
	run -0 muster key show drill.key
}

@test "muster-list.1 lists" {
	carry_out
	grep -Eqx '[0-9a-f]{64}' said
}

@test "muster-report.1 reports" {
	carry_out
	grep -q '^muster_' muster.prom
}

@test "muster-restore.1 puts files and the database back" {
	carry_out
	cmp "restore/config$bench/sites/apps.txt" "$bench/sites/apps.txt"
	[ ! -e restore/again ]
	[ -d "tmp/x$bench/sites/$site_name/public/files" ]
	run -0 site_sql -e 'SELECT count(*) > 0 FROM _copy.tabUser'
	[ "$output" = 1 ]
}

@test "muster-seal.1 seals a dump and gives it back" {
	carry_out
	redis-cli | cmp - dump.rdb
}

# The policy with a second store, which is empty.
second_store() {
	mkdir copy
	sed "s|^  local: *{url:.*|&\n  copy: {url: $here/copy}|" \
	    "$MUSTER_POLICY" >second.yaml
	MUSTER_POLICY=$here/second.yaml
}

@test "muster-ship.1 ships to another store" {
	second_store
	carry_out
	run -0 muster verify --store ./copy
}

@test "muster-snapshot.1 takes everything" {
	carry_out
	grep -q '^dry run: ' said
}

@test "muster-verify.1 verifies" {
	carry_out
	[ "$(grep -c '^good: ' said)" -eq 2 ]
}

@test "muster.1 stands before a deploy" {
	carry_out
	[ -e deployed ]
}

@test "README.md is what a new user types, word by word" {
	page=$BATS_TEST_DIRNAME/../../README.md
	[ "$(wc -l <"$page")" -le 60 ]
	second_store
	muster ship --init -q
	store=$here/srv/muster
	rm recovery.key
	carry_out_typing
	[ -e deployed ]
	[ -e srv/muster/charters ]
	cmp "tmp/back/config$bench/sites/apps.txt" "$bench/sites/apps.txt"
	[ "$(grep -c '^GO: ' said)" -eq 2 ]
}

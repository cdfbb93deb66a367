# Every ready-made policy on a site as it describes, and sites of an unusual
# mix: snapshot, verify, drill, restore, and GO.

load ../lib/lab.bash

setup() {
	lab_make
	export STATE_DIRECTORY=$LAB/var
	root=$LAB/root
	mkdir -p "$root/etc/muster" "$root/srv" "$LAB/var"
	chmod -R a+rX "$root"
}

teardown() {
	lab_drop
}

# ready_made NAME: the policy as it is, every path below $root, with its keys
ready_made() {
	sed -E "s#(^|[] :\"[,])/(srv|etc|home|var|run|usr)/#\\1$root/\\2/#g" \
	    "$BATS_TEST_DIRNAME/../../policies/$1.yaml" >"$MUSTER_POLICY"
	rm -r "$LAB/store"
	muster init --quiet --store "$root/srv/muster" --site x \
	    --recovery-key "$LAB/other.key" \
	    --passphrase-file "$LAB/passphrase" -o "$root/etc/muster/x.yaml"
	mv "$LAB/other.key" "$LAB/recovery.key"
}

# put FILE TEXT ...: a file below $root
put() {
	mkdir -p "$(dirname "$root/$1")"
	printf '%s\n' "${@:2}" >"$root/$1"
}

# all_is_well: from snapshot to GO
all_is_well() {
	local key="-k $LAB/recovery.key --passphrase-file $LAB/passphrase"
	run -0 muster snapshot
	[[ $output != *unread* ]]
	run -0 muster verify
	# shellcheck disable=SC2086	# words
	run -0 muster verify --content $key
	# shellcheck disable=SC2086	# words
	run muster drill $key
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *passed* ]]
	[[ $output != *FAIL* ]]
	drilled=$output
	run -0 muster gate
	[[ $output == *GO* ]]
	# shellcheck disable=SC2086	# words
	run -0 muster restore $key -t "$LAB/back"
}

# as_it_was COMPONENT FOLDER [OPTION ...]: what was restored of it
as_it_was() {
	run -0 rsync -naHAXc --delete --out-format='%i %n' "${@:3}" \
	    "$root/$2/" "$LAB/back/$1$root/$2/"
	[ -z "$output" ]
}

@test "policies/database-only.yaml" {
	ready_made database-only
	mkdir -p "$root/run/mysqld"
	chmod a+rwx "$root/run/mysqld"
	lab_server db --socket="$root/run/mysqld/mysqld.sock"
	sed -i "s|^socket=.*|socket=$root/run/mysqld/mysqld.sock|" \
	    "$LAB/db.cnf"
	lab_sql db <<-'SQL'
	CREATE DATABASE orders;
	CREATE DATABASE orders_archive;
	USE orders;
	CREATE TABLE customers (id INT PRIMARY KEY, name TEXT);
	CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT);
	CREATE TABLE sessions (id INT PRIMARY KEY);
	CREATE TABLE cache_pages (id INT PRIMARY KEY);
	CREATE TABLE orders_archive.orders LIKE orders;
	INSERT INTO customers SELECT seq, CONCAT('c', seq) FROM seq_1_to_100;
	INSERT INTO orders SELECT seq, 1 + seq % 100 FROM seq_1_to_5000;
	INSERT INTO orders_archive.orders SELECT * FROM orders;
	INSERT INTO sessions SELECT seq FROM seq_1_to_1000;
	INSERT INTO cache_pages SELECT seq FROM seq_1_to_1000;
	CREATE USER muster@localhost;
	GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON orders.* TO
	    muster@localhost;
	GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON orders_archive.* TO
	    muster@localhost;
	GRANT SELECT ON mysql.* TO muster@localhost;
	GRANT RELOAD ON *.* TO muster@localhost;
	SQL
	put usr/local/bin/check-replica '#!/bin/sh' 'exit 0'
	chmod 755 "$root/usr/local/bin/check-replica"
	all_is_well
	[[ $drilled == *"orders are there"* ]]
	[[ $drilled == *"no order lacks its customer"* ]]
	[ "$(wc -l <"$LAB/back/db/orders_archive.orders.00000.dat")" -eq 5000 ]
	run -1 grep -rlE 'sessions|cache_' "$LAB/back/db"
	lab_sql db orders -e "DELETE FROM orders_archive.orders;
	    INSERT INTO orders VALUES (0, 4711)"
	muster snapshot --quiet
	run -1 muster drill -k "$LAB/recovery.key" \
	    --passphrase-file "$LAB/passphrase"
	[[ $output == *FAIL*"no order lacks its customer"* ]]
	run -1 muster gate
	[[ $output == *NO-GO* ]]
}

@test "policies/files-only.yaml" {
	ready_made files-only
	put srv/documents/a/report.txt 'a report'
	put srv/documents/a/report.txt~ 'not wanted'
	put srv/documents/b/x.tmp 'not wanted'
	put srv/documents/.cache/y 'not wanted'
	ln -s nowhere "$root/srv/documents/b/link"
	all_is_well
	as_it_was files srv/documents --exclude='*.tmp' --exclude='*~' \
	    --exclude=.cache
	[ ! -e "$LAB/back/files$root/srv/documents/b/x.tmp" ]
	[ ! -e "$LAB/back/files$root/srv/documents/.cache" ]
	[ ! -e "$LAB/back/files$root/srv/documents/a/report.txt~" ]
}

@test "policies/frappe.yaml" {
	ready_made frappe
	site=home/frappe/frappe-bench/sites/erp.example.com
	put $site/public/files/one.txt 1
	put $site/private/files/two.txt 2
	put $site/site_config.json '{"db_name": "_1bd3e0294da19198",
	    "db_password": "x", "encryption_key":
	    "bXVzdGVyJ3Mgb3duIHRlc3Qga2V5LCAzMiBieXRlcyE="}'
	put $site/../common_site_config.json '{}'
	put $site/../apps.txt frappe
	put $site/../apps.json '{}'
	put $site/../../Procfile 'web: bench serve'
	put etc/nginx/conf.d/erp.conf 'server {}'
	put etc/supervisor/conf.d/erp.conf '[program:web]'
	lab_server db
	cp "$LAB/db.cnf" "$root/etc/muster/my.cnf"
	lab_sql db <<-'SQL'
	CREATE DATABASE _1bd3e0294da19198;
	USE _1bd3e0294da19198;
	CREATE TABLE tabUser (name VARCHAR(140) PRIMARY KEY, enabled INT);
	INSERT INTO tabUser VALUES ('Administrator', 1);
	CREATE TABLE __Auth (doctype VARCHAR(140), name VARCHAR(255),
	    fieldname VARCHAR(140), password TEXT, encrypted INT,
	    PRIMARY KEY (doctype, name, fieldname));
	INSERT INTO __Auth VALUES ('User', 'Administrator', 'password',
	    '$pbkdf2-sha256$1$x$y', 0);
	CREATE TABLE tabFile (name VARCHAR(140) PRIMARY KEY,
	    file_url TEXT, is_folder INT);
	INSERT INTO tabFile VALUES ('a', '/files/one.txt', 0),
	    ('b', '/private/files/two.txt', 0), ('Home', NULL, 1);
	SQL
	all_is_well
	[[ $drilled == *"every attachment is there"* ]]
	as_it_was files $site/public/files
	as_it_was files $site/private/files
	cmp "$root/$site/site_config.json" \
	    "$LAB/back/config$root/$site/site_config.json"
	cmp "$root/etc/nginx/conf.d/erp.conf" \
	    "$LAB/back/config$root/etc/nginx/conf.d/erp.conf"
	rm "$root/$site/private/files/two.txt"
	muster snapshot --quiet
	run -1 muster drill -k "$LAB/recovery.key" \
	    --passphrase-file "$LAB/passphrase"
	[[ $output == *FAIL*"every attachment is there"* ]]
	[[ $output == *two.txt* ]]
}

@test "policies/wordpress-like.yaml" {
	ready_made wordpress-like
	put var/www/html/wp-content/uploads/2026/a.jpg 'a picture'
	put var/www/html/wp-content/cache/page 'not wanted'
	put var/www/html/wp-content/upgrade/x 'not wanted'
	put var/www/html/wp-config.php '<?php'
	put etc/nginx/sites-enabled/www 'server {}'
	lab_server db
	cp "$LAB/db.cnf" "$root/etc/muster/my.cnf"
	lab_sql db <<-'SQL'
	CREATE DATABASE wordpress;
	USE wordpress;
	CREATE TABLE wp_users (ID BIGINT PRIMARY KEY, user_login TEXT);
	INSERT INTO wp_users VALUES (1, 'admin');
	CREATE TABLE wp_options (option_id BIGINT PRIMARY KEY,
	    option_name VARCHAR(191), option_value LONGTEXT);
	INSERT INTO wp_options VALUES
	    (1, 'siteurl', 'https://www.example.com');
	SQL
	all_is_well
	[[ $drilled == *"somebody can log in"* ]]
	[[ $drilled == *"the site knows its address"* ]]
	as_it_was files var/www/html/wp-content --exclude=cache \
	    --exclude=upgrade
	cmp "$root/var/www/html/wp-config.php" \
	    "$LAB/back/config$root/var/www/html/wp-config.php"
}

@test "there is no ready-made policy but those" {
	run -0 ls "$BATS_TEST_DIRNAME/../../policies"
	[ "$output" = "database-only.yaml
files-only.yaml
frappe.yaml
wordpress-like.yaml" ]
}

@test "an empty database beside one whose table has neither key nor rows" {
	lab_server db
	lab_sql db -e "CREATE DATABASE nothing; CREATE DATABASE something;
	    CREATE TABLE something.no_rows (a INT);
	    CREATE TABLE something.no_key (a INT, b TEXT);
	    INSERT INTO something.no_key VALUES (1, 'x'), (1, 'x'), (NULL, '')"
	lab_policy <<-YAML
	  db:
	    defaults-file: $LAB/db.cnf
	    databases: [nothing, something]
	YAML
	all_is_well
	lab_remember db nothing something
	lab_server other
	run -0 muster restore --server "$LAB/other.cnf" -c db
	lab_same other nothing something
	lab_server plain
	(cd "$LAB/back/db" && lab_sql plain <load.sql)
	lab_same plain nothing something
}

@test "an empty database and nothing else" {
	lab_server db
	lab_sql db -e "CREATE DATABASE nothing CHARACTER SET latin1"
	lab_policy <<-YAML
	  db: {defaults-file: $LAB/db.cnf, databases: [nothing]}
	YAML
	all_is_well
	lab_server other
	run -0 muster restore --server "$LAB/other.cnf"
	[ "$(lab_sql other -e "SHOW CREATE DATABASE nothing")" = \
	    "$(lab_sql db -e "SHOW CREATE DATABASE nothing")" ]
}

@test "an empty folder and nothing else" {
	mkdir "$root/srv/empty"
	lab_policy <<-YAML
	  files: {paths: [$root/srv/empty]}
	YAML
	all_is_well
	as_it_was files srv
}

@test "grants on an excluded table never replace it where it is" {
	lab_server db
	lab_sql db -e "CREATE DATABASE d; CREATE TABLE d.t (a INT);
	    CREATE TABLE d.kept (a INT); INSERT INTO d.kept VALUES (1);
	    CREATE USER app@localhost; GRANT SELECT (a) ON d.kept TO
	    app@localhost"
	lab_policy <<-YAML
	  db: {defaults-file: $LAB/db.cnf, databases: [d], exclude: [d.kept]}
	YAML
	all_is_well
	# by hand, where the table is: it is in the way, and stays
	run ! lab_sql db <"$LAB/back/db/grants.sql"
	[[ $output == *"'kept' already exists"* ]]
	[ "$(lab_sql db -e 'SELECT a FROM d.kept')" = 1 ]
}

@test "configuration and nothing else" {
	put etc/app.conf 'key = value'
	chmod 600 "$root/etc/app.conf"
	lab_policy <<-YAML
	  config: {paths: [$root/etc/app.conf]}
	YAML
	all_is_well
	cmp "$root/etc/app.conf" "$LAB/back/config$root/etc/app.conf"
	[ "$(stat -c %a "$LAB/back/config$root/etc/app.conf")" = 600 ]
}

@test "database and configuration, no files" {
	put etc/app.json '{"password": "x"}'
	lab_server db
	lab_sql db -e "CREATE DATABASE d; CREATE TABLE d.t (a INT);
	    INSERT INTO d.t VALUES (1)"
	lab_policy <<-YAML
	  db: {defaults-file: $LAB/db.cnf, databases: [d]}
	  config:
	    paths: [$root/etc/app.json]
	    require-keys: {app.json: [password]}
	YAML
	all_is_well
	put etc/app.json '{"password": ""}'
	muster snapshot --quiet
	run -1 muster drill
	[[ $output == *FAIL*app.json* ]]
}

#!/usr/bin/env bats
# The sample site: what it promises to whoever tests with it.

setup_file() {
	export SCRIPTS="$BATS_TEST_DIRNAME/../../scripts"
	HOME_DIR=$(mktemp -d "${TMPDIR:-/tmp}/muster-site.XXXXXX")
	export HOME_DIR
	# Whoever the server runs as must be able to pass through.
	chmod 755 "$HOME_DIR"
	export ONE="$HOME_DIR/one" TWO="$HOME_DIR/two"
	"$SCRIPTS/sample-site" "$ONE" --mb 5 --seed bats >"$HOME_DIR/told"
}

teardown_file() {
	"$SCRIPTS/sample-site" "$ONE" --stop
	"$SCRIPTS/sample-site" "$TWO" --stop
	rm -rf "$HOME_DIR"
}

site() {
	"$SCRIPTS/sample-site" "$@"
}

database() {
	sed -n 's/.*"database": "\([^"]*\)".*/\1/p' "$1/sample-site.json"
}

# A dump with the account for backups, without what must differ.
dump() {
	mariadb-dump --defaults-file="$1/my.cnf" --single-transaction \
	    --routines --events --triggers --skip-comments --skip-dump-date \
	    --hex-blob "$(database "$1")"
}

query() {
	mariadb --defaults-file="$1/my.cnf" --batch --skip-column-names \
	    "$(database "$1")" -e "$2"
}

admin() {
	mariadb --no-defaults --socket="$1/mariadb/sock" --user="$(id -un)" \
	    --batch --skip-column-names "$(database "$1")" -e "$2"
}

tree() {
	(
		cd "$1/frappe-bench" || exit 1
		find . ! -type d -printf '%P %m %s %y %l %T@\n' | sort
		find . -type f -exec sha256sum {} + | sort
	)
}

served_by() {
	grep -lzFx -e "--datadir=$1/mariadb/data" /proc/[0-9]*/cmdline \
	    2>/dev/null
}

@test "sums and files of a fresh site hold" {
	run site "$ONE" --check
	[ "$status" -eq 0 ]
	[ "$output" = "" ]
}

@test "the check notices one cent, one quantity, one file, one missing row" {
	admin "$ONE" 'UPDATE `tabGL Entry` SET debit = debit + 0.01 LIMIT 1'
	run site "$ONE" --check
	[ "$status" -eq 1 ]
	admin "$ONE" 'UPDATE `tabGL Entry` SET debit = debit - 0.01 LIMIT 1'
	admin "$ONE" 'UPDATE tabBin SET actual_qty = actual_qty + 1 LIMIT 1'
	run site "$ONE" --check
	[ "$status" -eq 1 ]
	admin "$ONE" 'UPDATE tabBin SET actual_qty = actual_qty - 1 LIMIT 1'
	file=$(find "$ONE"/frappe-bench/sites/*/public/files -type f |
	    head -n 1)
	touch -r "$file" "$HOME_DIR/moment"
	printf x >>"$file"
	run site "$ONE" --check
	[ "$status" -eq 1 ]
	[[ "$output" == "differs: "* ]]
	truncate -s -1 "$file"
	: >"${file%/*}/stray"
	run site "$ONE" --check
	[ "$status" -eq 1 ]
	[ "$output" = "no row: /public/files/stray" ]
	rm "${file%/*}/stray"
	run site "$ONE" --check
	[ "$status" -eq 0 ]
	touch -r "$HOME_DIR/moment" "$file"
}

@test "about half is rows and half is files" {
	files=$(du -sb --apparent-size \
	    "$ONE"/frappe-bench/sites/sample.localhost | cut -f 1)
	[ "$files" -gt 2300000 ]
	[ "$files" -lt 3000000 ]
	rows=$(dump "$ONE" | wc -c)
	[ "$rows" -gt 2000000 ]
	[ "$rows" -lt 6000000 ]
}

@test "every kind of object is there" {
	run query "$ONE" "SELECT table_type, COUNT(*) > 0 FROM
	    information_schema.tables WHERE table_schema = DATABASE()
	    GROUP BY table_type ORDER BY 1"
	[ "$output" = "$(printf 'BASE TABLE\t1\nSEQUENCE\t1\nVIEW\t1')" ]
	[ "$(query "$ONE" 'SHOW TABLES' | wc -l)" -ge 60 ]
	dump=$(dump "$ONE")
	[[ "$dump" == *"PROCEDURE \`recompute_bin\`"* ]]
	[[ "$dump" == *"FUNCTION \`customer_outstanding\`"* ]]
	[[ "$dump" == *"TRIGGER \`item_price_audit\`"* ]]
	[[ "$dump" == *"EVENT \`purge_error_log\`"* ]]
	[[ "$dump" == *"a comment that must survive"* ]]
	run query "$ONE" "SELECT COUNT(*) FROM information_schema.tables WHERE
	    table_schema = DATABASE() AND table_type = 'BASE TABLE' AND
	    engine <> 'InnoDB'"
	[ "$output" = 0 ]
}

@test "the account of my.cnf reads, and writes nothing" {
	[ "$(stat -c %a "$ONE/my.cnf")" = 600 ]
	for change in 'DELETE FROM tabBin' 'CREATE TABLE x (a INT)' \
	    'DROP TABLE tabBin' 'CREATE DATABASE x' \
	    'SET GLOBAL read_only = 1'; do
		run query "$ONE" "$change"
		[ "$status" -ne 0 ]
	done
	run query "$ONE" 'BACKUP STAGE START; BACKUP STAGE END;
	    SHOW MASTER STATUS'
	[ "$status" -eq 0 ]
	[[ "$output" == binlog.* ]]
}

@test "root comes in by socket only, and nobody by network" {
	run admin "$ONE" "SELECT JSON_VALUE(priv, '\$.plugin'),
	    JSON_VALUE(priv, '\$.authentication_string') FROM mysql.global_priv
	    WHERE user = '$(id -un)'"
	[ "$output" = "$(printf 'mysql_native_password\tinvalid')" ]
	[ "$(admin "$ONE" 'SELECT @@skip_networking, @@log_bin')" = \
	    "$(printf '1\t1')" ]
}

@test "the server does not run as root" {
	[ "$(id -u)" -eq 0 ] || skip "not run by root"
	[ "$(stat -c %U "/proc/$(cat "$ONE/mariadb/pid")")" = mysql ]
}

@test "the site's encryption key opens its secret (openssl as witness)" {
	config=$ONE/frappe-bench/sites/sample.localhost/site_config.json
	hex() { basenc --base64url -d | od -An -v -tx1 | tr -d ' \n'; }
	key=$(sed -n 's/.*"encryption_key": "\([^"]*\)".*/\1/p' "$config" | hex)
	token=$(query "$ONE" 'SELECT password FROM __Auth WHERE encrypted = 1' |
	    hex)
	[ "${#key}" -eq 64 ]
	body=${token:0:${#token}-64} tag=${token: -64}
	unhex() { printf "$(printf %s "$1" | sed 's/../\\x&/g')"; }
	run bash -c "$(declare -f unhex); unhex $body | openssl dgst -sha256 \
	    -mac HMAC -macopt hexkey:${key:0:32} -r | cut -d ' ' -f 1"
	[ "$output" = "$tag" ]
	run bash -c "$(declare -f unhex); unhex ${body:50} | openssl enc -d \
	    -aes-128-cbc -K ${key:32} -iv ${body:18:32}"
	[ "$status" -eq 0 ]
	[ "$output" = "the mail server's password" ]
}

@test "the account in site_config.json is the site's own" {
	config=$ONE/frappe-bench/sites/sample.localhost/site_config.json
	name=$(sed -n 's/.*"db_name": "\([^"]*\)".*/\1/p' "$config")
	[[ "$name" =~ ^_[0-9a-f]{16}$ ]]
	MYSQL_PWD=$(sed -n 's/.*"db_password": "\([^"]*\)".*/\1/p' "$config") \
	    run mariadb --no-defaults -u "$name" -S "$ONE/mariadb/sock" \
	    --batch -N "$name" -e 'SELECT COUNT(*) > 100 FROM `tabGL Entry`'
	[ "$output" = 1 ]
}

@test "the same seed gives the same site, also after changes" {
	site "$TWO" --mb 5 --seed bats
	diff <(dump "$ONE") <(dump "$TWO")
	diff <(tree "$ONE") <(tree "$TWO")
	dump "$ONE" >"$HOME_DIR/before"
	tree "$ONE" >"$HOME_DIR/tree-before"
	site "$ONE" --change 3
	site "$TWO" --change 3
	run cmp -s "$HOME_DIR/before" <(dump "$ONE")
	[ "$status" -eq 1 ]
	run cmp -s "$HOME_DIR/tree-before" <(tree "$ONE")
	[ "$status" -eq 1 ]
	diff <(dump "$ONE") <(dump "$TWO")
	diff <(tree "$ONE") <(tree "$TWO")
	run site "$ONE" --check
	[ "$status" -eq 0 ]
	site "$TWO" --change 3
	run cmp -s <(dump "$ONE") <(dump "$TWO")
	[ "$status" -eq 1 ]
}

@test "a change is about as large as was asked for" {
	all=$(query "$TWO" 'SELECT COUNT(*) FROM `tabGL Entry`')
	site "$TWO" --change 20
	changed=$(query "$TWO" 'SELECT COUNT(*) FROM `tabGL Entry`
	    WHERE modified = (SELECT MAX(modified) FROM `tabGL Entry`)')
	[ $((changed * 100 / all)) -ge 15 ]
	[ $((changed * 100 / all)) -le 25 ]
	run site "$TWO" --check
	[ "$status" -eq 0 ]
}

@test "stop leaves no process, start brings everything back" {
	dump "$TWO" >"$HOME_DIR/before"
	site "$TWO" --stop
	run served_by "$TWO"
	[ "$output" = "" ]
	[ ! -e "$TWO/mariadb/pid" ]
	site "$TWO" --stop
	site "$TWO" --start
	site "$TWO" --start
	diff "$HOME_DIR/before" <(dump "$TWO")
	site "$TWO" --stop
	run served_by "$TWO"
	[ "$output" = "" ]
}

@test "a pid file that names somebody else harms nobody" {
	sleep 1000 3>&- &
	other=$!
	mkdir -p "$TWO/mariadb"
	echo $other >"$TWO/mariadb/pid"
	site "$TWO" --stop
	kill -0 $other
	kill $other
}

@test "what a killed server left is taken up again" {
	site "$TWO" --start
	kill -9 "$(cat "$TWO/mariadb/pid")"
	site "$TWO" --start
	run site "$TWO" --check
	[ "$status" -eq 0 ]
	site "$TWO" --stop
}

@test "what a killed making left is made again, what is foreign is left" {
	three="$HOME_DIR/three"
	mkdir -p "$three/load" "$three/frappe-bench/rest"
	: >"$three/.sample-site"
	site "$three" --mb 1 --socket "$three/mariadb/s"
	[ ! -e "$three/frappe-bench/rest" ]
	[ ! -e "$three/load" ]
	[ -S "$three/mariadb/s" ]
	run site "$three" --mb 1
	[ "$status" -eq 2 ]
	site "$three" --stop
	site "$three" --start
	[ -S "$three/mariadb/s" ]
	site "$three" --stop
	mkdir "$HOME_DIR/foreign"
	: >"$HOME_DIR/foreign/file"
	run site "$HOME_DIR/foreign"
	[ "$status" -eq 2 ]
	[ -e "$HOME_DIR/foreign/file" ]
	run site "$HOME_DIR/foreign" --start
	[ "$status" -eq 2 ]
}

@test "what is asked for wrongly is refused with the usage" {
	for wrong in '' '--mb' 'x --mb 0' 'x --mb 1x' 'x --change' \
	    'x --change a' 'x --change 1.2.3' 'x --what' 'x y'; do
		# shellcheck disable=SC2086
		run site $wrong
		[ "$status" -eq 64 ]
	done
	[[ "$output" == *"usage: sample-site"* ]]
	[ ! -e x ]
}

@test "without its server a site says what is wrong" {
	site "$ONE" --stop
	run site "$ONE" --check
	[ "$status" -ne 0 ]
	run site "$ONE" --change 1
	[ "$status" -eq 2 ]
	site "$ONE" --start
}

#!/usr/bin/env bats
# A database server over the network: with TLS when the option file says so,
# checked as far as it says, and never in the clear instead.
# shellcheck disable=SC2154	# site.bash sets SITE and others

load ../lib/site.bash

setup_file() {
	docs_make
	mkdir -m 711 "$SITE/tls"
	"$BATS_TEST_DIRNAME/../lib/make-certificates" "$SITE/tls" \
	    >"$SITE/openssl.log" 2>&1
	chmod 644 "$SITE"/tls/*.pem
	[ "$(id -u)" -ne 0 ] || chown mysql "$SITE"/tls/*.key
	port=$(python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	export port
	serve --ssl-ca="$SITE/tls/ca.pem" --ssl-cert="$SITE/tls/good.pem" \
	    --ssl-key="$SITE/tls/good.key"
	server_sql -e "CREATE DATABASE d; CREATE TABLE d.t (a INT);
	    INSERT INTO d.t VALUES (1);
	    CREATE USER u@'127.0.0.1' IDENTIFIED BY 'a-secret';
	    CREATE USER strict@'127.0.0.1' IDENTIFIED BY 'a-secret'
	    REQUIRE SSL; GRANT ALL ON *.* TO u@'127.0.0.1';
	    GRANT ALL ON *.* TO strict@'127.0.0.1'"
	docs_policy | sed "/^components:/,/^stores:/{//!d}
	    s|^components:|&\n  db: {databases: [d], \
defaults-file: $SITE/c.cnf}|" \
	    >"$MUSTER_POLICY"
}

teardown_file() {
	stop
	site_drop
}

serve() {
	"$site_scripts/start-mariadb" "$SITE/server" --skip-networking=0 \
	    --bind-address=127.0.0.1 --port="$port" "$@" >/dev/null 3>&- 4>&-
}

stop() {
	"$site_scripts/stop-mariadb" "$SITE/server"
}

server_sql() {
	mariadb --no-defaults --socket="$SITE/server/sock" \
	    --user="$(id -un)" --batch --skip-column-names "$@"
}

# login USER LINE...: the option file
login() {
	printf '%s\n' '[mysqld]' ssl-verify-server-cert=x '[client]' \
	    host=127.0.0.1 "port=$port" "user=$1" password=a-secret \
	    "${@:2}" >"$SITE/c.cnf"
	chmod 600 "$SITE/c.cnf"
}

# refused WITH: no snapshot, and a sentence that says it
refused() {
	before=$(find "$SITE/store/snapshots" -type f 2>/dev/null | wc -l)
	run -2 muster db
	echo "$output"
	[[ $output == *"cannot connect to the database server: $1"* ]]
	[[ $output != *a-secret* ]]
	after=$(find "$SITE/store/snapshots" -type f 2>/dev/null | wc -l)
	[ "$before" -eq "$after" ]
}

@test "a server whose certificate is checked, by an account that needs TLS" {
	login strict "ssl-ca=$SITE/tls/ca.pem" ssl-verify-server-cert=1
	run -0 muster db -q
	[ -z "$output" ]
	login strict ssl
	run -0 muster db -q
	login strict
	refused "Access denied for user 'strict'"
}

@test "a certificate of an unknown authority" {
	login u "ssl-ca=$SITE/tls/other-ca.pem" ssl-verify-server-cert=1
	refused 'TLS/SSL error: self-signed certificate in certificate chain'
	login u "ssl-ca=$SITE/tls/other-ca.pem"
	refused 'TLS/SSL error: self-signed certificate in certificate chain'
}

@test "an authority's file that is not there" {
	login u "ssl-ca=$SITE/tls/none.pem"
	refused 'TLS/SSL error: No such file or directory'
}

@test "a word that the connector would ignore is refused" {
	for value in '' =ON =true =2; do
		login u "ssl-ca=$SITE/tls/ca.pem" \
		    "ssl_verify_server_cert$value"
		run -2 muster db
		[[ $output == *"c.cnf: line 9: ssl-verify-server-cert: \
expected =1 or =0"* ]]
	done
}

@test "what another file asks for is asked for as well" {
	printf '%s\n' '[client]' "ssl-ca=$SITE/tls/ca.pem" \
	    ssl-verify-server-cert=1 >"$SITE/tls.cnf"
	login strict "!include $SITE/tls.cnf"
	run -0 muster db -q
	printf '%s\n' '[client]' ssl >"$SITE/tls.cnf"
	run -0 muster db -q
	printf '%s\n' '[client]' "ssl-ca=$SITE/tls/other-ca.pem" \
	    >"$SITE/tls.cnf"
	refused 'TLS/SSL error: self-signed certificate in certificate chain'
	echo ssl-mode=VERIFY_CA >>"$SITE/tls.cnf"
	refused "option file $SITE/tls.cnf: line 3: ssl-mode: the connector"
	mkdir "$SITE/tls.d"
	mv "$SITE/tls.cnf" "$SITE/tls.d/client.cnf"
	login u "!includedir $SITE/tls.d"
	refused "option file $SITE/tls.d/client.cnf: line 2: ssl-ca: the conn"
}

@test "the option file that nobody named is held to the same" {
	sed 's/, defaults-file: [^}]*//' "$MUSTER_POLICY" >"$SITE/home.yaml"
	export MUSTER_POLICY=$SITE/home.yaml
	mkdir -p "$SITE/home"
	export HOME=$SITE/home
	login strict "ssl-ca=$SITE/tls/ca.pem" ssl-verify-server-cert=1
	mv "$SITE/c.cnf" "$HOME/.my.cnf"
	run -0 muster db -q
	login strict ssl
	mv "$SITE/c.cnf" "$HOME/.my.cnf"
	run -0 muster db -q
	for line in ssl-verify-server-cert ssl-mode=REQUIRED; do
		login u "$line"
		mv "$SITE/c.cnf" "$HOME/.my.cnf"
		refused "option file $HOME/.my.cnf: line 8: ${line%=*}: "
	done
}

@test "a certificate for another name" {
	stop
	serve --ssl-ca="$SITE/tls/ca.pem" --ssl-cert="$SITE/tls/name.pem" \
	    --ssl-key="$SITE/tls/name.key"
	login u "ssl-ca=$SITE/tls/ca.pem" ssl-verify-server-cert=1
	refused 'TLS/SSL error: Validation of SSL server certificate failed'
}

@test "a server without TLS, where it was asked for" {
	stop
	serve --skip-ssl
	login u ssl-verify-server-cert=1
	refused 'TLS/SSL error: SSL is required, but the server does not'
	for line in "ssl-ca=$SITE/tls/ca.pem" ssl ssl=1 \
	    'ssl # always' 'ssl = 1 # always' ssl-enforce=1; do
		login u "$line"
		refused 'the server does not offer TLS, which the option file'
	done
	for line in ssl=0 ssl-enforce=0; do
		login u "$line"
		run -0 muster db -q
	done
	server_sql -e "CREATE USER $(id -un)@'127.0.0.1'" || :
	login "$(id -un)" ssl "socket=$SITE/server/sock"
	sed -i '/^host\|^port/d' "$SITE/c.cnf"
	run -0 muster db -q
}

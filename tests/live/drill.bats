#!/usr/bin/env bats
# Drills that do more than restore: hooks, a rehearsal of the migration, and
# what other tools and other machines make of the evidence.

load ../lib/site.bash

deploy=git:0123456789abcdef0123456789abcdef01234567

setup_file() {
	site_make 5
	muster snapshot --quiet
}

teardown_file() {
	site_drop
}

setup() {
	out=$BATS_TEST_TMPDIR/out
	commands=$BATS_TEST_TMPDIR/commands
	cp "$MUSTER_POLICY" "$SITE/test.yaml"
	export MUSTER_POLICY=$SITE/test.yaml
}

# script NAME: a script of standard input, in the folder $commands
script() {
	mkdir -p "$commands"
	cat >"$commands/$1"
}

# with_drill TEXT: the policy with this more below drill:
with_drill() {
	sed -i "s|^drill:\$|&\n$1|" "$MUSTER_POLICY"
	muster snapshot --quiet
}

# seen NAME: "passed seen" of the check of that name in the answer
seen() {
	jq -r --arg n "$1" 'select(.event == "drill").checks[] |
	    select(.name == $n) | "\(.passed) \(.seen)"' "$out"
}

@test "a hook finds the copy, and the site's secrets stay out of the receipt" {
	# shellcheck disable=SC2154  # of site.bash
	config=$bench/sites/$site_name/site_config.json
	password=$(jq -r .db_password "$config")
	script look <<'SH'
mariadb --no-defaults -N -u $MUSTER_USER $MUSTER_DATABASE \
    -e "SELECT count(*) FROM tabUser"
find $MUSTER_CONFIG -name site_config.json -exec cat {} +
SH
	with_drill "  hooks: [{name: look, run: sh $commands/look}]"
	run -0 muster drill --json
	echo "$output" >"$out"
	[[ $(seen "hook: look") == true* ]]
	run -0 jq -r 'select(.event == "drill").checks[] |
	    select(.name == "hook: look").output' "$out"
	[[ $output == [0-9]* ]]
	[[ $output == *db_password* ]]
	[[ $output == *"*****"* ]]
	run -1 grep -F "$password" "$out"
}

@test "a hook that says no is a drill that failed" {
	with_drill '  hooks: [{name: no, run: "echo three are lost; exit 3"}]'
	status=0
	muster drill --json >"$out" || status=$?
	[ "$status" -eq 1 ]
	[ "$(seen "hook: no")" = "false exit 3: three are lost" ]
}

@test "the rehearsed migration runs on the copy, and the way back is proven" {
	script migrate <<'SH'
mariadb --no-defaults -u root $MUSTER_DATABASE -e "
ALTER TABLE tabUser ADD COLUMN zz INT DEFAULT 7, ADD INDEX (zz);
UPDATE tabUser SET zz = 8;
CREATE TABLE tabNew (x INT);
DELETE FROM tabFile LIMIT 1" && rm -r $MUSTER_FILES/* && echo done
SH
	with_drill "  rehearse: {timeout: 2m, run: sh $commands/migrate}"
	status=0
	muster drill --json >"$out" || status=$?
	jq -c 'select(.event == "drill").checks[] | [.name, .seen]' "$out"
	# the migration loses the files: the assertion afterwards says so
	[ "$status" -eq 1 ]
	[ "$(seen "rehearse: migration")" = "true exit 0: done" ]
	[[ $(seen "every attachment is there") == true* ]]
	[[ $(seen "after migration: every attachment is there") == false* ]]
	for part in db files config; do
		[[ $(seen "rollback: $part") == "true equal"* ]]
	done
	run -0 jq -e 'select(.event == "drill") | (.after | length) == 2 and
	    (.total_seconds == ([.phases[].seconds] | add))' "$out"
	# shellcheck disable=SC2154  # of site.bash
	run -0 site_sql -e "SHOW COLUMNS FROM $db_name.tabUser LIKE 'zz'"
	[ -z "$output" ]
}

@test "a migration that fails half-way is NO-GO, and the way back is proven" {
	script migrate <<'SH'
mariadb --no-defaults -u root $MUSTER_DATABASE -e "
DROP TABLE tabFile; ALTER TABLE tabUser DROP COLUMN nobody_has_it"
SH
	with_drill "  rehearse: {run: sh $commands/migrate}"
	status=0
	muster drill --json >"$out" || status=$?
	[ "$status" -eq 1 ]
	[[ $(seen "rehearse: migration") == "false exit 1: "*nobody_has_it* ]]
	[[ $(seen "rollback: db") == "true equal"* ]]
	run -1 muster gate
	[[ $output == *"FAIL  drill passed"*"rehearse: migration"* ]]
}

@test "a sampled drill has all schema, and the rows of some tables" {
	muster snapshot --quiet
	run -0 muster drill --json --sample 20% --seed 3
	echo "$output" >"$out"
	[[ $(seen "proof: db") == "true equal"* ]]
	[[ $(seen "sample") == "true rows of "* ]]
	[ -z "$(seen rto)$(seen "every attachment is there")$(seen tables)" ]
	run -0 jq -e 'select(.event == "drill") | .kind == "sampled" and
	    .sample.tables == (.sample.of_tables / 5 | ceil) and
	    .sample.rows_bytes < .sample.of_rows_bytes and
	    .coverage > 0 and .coverage < 1' "$out"
	tables=$(jq -r 'select(.event == "drill").sample.of_tables' "$out")
	[[ $(seen "restore: db") == "true $tables tables, "* ]]
}

@test "two drills at once both finish" {
	muster snapshot --quiet
	muster drill --json >"$out.1" &
	pid=$!
	muster drill --json >"$out.2"
	wait "$pid"
	run -0 jq -se 'length == 2 and all(.[]; .passed)' "$out.1" "$out.2"
	[ -z "$(scratch_left)" ]
}

@test "any tool that knows DSSE and Ed25519 verifies a verdict" {
	muster snapshot --quiet
	muster drill --quiet
	muster gate --keys >"$BATS_TEST_TMPDIR/keys.pem"
	run -0 muster gate --subject "$deploy" --save "$BATS_TEST_TMPDIR/v"
	[[ $output == *", good until "* ]]
	cd "$BATS_TEST_TMPDIR"
	sed -n '/-BEGIN/,/-END/p;/-END/q' keys.pem >key.pem
	jq -j .payload v | base64 -d >payload
	jq -j '.signatures[0].sig' v | base64 -d >sig
	{
		printf 'DSSEv1 28 application/vnd.in-toto+json %d ' \
		    "$(stat -c %s payload)"
		cat payload
	} >pae
	run -0 openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in pae \
	    -sigfile sig
	run -0 jq -r '.predicateType, .predicate.verificationResult' payload
	[[ $output == *slsa.dev/verification_summary/v1*PASSED ]]
	echo x >>pae
	run -1 openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in pae \
	    -sigfile sig
}

@test "a verdict is verified with public keys, for its deploy alone" {
	muster gate --keys >"$BATS_TEST_TMPDIR/keys.pem"
	muster gate -q --subject "$deploy" --save "$BATS_TEST_TMPDIR/v"
	cd "$BATS_TEST_TMPDIR"
	verify="muster-gate --verify v --keyring keys.pem"
	export -n MUSTER_POLICY
	run -0 $verify --subject "$deploy" --site "$site_name"
	[[ $output == "GO: $site_name"* ]]
	run -1 $verify --subject "${deploy%7}8"
	[[ $output == *"another deploy"* ]]
	run -64 $verify
	run -64 muster-gate --verify v --subject "$deploy"
	run -64 muster-gate --keyring keys.pem
	sed 's/"sig":"./"sig":"A/' v >w
	run -1 muster-gate --verify w --keyring keys.pem --subject "$deploy"
	run -2 muster-gate --verify v --keyring v --subject "$deploy"
	run -2 muster-gate --verify absent --keyring keys.pem \
	    --subject "$deploy"
}

@test "an override needs the operator's key, and is seen everywhere" {
	sed -i 's/rpo: 15m/rpo: 1s/; s/snapshot-age: 15m/snapshot-age: 1s/' \
	    "$MUSTER_POLICY"
	run -1 muster gate --subject "$deploy" --explain
	[[ $output == *"fix snapshot policy: The policy was edited"* ]]
	run -64 muster gate --subject "$deploy" --override because
	run -64 muster gate --subject "$deploy" --until 1h
	run -2 muster gate --subject "$deploy" --override because --until 25h \
	    -k "$SITE/recovery.key" --passphrase-file "$SITE/passphrase"
	muster-key --bare new "$BATS_TEST_TMPDIR/other.key" >/dev/null
	run -2 muster gate --subject "$deploy" --override because --until 1h \
	    -k "$BATS_TEST_TMPDIR/other.key"
	[[ $output == *"none of this store's"* ]]
	run -0 muster gate --subject "$deploy" --override "leak is worse" \
	    --until 1h -k "$SITE/recovery.key" \
	    --passphrase-file "$SITE/passphrase"
	[[ $output == *"NO-GO: "*"OVERRIDDEN by recovery key "* ]]
	[[ $output == *"leak is worse"* ]]
}

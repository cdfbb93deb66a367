#!/usr/bin/env bats
# muster-policy(5) and what muster takes for a policy are the same.

load ../lib/site.bash

page=$BATS_TEST_DIRNAME/../../man/muster-policy.5
compare=$BATS_TEST_DIRNAME/../lib/policy_page.py

@test "every key is told, with type, default and an example that is taken" {
	run python3 "$compare" "$page" "$BATS_FILE_TMPDIR/keys"
	echo "$output"
	[ "$status" -eq 0 ]
}

# offends SED-EXPRESSION LINE: of the page so changed, this line is said.
offends() {
	sed "$1" "$page" >"$BATS_TEST_TMPDIR/page.5"
	run python3 "$compare" "$BATS_TEST_TMPDIR/page.5" \
	    "$BATS_FILE_TMPDIR/keys"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $'\n'$output$'\n' == *$'\n'"$2"* ]]
}

@test "a page that leaves out, invents or misspells is found out" {
	offends '/^\.It Cm margin /d; /  margin: /d' \
	    'Gate: does not tell gate.margin'
	offends '/^    connections: 4/d; /^      connections: 4/d' \
	    'components.db: its example lacks connections'
	offends 's/^\.It Cm margin /.It Cm margins /' \
	    'Gate: margins is no key there'
	offends 's/^\.It Cm margin Pq.*/.It Cm margin/' \
	    'Gate: margin has no type'
	offends 's/^Default 7d\./For a week./' 'Gate: drill-age has no default'
	offends 's/  drill-age: 7d/  drill-age: 7/' \
	    'Gate: its example is refused: '
}

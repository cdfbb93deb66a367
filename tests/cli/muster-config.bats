#!/usr/bin/env bats
# muster-config as a user meets it: muster-snapshot for one component alone.

load ../lib/site.bash
load ../lib/one_component.bash

setup_file() {
	docs_make
}

teardown_file() {
	site_drop
}

setup() {
	c=config other=files path=$SITE/etc/site.json
	export c other path
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "the snapshot holds the configuration and nothing else" {
	holds_itself_only
}

@test "a gate that wants all components refuses it, and says what lacks" {
	is_refused_by_a_gate_that_wants_all
}

@test "quiet, it says nothing; a dry run stores nothing" {
	is_silent_or_dry_when_asked
}

@test "a policy without it is trouble, and named" {
	needs_it_in_the_policy
}

@test "what cannot be read is named: status 4" {
	names_what_it_cannot_read
}

@test "a busy site is 75, an answer that cannot be written 2" {
	ends_as_all_that_take
}

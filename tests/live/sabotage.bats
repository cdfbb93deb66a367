#!/usr/bin/env bats
# Exercises, and trials of the alarm on a site with a database.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	site_make 5
	muster snapshot --quiet
	muster drill --quiet
}

teardown_file() {
	site_drop
}

@test "whatever is damaged, the alarm goes off, and nothing is left of it" {
	before=$(find "$SITE/store/packs" "$SITE/store/snapshots" -type f \
	    -exec sha256sum {} + | sort | sha256sum)
	for what in row-gone row-changed file-gone file-changed \
	    config-changed pack-byte key-wrong; do
		run -0 muster drill --sabotage --damage $what --json
		run -0 jq -r '.kind, .passed, .checks[0].seen' <<<"$output"
		echo "$what: ${lines[2]}"
		[ "${lines[0]} ${lines[1]}" = "sabotage true" ]
	done
	[ "$before" = "$(find "$SITE/store/packs" "$SITE/store/snapshots" \
	    -type f -exec sha256sum {} + | sort | sha256sum)" ]
	[ -z "$(scratch_left)" ]
}

@test "a sabotage at random, and one that cannot be" {
	run -0 muster drill --sabotage
	[[ $output == *"sabotage: "* ]]
	run -2 muster drill --sabotage --damage everything
	[[ $output == *"no sabotage of this snapshot"* ]]
	run -64 muster drill --damage row-gone
}

@test "a sabotage is no drill, and the gate can demand one" {
	sed -i 's/^gate: {/&sabotage-age: 30d, /' "$MUSTER_POLICY"
	muster snapshot --quiet
	muster drill --quiet
	run -0 muster gate
	[[ $output == *"pass  sabotage "* ]]
	[[ $output == *"pass  drill kind "*"full"* ]]
}

@test "an exercise is for the escrowed key on a host without credentials" {
	run -64 muster drill --exercise
	run -64 muster drill --exercise --sabotage -k "$SITE/recovery.key"
	run -2 muster drill --exercise -k "$SITE/recovery.key"
	[[ $output == *"without production's credentials"* ]]
	mv "$SITE/site/my.cnf" "$SITE/site/away.cnf"
	run -0 muster drill --exercise -k "$SITE/recovery.key"
	mv "$SITE/site/away.cnf" "$SITE/site/my.cnf"
	run -0 muster gate
	[[ $output == *"pass  drill kind "*"exercise"* ]]
	sed -i 's/^gate: {/&drill-key: {escrow: 90d}, /' "$MUSTER_POLICY"
	run -1 muster gate
	[[ $output == *"pass  drill key escrow "* ]]
}

#!/usr/bin/env bats
# muster: runs the other commands, and the job before a deploy.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
}

teardown_file() {
	site_drop
}

setup() {
	root=$BATS_TEST_DIRNAME/../..
	docs_policy >"$MUSTER_POLICY"
	cd "$BATS_TEST_TMPDIR" || return 1
}

# A command of ours in a folder: it says how it was called.
stand_in() {
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\necho "$0" "$@"\nexit %s\n' "$2" >"$1"
	chmod 755 "$1"
}

@test "help and the page name every command that there is" {
	run -0 muster --help
	for source in "$root"/bin/muster-*.c; do
		name=$(basename "$source" .c)
		word=${name#muster-}
		[[ $output =~ $'\n'\ \ $word\ +[a-z] ]] ||
		    [[ $output == *$'\n'"  $word "* ]] || {
			echo "muster --help does not name $word"
			false
		}
		grep -Eq "^\.It Cm (.* )?$word( .*)?$" "$root/man/muster.1" || {
			echo "muster(1) does not name $word"
			false
		}
		grep -q "^\.Xr $name 1" "$root/man/muster.1"
	done
}

@test "help of a command is that command's help" {
	run -0 muster help
	whole=$output
	run -0 muster --help
	[ "$output" = "$whole" ]
	for word in gate backup predeploy exercise; do
		run -0 muster help $word
		whole=$output
		run -0 muster $word --help
		[ "$output" = "$whole" ]
		[[ $output == *"usage: muster"?"$word [option ...]"* ]]
	done
}

@test "what is no command is 64, with a hint" {
	for word in bogus ../bin/gate "" "$(printf 'x%.0s' {1..300})"; do
		run -64 muster "$word"
		[ "${lines[0]}" = "muster: no command $word" ]
		[ "${lines[1]}" = "try 'muster --help'" ]
	done
	run -64 muster
	[[ $output == "muster: expected a command"* ]]
	run -64 muster help no-such
	run -64 muster help a b
}

@test "the command beside it is run, before one of the path" {
	mkdir here
	cp "$(command -v muster)" here/muster
	stand_in here/muster-gate 7
	stand_in path/muster-gate 8
	stand_in path/muster-other 9
	PATH=$PWD/path:$PATH run -7 here/muster gate -x "two words"
	[ "$output" = "$PWD/here/muster-gate -x two words" ]
	PATH=$PWD/path:$PATH run -9 here/muster other
	[ "$output" = "$PWD/path/muster-other" ]
	chmod 644 path/muster-other
	PATH=$PWD/path run -2 here/muster other
	[[ $output == "muster: cannot run muster-other: Permission denied" ]]
}

@test "predeploy: snapshot, drill, gate, and one exit status" {
	n=$(muster list --json | wc -l)
	run -0 muster predeploy
	[[ $output == "snapshot of docs.example: "*"drill of docs.example from \
"*": passed in "*"GO: docs.example at "* ]]
	[ "$(muster list --json | wc -l)" -eq $((n + 1)) ]
	run -0 muster predeploy --quiet
	[ -z "$output" ]
	run -0 --separate-stderr muster predeploy --json \
	    --subject git:0123456789abcdef0123456789abcdef01234567
	[ -z "$stderr" ]
	run -0 jq -es '[.[].event] == ["snapshot", "drill", "verdict"] and
	    ([.[].run_id] | unique | length) == 1 and
	    .[2].verdict == "GO" and (.[2].subject | startswith("git:"))' \
	    <<<"$output"
}

# far_policy: the same site with a second store, $SITE/far
far_policy() {
	docs_policy | sed "s|^  local: .*|&\n  far: {url: $SITE/far}|" \
	    >"$MUSTER_POLICY"
}

@test "backup: a snapshot, shipped where there is another store" {
	run -0 muster backup
	[[ $output == "snapshot of docs.example: "* ]]
	[[ $output != *sent* ]]
	mkdir "$SITE/far"
	far_policy
	run -2 muster backup		# nobody founded it
	[[ $output == *"muster-ship --init"* ]]
	muster ship --init --quiet
	run -0 muster backup
	[[ $output == "snapshot of docs.example: "*"far: sent "* ]]
	run -0 muster verify -s far
	chmod 000 "$SITE/tree/noise"
	run -4 plainly muster backup
	chmod 644 "$SITE/tree/noise"
	[[ $output == *"far: sent "* ]]
	mv "$SITE/etc" "$SITE/away"
	run -2 muster backup
	mv "$SITE/away" "$SITE/etc"
	[[ $output == "muster backup: cannot take config: "* ]]
	run -64 muster backup docs.example
	docs_policy >"$MUSTER_POLICY"
}

@test "exercise: off-site only, with the key that is named" {
	far_policy
	muster backup --quiet
	run -64 muster exercise
	[[ $output == *"the escrowed key"* ]]
	run -2 muster exercise -k "$SITE/recovery.key" -s local
	[[ $output == *"another store than the one snapshots go to"* ]]
	run -0 muster exercise -k "$SITE/recovery.key"
	[[ $output == *"from $SITE/far: passed in "* ]]
	run -0 muster list --all -s far
	[[ $output == *" checks, exercise"* ]]
	rm -rf "$SITE/far"
	docs_policy >"$MUSTER_POLICY"
}

@test "predeploy makes the doctor's receipt where the gate demands one" {
	docs_policy | sed 's/^gate: {/&doctor-age: 1m, /' >"$MUSTER_POLICY"
	run -0 muster predeploy
	[[ $output == *"ready: "*" 0 bad, 0 unknown"* ]]
	[[ $output =~ pass\ +doctor\  ]]
	[[ $output != *"good    "* ]]
	docs_policy >"$MUSTER_POLICY"
}

@test "predeploy ends where it could not go on, and never says GO" {
	run -64 muster predeploy --subject x
	run -64 muster predeploy docs.example
	mv "$SITE/etc" "$SITE/away"
	run -2 muster predeploy
	mv "$SITE/away" "$SITE/etc"
	[[ $output == "muster predeploy: cannot take config: "* ]]
	[[ $output != *drill* ]]
	docs_policy | sed '/recovery:/d' >"$MUSTER_POLICY"
	run -2 muster predeploy
	[[ $output == *"needs a recovery key"* ]]
	[[ $output != *GO* ]]
	docs_policy >"$MUSTER_POLICY"
	hold "$SITE/state/lock"
	run -75 muster predeploy
	let_go "$SITE/state/lock"
	run -2 bash -c 'muster predeploy >/dev/full'
}

@test "predeploy with a sample drills a share of it" {
	n=$(muster list --json | wc -l)
	run -64 muster predeploy --sample 0%
	[[ $output == *"--sample: expected more than 0%"* ]]
	[ "$(muster list --json | wc -l)" -eq "$n" ]
	docs_policy | sed 's/drill-age: 1h/&, coverage: 0.1%/' >"$MUSTER_POLICY"
	muster snapshot --quiet
	muster drill --quiet
	run -0 muster predeploy --sample 50%
	docs_policy >"$MUSTER_POLICY"
	[[ $output == *"sampled drill of docs.example from "*": passed in "* ]]
	[[ $output == *"GO: docs.example at "* ]]
	muster drill --quiet
}

@test "predeploy of a drill that fails, or with a file unread, is NO-GO" {
	docs_policy | sed 's/\[encryption_key\]/[encryption_key, lost]/' \
	    >"$MUSTER_POLICY"
	run -1 muster predeploy
	[[ $output == *": FAILED in "*"NO-GO: docs.example at "* ]]
	docs_policy >"$MUSTER_POLICY"
	chmod 000 "$SITE/tree/noise"
	run -1 plainly muster predeploy
	chmod 644 "$SITE/tree/noise"
	[[ $output == *"tree/noise: Permission denied"* ]]
	[[ $output =~ FAIL\ +snapshot\ whole ]]
}

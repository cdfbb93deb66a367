#!/usr/bin/env bats
# A restore killed at random moments, and gone on with each time: what an
# outside witness finds at the end is the tree, and nothing beside it.
# shellcheck disable=SC2154	# site.bash and crash.bash set variables

load ../lib/site.bash
load ../lib/crash.bash

setup_file() {
	docs_make
	for ((i = 0; i < 10; i++)); do
		mkdir "$SITE/tree/d$i"
		for ((k = 0; k < 20; k++)); do
			echo "file $i $k" >"$SITE/tree/d$i/f$k"
		done
		ln "$SITE/tree/d$i/f0" "$SITE/tree/d$i/again"
	done
	head -c 8000000 /dev/urandom >"$SITE/tree/large"
	muster snapshot --quiet
}

teardown_file() {
	site_drop
}

@test "5 restores killed at random moments are gone on with" {
	crash_begin
	out=$SITE/out
	length=$(milliseconds muster-restore -q -c files -t "$out")
	killed=0 output=
	# one that was over before is no kill: how long they take varies
	for ((round = 0; round < 60 && killed < 5; round++)); do
		rm -rf "$out"
		strike KILL "$(moment "$killed" 5 "$length")" \
		    muster-restore -q -c files -t "$out"
		[ "$status" -eq 137 ] || [ "$status" -eq 0 ]
		struck || continue
		killed=$((killed + 1))
		# a file that has a name is whole
		[ ! -d "$out$SITE/tree" ] || run -0 rsync -nrlc --existing \
		    --out-format=%n "$SITE/tree/" "$out$SITE/tree/"
		[ -z "$output" ]
		strike KILL "$((length / 3))" \
		    muster-restore -q --resume -c files -t "$out"
		run -0 muster restore --resume -c files -t "$out" --json
		[ "$(jq .files <<<"$output")" = 213 ]
		run -0 rsync -naHAXc --delete --out-format='%i %n' \
		    "$SITE/tree/" "$out$SITE/tree/"
		[ -z "$output" ]
	done
	printf '# | %d restores struck, %d while they ran (about %d ms)\n' \
	    "$round" "$killed" "$length" >&3
	[ "$killed" -eq 5 ]
}

@test "a restore that is asked to end says how to go on" {
	out=$SITE/asked
	asked=0
	for ((i = 0; i < 20 && asked == 0; i++)); do
		rm -rf "$out"
		muster-restore -q -c files -t "$out" >"$SITE/said" 2>&1 3>&- &
		pid=$!
		# before anything was written there is nothing to go on with
		while [ ! -d "$out$SITE/tree" ] && kill -0 "$pid"; do :; done
		kill -TERM "$pid" || :
		status=0
		wait "$pid" || status=$?
		[ "$status" -ne 0 ] || continue
		[ "$status" -eq 3 ]
		grep -qF "(--resume goes on): " "$SITE/said"
		asked=1
	done
	[ "$asked" -eq 1 ]
	run -0 muster restore -q --resume -c files -t "$out"
	run -0 rsync -naHAXc --delete --out-format='%i %n' \
	    "$SITE/tree/" "$out$SITE/tree/"
	[ -z "$output" ]
}

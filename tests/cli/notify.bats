#!/usr/bin/env bats
# What the policy's notify tells: pings to a real server, metrics in a file.
# Neither ever changes how a run ends.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
	muster snapshot --quiet
	cp -a "$SITE/store" "$SITE/good"
}

teardown_file() {
	site_drop
}

setup() {
	rm -rf "$SITE/store" "$SITE/state"
	cp -a "$SITE/good" "$SITE/store"
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	[ -z "${monitor_pid:-}" ] || kill "$monitor_pid" || :
}

# monitor [ANSWER]: $port
monitor() {
	python3 "$BATS_TEST_DIRNAME/../lib/monitor.py" "$PWD/log" "$@" \
	    >port 3>&- &
	monitor_pid=$!
	until [ -s port ]; do sleep 0.05; done
	port=$(cat port)
	: >log
}

# notify TEXT: the policy with it
notify() {
	{ docs_policy; echo "notify: {$1}"; } >"$MUSTER_POLICY"
}

@test "start and exit status are told, each job under its own name" {
	monitor
	notify "ping: 'http://127.0.0.1:$port/key/{job}?rid=1'"
	run -0 muster snapshot --quiet
	[ -z "$output" ]
	run -0 muster drill --quiet
	run -0 muster gate --quiet
	run -0 muster verify --quiet
	run -0 muster backup --quiet
	run -0 muster predeploy --quiet
	diff log - <<-END
	GET /key/snapshot/start?rid=1
	GET /key/snapshot/0?rid=1
	GET /key/drill/start?rid=1
	GET /key/drill/0?rid=1
	GET /key/gate/start?rid=1
	GET /key/gate/0?rid=1
	GET /key/verify/start?rid=1
	GET /key/verify/0?rid=1
	GET /key/backup/start?rid=1
	GET /key/backup/0?rid=1
	GET /key/predeploy/start?rid=1
	GET /key/predeploy/0?rid=1
	END
}

@test "a run that fails is told with its exit status" {
	monitor
	notify "ping: http://127.0.0.1:$port/uuid/"
	rm "$SITE"/store/packs/*/*
	run -1 muster gate --quiet
	run -64 muster ship --jobs x
	run -2 muster ship
	run -2 bash -c 'muster gate >/dev/full'
	diff log - <<-END
	GET /uuid/start
	GET /uuid/1
	GET /uuid/start
	GET /uuid/64
	GET /uuid/start
	GET /uuid/2
	GET /uuid/start
	GET /uuid/2
	END
}

@test "what is dry, or only prints keys, tells nothing" {
	monitor
	notify "ping: http://127.0.0.1:$port/uuid, textfile: m.prom"
	run -0 muster snapshot --dry-run
	run muster gate --dry-run
	run -0 muster gate --keys
	run -0 muster list
	run -64 muster snapshot --no-such-option
	run -0 muster verify --store "$SITE/store"
	[ ! -s log ]
	[ ! -e "$SITE/m.prom" ]
}

@test "the URL is a secret: from a file of mode 0600, never in what is said" {
	monitor 500
	(umask 077; echo "http://u:p@127.0.0.1:$port/hush" >"$SITE/ping")
	notify 'ping-file: ping'
	run -0 muster snapshot --verbose
	[ "$(cat log)" = "GET /hush/start
GET /hush/0" ]
	[[ $output == *"muster-snapshot: warning: cannot ping 127.0.0.1:$port:\
 it answered 500"* ]]
	[[ $output != *hush* && $output != *u:p* ]]
	chmod 644 "$SITE/ping"
	run -0 muster snapshot
	[[ $output == *"warning: "*"$SITE/ping"*600* ]]
	(umask 077; echo 'hush' >"$SITE/ping2")
	notify 'ping-file: ping2'
	run -0 muster snapshot
	[[ $output == *"warning: $SITE/ping2: expected a URL"* ]]
	[[ $output != *hush* ]]
	notify 'ping-file: gone'
	run -0 muster snapshot
	[[ $output == *"warning: "*"$SITE/gone"* ]]
}

@test "a monitor that is away, or silent, is a warning, and soon over" {
	monitor 0
	notify "ping: http://127.0.0.1:$port/uuid"
	SECONDS=0
	run -0 muster snapshot
	[ "$SECONDS" -le 30 ]
	[ "$(grep -c 'warning: cannot ping' <<<"$output")" -eq 2 ]
	kill "$monitor_pid"
	unset monitor_pid
	notify "ping: http://127.0.0.1:9/uuid"
	run -1 bash -c "rm '$SITE'/store/packs/*/*; muster gate"
	[[ $output == *"NO-GO"*"warning: cannot ping 127.0.0.1:9: "* ]]
}

@test "metrics are written by every run, of all that ran" {
	mkdir "$SITE/far"
	docs_policy | sed "s|^stores:|&|
	    s|^  local: .*|&\n  far: {url: $SITE/far}|" >"$MUSTER_POLICY"
	echo "notify: {textfile: muster.prom}" >>"$MUSTER_POLICY"
	f=$SITE/muster.prom
	run -2 muster ship --quiet	# it was never founded
	grep -q 'job_exit_status{site="docs.example",job="ship"} 2' "$f"
	grep -q 'success_timestamp_seconds{site="docs.example",job="ship"} 0$' \
	    "$f"
	run -0 muster snapshot --quiet
	run -0 muster ship --init --quiet
	run -0 muster verify --quiet
	run -0 muster drill --quiet
	run -0 muster gate --quiet
	run -0 muster backup --quiet	# it ships, too
	[ "$(stat -c %a "$f")" = 644 ]
	for m in 'ship_success{site="docs.example",store="far"} 1' \
	    'ship_problems{site="docs.example",store="far"} 0' \
	    'verify_problems{site="docs.example"} 0' \
	    'job_exit_status{site="docs.example",job="gate"} 0' \
	    'drill_success{site="docs.example"} 1' \
	    'gate_go{site="docs.example"} 1'; do
		echo "$m"
		grep -qxF "muster_$m" "$f"
	done
	! command -v promtool >/dev/null || promtool check metrics <"$f"
	# every name has one head, and its samples stand below it
	awk '/^# TYPE/ { if (seen[$3]++) exit 1; now = $3; next }
	    /^#/ { next } { sub(/\{.*/, "", $1); if ($1 != now) exit 1 }' "$f"
	# and every sample is there once: of a figure of two jobs, the newest
	[ -z "$(grep -v '^#' "$f" | sed 's/ [^ ]*$//' | sort | uniq -d)" ]
	rm -r "$SITE/far"
	run -2 muster ship --quiet
	grep -qxF 'muster_ship_success{site="docs.example",store="far"} 0' \
	    "$f"
}

@test "a store out of reach: the runs are told, and that they failed" {
	notify 'textfile: muster.prom'
	mv "$SITE/store" "$SITE/away"
	run -2 muster gate
	mv "$SITE/away" "$SITE/store"
	[[ $output == *"warning: "*"metrics are of runs only"* ]]
	grep -qxF 'muster_job_exit_status{site="docs.example",job="gate"} 2' \
	    "$SITE/muster.prom"
	run -1 grep muster_snapshots "$SITE/muster.prom"
}

@test "a file that cannot be written is a warning" {
	notify 'textfile: nowhere/muster.prom'
	run -0 muster snapshot
	[[ $output == *"muster-snapshot: warning: cannot write the metrics: \
"*"nowhere"* ]]
	rm -rf "$SITE/state"
	: >"$SITE/state.file"
	sed -i "s|^notify: .*|notify: {textfile: m.prom}|" "$MUSTER_POLICY"
	mkdir -p "$SITE/state/runs/snapshot.json"
	run -0 muster snapshot
	[[ $output == *"warning: cannot keep how it ran: "* ]]
}

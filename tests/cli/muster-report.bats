#!/usr/bin/env bats
# muster-report as a user and a browser meet it.
# shellcheck disable=SC2154	# site.bash and run set variables

load ../lib/site.bash

setup_file() {
	docs_make
	for i in 1 2 3; do
		echo "$i" >>"$SITE/more"
		muster snapshot --quiet
		muster drill --quiet
	done
	muster gate --quiet
	cp -a "$SITE/store" "$SITE/good"
}

teardown_file() {
	site_drop
}

setup() {
	rm -rf "$SITE/store"
	cp -a "$SITE/good" "$SITE/store"
	cd "$BATS_TEST_TMPDIR" || return 1
}

# browse FILE OPTION ...: in a browser that resolves no name; its log, and the
# log of the net, in which what a page asks for has no origin of its own
browse() {
	timeout 60 chromium --headless --no-sandbox --disable-gpu \
	    --user-data-dir="$PWD/user" --no-first-run \
	    --host-resolver-rules='MAP * ~NOTFOUND' \
	    --enable-logging=stderr --log-net-log="$PWD/net" "${@:2}" \
	    "file://$PWD/$1" 2>log
}

asked='"initiator":"null"'

@test "the summary says what could be lost, how long, and the verdict" {
	run -0 muster report
	[[ $output == "docs.example in "* ]]
	[[ $output == *"  rpo "*"could be lost now"* ]]
	[[ $output == *"  rto "*"to recover"* ]]
	[[ $output == *"  verdict   GO "* ]]
	run -0 muster report --json
	run -0 jq -e '.event == "report" and (.drills | length) == 3 and
	    (.snapshots | length) == 3' <<<"$output"
}

@test "the page has charts in a browser, no trouble, and asks for nothing" {
	command -v chromium >/dev/null || skip "chromium is not there"
	run -0 muster report -q --html page.html
	[ -z "$output" ]
	[ "$(stat -c %a page.html)" = 644 ]
	browse page.html --dump-dom >dom
	[ "$(grep -c '<svg ' dom)" -eq 5 ]
	[ "$(grep -c '<circle ' dom)" -ge 6 ]
	run -1 grep CONSOLE log
	run -1 grep "$asked" net
	# what would be seen if it asked
	echo '<script>console.error(1)</script><img src=http://127.0.0.1:9/>' \
	    >bad.html
	browse bad.html --dump-dom >dom
	grep -q CONSOLE log
	grep -q "$asked" net
	for size in 1200,900 390,844; do
		browse page.html --window-size=$size \
		    --screenshot="$PWD/$size.png"
		[ "$(stat -c %s "$size.png")" -gt 10000 ]
	done
}

@test "metrics are replaced at once, for everybody to read" {
	run -0 muster report -q --textfile muster.prom
	[ "$(stat -c %a muster.prom)" = 644 ]
	grep -q '^muster_gate_go{site="docs.example"} 1$' muster.prom
	grep -q '^muster_snapshots{site="docs.example"} 3$' muster.prom
	run -2 muster report -q --textfile /nonexistent/muster.prom
	[[ $output == *"cannot write the metrics"* ]]
	run -2 muster report -q --html /nonexistent/page.html
	[[ $output == *"cannot write the page"* ]]
}

# of_trail KIND N: path of the Nth (from 0) in the order of the chain, which
# names do not tell within one second
of_trail() {
	muster report --trail | jq -rs --arg kind "$1/" --argjson n "$2" \
	    "\"$SITE/store/\" + ([.[].object |
	    select(startswith(\$kind))][\$n])"
}

@test "the trail is whole, and shows what is taken away or dated back" {
	run -0 muster report --trail
	[ "${#lines[@]}" -eq 7 ]
	run -0 jq -es 'all(.[]; .problem == null and .signer != "")' \
	    <<<"$output"
	rm "$(of_trail receipts 1)"
	run -1 muster report --trail
	run -0 jq -rs 'map(select(.problem != null).problem) | @csv' \
	    <<<"$output"
	[ "$output" = '"removed"' ]
	run -0 muster report
	[[ $output == *"1 statements were taken away"* ]]
	run -1 muster gate
	[[ $output == *"FAIL  receipt chain"* ]]
	rm "$(of_trail snapshots 0)"
	run -1 muster report --trail
	run -0 jq -rs 'map(select(.problem != null).problem) | @csv' \
	    <<<"$output"
	[ "$output" = '"pruned","removed"' ]
}

@test "the trail goes alone" {
	run -64 muster report --trail --html page.html
	run -64 muster report extra
}

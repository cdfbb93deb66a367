#!/usr/bin/env bats
# muster-drill as a user meets it.  What it proves of a database is told in
# tests/live; here the site has none, but for the last test.
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
	rm -rf "$SITE/store"
	cp -a "$SITE/good" "$SITE/store"
	docs_policy >"$MUSTER_POLICY"
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	[ ! -d "$SITE/site" ] || site_drop
}

receipts() {
	find "$SITE/store/receipts" -type f | wc -l
}

@test "a drill that passes says what it proved, and how long it took" {
	run -0 --separate-stderr muster drill
	[ -z "$stderr" ]
	[[ ${lines[0]} == "drill of docs.example from $SITE/store: passed "* ]]
	[[ $output == *"  files "*" kB"* ]]
	[ "$(grep -c '^  open  ' <<<"$output")" -eq 1 ]
	[[ $output == *"  open chunks "*"  busy, beside these"* ]]
	[[ $output =~ check\ +wanted\ +seen ]]
	[[ $output == *"  pass  restore: files "* ]]
	[[ $output == *"  pass  proof: files "*" equal, "* ]]
	[[ $output == *"  pass  config: site.json "* ]]
	[[ $output == *"  pass  rto "*"at most 10m"* ]]
	[[ ${lines[-1]} =~ ^\ \ receipt\ receipts/[0-9TZ]+-[0-9a-f]{12}$ ]]
	[ "$(receipts)" -eq 1 ]
	[ -z "$(scratch_left)" ]
}

# many_files: a tree of 300 small files with links among them, and a snapshot
many_files() {
	mkdir -p "$SITE/tree/many/a" "$SITE/tree/many/z"
	for ((i = 0; i < 300; i++)); do
		echo "$i $i $i" >"$SITE/tree/many/a/$i"
		[ $((i % 5)) -gt 0 ] ||
		    ln "$SITE/tree/many/a/$i" "$SITE/tree/many/z/$i"
	done
	muster snapshot --quiet
}

few_files() {
	rm -r "$SITE/tree/many"
}

# sample QUERY FILE: what jq finds in the receipt of a drill's answer
sample() {
	jq -r "select(.event == \"drill\") | $1" "$2"
}

@test "a sampled drill proves a share of the files, and says how much" {
	many_files
	run -0 --separate-stderr muster drill --sample 25% --seed 11
	few_files
	[ -z "$stderr" ]
	[[ ${lines[0]} == "sampled drill of docs.example from "*": passed "* ]]
	[[ ${lines[0]} != *RTO* ]]
	[[ ${lines[1]} =~ ^\ \ [0-9.]+\ %\ of\ the\ bytes\ by\ seed\ 11: ]]
	[[ ${lines[1]} == *": rows of 0 of 0 tables, 0 B of 0 B; "* ]]
	[[ ${lines[1]} =~ \;\ ([0-9]+)\ of\ ([0-9]+)\ entries\ of\ the\ files ]]
	[ "${BASH_REMATCH[1]}" -gt 0 ]
	[ "${BASH_REMATCH[1]}" -lt $((BASH_REMATCH[2] * 3 / 4)) ]
	[[ $output == *"  pass  sample "*"25 % of tables and files, "* ]]
	[[ $output =~ pass\ +proof:\ files\ .*equal,\ "${BASH_REMATCH[1]}" ]]
	[[ $output == *"  pass  proof: config "* ]]
	[[ $output == *"  pass  config: site.json "* ]]
	[[ $output != *"  rto "* ]]
	[ -z "$(scratch_left)" ]
	run -0 muster list --all
	[[ $output == *"passed in "*" checks, sampled "*" %"* ]]
	run -0 muster report
	[[ $output == *"drill "*"sampled passed, "*" % restored"* ]]
	[[ $output == *"rto "*"not known"*"no full drill yet"* ]]
}

@test "a seed chooses the same again; without one each drill chooses anew" {
	many_files
	muster drill --json --sample 10% >"$BATS_TEST_TMPDIR/1"
	seed=$(sample .sample.seed "$BATS_TEST_TMPDIR/1")
	muster drill --json --sample 10% --seed "$seed" >"$BATS_TEST_TMPDIR/2"
	muster drill --json --sample 10% >"$BATS_TEST_TMPDIR/3"
	few_files
	proof='.checks[] | select(.name == "proof: files").required'
	[ "$(sample .sample "$BATS_TEST_TMPDIR/1")" = \
	    "$(sample .sample "$BATS_TEST_TMPDIR/2")" ]
	[ "$(sample "$proof" "$BATS_TEST_TMPDIR/1")" = \
	    "$(sample "$proof" "$BATS_TEST_TMPDIR/2")" ]
	[ "$(sample .sample.seed "$BATS_TEST_TMPDIR/3")" != "$seed" ]
	run -0 sample '.kind == "sampled" and .coverage > 0 and
	    .coverage < 1 and .rto_seconds == 0 and .sample.share == 0.1 and
	    .bytes < .sample.of_files_bytes + 100000' "$BATS_TEST_TMPDIR/1"
	[ "$output" = true ]
}

@test "a sample of all sees what a full drill sees" {
	muster drill --quiet --sample 100%
	odd_names
	muster snapshot --quiet
	find "$SITE/tree" -maxdepth 1 -type f ! -name noise -delete
	muster drill --quiet --sample 100%
	harm flip-at-5
	run -1 muster drill --sample 100%
	[[ $output == "sampled drill of docs.example "*": FAILED "* ]]
	[[ $output == *"  FAIL  restore: files "* ]]
	[[ $output == *"  FAIL  proof: files "*"not carried out"* ]]
	[ -z "$(scratch_left)" ]
}

@test "a sample that cannot be chosen is a failed check, with a receipt" {
	harm empty
	run -1 muster drill --sample 10%
	[[ $output == *"  FAIL  recipe "* || $output == *"  FAIL  sample "* ]]
	[ "$(receipts)" -eq 1 ]
	[ -z "$(scratch_left)" ]
}

@test "the gate refuses a sampled drill where a full one is wanted" {
	muster drill --quiet --sample 50%
	run -1 muster gate
	[[ $output =~ FAIL\ +drill\ kind\ +full\ or\ exercise\ +sampled ]]
	[[ $output == *"  FAIL  drill coverage "*" of the files, "* ]]
	[[ $output == *"  FAIL  rto "*"the time of a sample says nothing"* ]]
	muster drill --quiet
	muster drill --quiet --sample 50%
	run -0 muster gate
	[[ $output =~ pass\ +drill\ kind\ +full\ or\ exercise\ +full ]]
}

@test "where the policy lets them, sampled drills do between full ones" {
	sed -i 's/drill-age: 1h}/drill-age: 1h, coverage: 1%}/' "$MUSTER_POLICY"
	muster snapshot --quiet
	muster drill --quiet --sample 50%
	run -1 muster gate
	[[ $output == *"  FAIL  full drill "*" none"* ]]
	muster drill --quiet
	muster drill --quiet --sample 50%
	run -0 muster gate
	[[ $output =~ pass\ +drill\ kind\ .*sampled ]]
	[[ $output == *"  pass  full drill "*" passed, "*" old"* ]]
	[[ $output == *"  pass  rto "* ]]
	sed -i 's/coverage: 1%/&, full-drill-age: 1s/' "$MUSTER_POLICY"
	muster snapshot --quiet
	muster drill --quiet --sample 50%
	sleep 2
	run -1 muster gate
	[[ $output == *"  FAIL  full drill "*"at most 1.00 s old"* ]]
}

@test "what cannot be sampled so is refused before anything is opened" {
	run -64 muster drill --sample 0%
	[[ $output == *"--sample: expected more than 0% and at most 100%"* ]]
	run -64 muster drill --sample 101%
	[[ $output == *"not 101%"* ]]
	run -64 muster drill --sample 10
	[[ $output == *'--sample: "10" is not a percentage'* ]]
	run -64 muster drill --seed 5
	[[ $output == *"--seed goes with --sample"* ]]
	run -64 muster drill --sample 10% --seed x
	[[ $output == *"--seed: "* ]]
	run -64 muster drill --sample 10% --sabotage
	[[ $output == *"--sample goes with neither"* ]]
	run -64 muster drill --sample 10% --exercise -k "$SITE/recovery.key"
	[[ $output == *"--sample goes with neither"* ]]
	[ ! -e "$SITE/store/receipts" ]
}

@test "a sampled drill that is killed or asked to end leaves nothing" {
	many_files			# so that it takes a moment
	for sig in TERM KILL; do
		# one that was over before is begun again
		status=0
		for ((i = 0; i < 20 && status == 0; i++)); do
			muster-drill --quiet --sample 50% &
			pid=$!
			until_ready "$pid" muster-drill || continue
			ended_by "$sig" "$pid" || status=$?
		done
		[ "$status" -eq 143 ] || [ "$status" -eq 137 ]
	done
	few_files
	before=$(receipts 2>/dev/null || echo 0)
	muster drill --quiet --sample 50%	# sweeps what the kill left
	[ -z "$(scratch_left)" ]
	[ "$(receipts)" -eq $((before + 1)) ]
}

# as_nobody COMMAND ...: with a copy of the store and keys that are his, and
# the policy's drill given on standard input
as_nobody() {
	his=$SITE/his
	rm -rf "$his"
	mkdir "$his"
	cp -a "$SITE/store" "$SITE"/*.key "$his"
	mkdir "$his/scratch"
	docs_policy | sed "s,$SITE/\(store\|writer\|recovery\|state\),$his/\1,
	    s|^drill: .*|drill: {scratch: $his/scratch$1}|" >"$his/muster.yaml"
	chown -R nobody "$his"
	setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups \
	    test -x "$(command -v muster)" || skip "nobody cannot run muster"
	shift
	run --separate-stderr setpriv --reuid=nobody \
	    --regid="$(id -g nobody)" --clear-groups env HOME="$his" \
	    "$(command -v muster)" "$@" -p "$his/muster.yaml"
}

@test "an ordinary user is told that he cannot prove owners" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
	as_nobody "" drill
	[ "$status" -eq 2 ]
	[[ $stderr == *"only root can restore the owners of files: "* ]]
	[[ $stderr == *"drill: {owners: recorded}"* ]]
	[ ! -e "$his/store/receipts" ]
}

@test "where the policy knows it, owners are as recorded, and it is said" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
	chown 12:34 "$SITE/tree/letters/one"
	ln "$SITE/tree/letters/one" "$SITE/tree/second"
	muster snapshot -q
	as_nobody ", owners: recorded" drill
	chown 0:0 "$SITE/tree/letters/one"
	rm "$SITE/tree/second"
	[ "$status" -eq 0 ]
	not="the owners of [0-9]+ are not proven"
	[[ $output =~ "pass  proof: files "[^$'\n']+" entries; "$not ]]
	[[ $output =~ "pass  proof: config "[^$'\n']+" entries; "$not ]]
	[ -z "$(find "$his/scratch" -mindepth 1)" ]
	# and root's drill of the same proves them
	run -0 muster drill
	[[ $output != *"not proven"* ]]
}

@test "what only root can restore is trouble for others, not damage" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
	chmod u+s "$SITE/tree/noise"
	muster snapshot -q
	as_nobody ", owners: recorded" drill
	chmod u-s "$SITE/tree/noise"
	[ "$status" -eq 2 ]
	[[ $stderr == *"tree/noise: its set-id bits were not set"* ]]
	[ ! -e "$his/store/receipts" ]
}

@test "quiet, only what failed is said" {
	run -0 muster drill -q
	[ -z "$output" ]
	docs_policy | sed 's/\[encryption_key\]/[encryption_key, lost]/' \
	    >"$MUSTER_POLICY"
	run -1 muster drill -q
	[[ $output == *": FAILED in "* ]]
	[[ $output == *"  FAIL  config: site.json "*lost* ]]
	[[ $output != *"  pass  "* ]]
	[ "$(receipts)" -eq 2 ]
	run -1 muster gate -q
	[[ $output =~ FAIL\ +drill\ passed ]]
	run -0 muster list --all
	[[ $output == *"FAILED"* ]]
}

@test "in JSON it is one object with every phase and check" {
	run -0 --separate-stderr muster drill --json
	[ -z "$stderr" ]
	run -0 jq -e '.schema == "muster.drill/1" and .passed == true and
	    .total_seconds > 0 and (.object | startswith("receipts/")) and
	    all(.checks[]; .name and .passed) and
	    any(.checks[]; .name == "proof: config") and
	    any(.phases[]; .name == "files")' <<<"$output"
}

@test "an older snapshot can be drilled, by its id" {
	id=$(muster list --json | jq -r .sha256)
	date >"$SITE/tree/today"
	muster snapshot -q
	rm "$SITE/tree/today"
	run -0 muster drill --json "${id:0:12}"
	run -0 jq -e --arg id "$id" '.. | strings | select(. == $id)' \
	    <<<"$output"
	run -2 muster drill 0123zz
	[[ $output == *"has no snapshot 0123zz of site docs.example" ]]
	run -64 muster drill a b
}

@test "damaged bytes are a no that names the pack" {
	pack=$(object_of packs)
	for how in flip remove; do
		if [ $how = flip ]; then flip "$pack" 3000; else rm "$pack"; fi
		run -1 muster drill
		echo "$how: $output"
		[[ $output == *": FAILED in "* ]]
		[[ $output == *"  FAIL  restore: files "* ]]
		[[ $output == *", but not all is back"* ]]
		[[ $how = remove || $output == *"${pack#"$SITE/store/"}"* ]]
		[ -z "$(scratch_left)" ]
	done
}

@test "bytes that cannot be read are trouble: no receipt, no no" {
	chmod 000 "$(object_of packs)"
	run -2 plainly muster drill
	[[ $output == *"Permission denied"* ]]
	chmod 600 "$(object_of packs)"
	chmod 000 "$SITE/store/snapshots"
	run -2 plainly muster drill
	chmod 700 "$SITE/store/snapshots"
	[ "$(receipts)" -eq 0 ]
	[ -z "$(scratch_left)" ]
}

@test "without snapshot, store, key or room it could not be done" {
	rm "$SITE"/store/snapshots/*
	run -2 muster drill
	[[ $output == *"has no snapshot of site docs.example" ]]
	rm -rf "$SITE/store"
	run -2 muster drill
	[[ $output == *"there is no such directory" ]]
	cp -a "$SITE/good" "$SITE/store"
	docs_policy | sed '/recovery:/d' >"$MUSTER_POLICY"
	run -2 muster drill
	[[ $output == *"needs a recovery key"* ]]
	docs_policy | sed "s|scratch: .*}|scratch: $PWD/nowhere}|" \
	    >"$MUSTER_POLICY"
	run -2 muster drill
	[[ $output == *"$PWD/nowhere"*"No such file or directory" ]]
	[ "$(receipts)" -eq 0 ]
}

@test "a key under a passphrase: asked for, from a file, or refused" {
	echo right >right
	echo wrong >wrong
	chmod 600 right wrong
	muster key new locked.key --from "$SITE/recovery.key" \
	    --passphrase-file right >/dev/null
	run -2 muster drill -k locked.key --passphrase-file wrong
	[[ $output == *"wrong passphrase"* ]]
	run -2 setsid -w muster drill -k locked.key </dev/null
	[[ $output == *"no passphrase was given"* ]]
	run -0 env MUSTER_PASSPHRASE_FILE=right muster drill -q -k locked.key
	cp right muster-passphrase
	run -0 env CREDENTIALS_DIRECTORY="$PWD" muster drill -q -k locked.key
	run -0 on_terminal right -- muster drill -k locked.key
	[[ $output == "Passphrase of the recovery key: "*": passed in "* ]]
}

@test "an answer that cannot be written is trouble" {
	for option in --verbose --json; do
		run -2 bash -c "muster drill $option >/dev/full"
		[[ $output == *"cannot write standard output: "* ]]
	done
	[ -z "$(scratch_left)" ]
}

@test "interrupted while the restored database thinks, it leaves nothing" {
	docs=$SITE
	site_make 1
	slow='{name: slow, sql: SELECT SLEEP(600), expect: "= 0"}'
	sed -i "s/^  assertions:\$/&\n    - $slow/" "$MUSTER_POLICY"
	muster snapshot -q
	muster drill --progress=json >said 2>told 3>&- &
	drilling=$!
	# The last step before the assertions are asked.
	until grep -q '"step":"config"' told; do
		kill -0 "$drilling"
		sleep 0.05
	done
	kill -TERM "$drilling"
	status=0
	wait "$drilling" || status=$?
	cat said told
	[ "$status" -eq 143 ]
	[[ $(tail -n 1 told) == *"interrupted by SIGTERM" ]]
	[ -z "$(scratch_left)" ]
	[ "$(find "$SITE/store/receipts" -type f | wc -l)" -eq 0 ]
	site_drop
	SITE=$docs
}

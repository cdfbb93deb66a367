#!/usr/bin/env bats
# muster-init as a user meets it on the first day.
# shellcheck disable=SC2154	# run sets variables

load ../lib/site.bash

setup() {
	unset MUSTER_POLICY MUSTER_PASSPHRASE_FILE
	SITE=$BATS_TEST_TMPDIR
	cd "$SITE" || return 1
	(umask 077; echo 'correct horse' >pass)
}

# A bench with one site, as Frappe lays it out.
make_bench() {
	local site=bench/sites/${1:-erp.example}

	mkdir -p "$site/public/files" "$site/private/files" bench/config
	echo '{"db_name": "_abc", "db_password": "hush-hush",
	    "encryption_key": "k"}' >"$site/site_config.json"
	echo '{"redis_cache": "redis://127.0.0.1"}' \
	    >bench/sites/common_site_config.json
	echo frappe >bench/sites/apps.txt
	: >bench/Procfile
}

@test "a bench gives a policy that is whole, a store and keys" {
	make_bench
	: >my.cnf
	run -0 --separate-stderr muster init --store store --bench bench \
	    --defaults-file my.cnf --passphrase-file pass
	[ -z "$stderr" ]
	[ "${lines[0]}" = made ]
	[[ $output == *"  store         $PWD/store"$'\n'* ]]
	[[ $output == *"recovery.key  ("*", under a passphrase)"* ]]
	[[ $output == *"for site erp.example: database _abc, 2 file trees, "* ]]
	[ "$(stat -c '%a %n' muster.yaml writer.key recovery.key store)" = \
"600 muster.yaml
600 writer.key
600 recovery.key
700 store" ]
	run ! grep -r hush-hush muster.yaml writer.key recovery.key store
	for key in "site: erp.example" "databases: \[_abc\]" \
	    "defaults-file: $PWD/my.cnf" "sites/apps.txt" \
	    "site_config.json: \[db_name, db_password, encryption_key\]"; do
		grep -q "$key" muster.yaml
	done
	run -0 muster list
	run -0 muster verify
}

@test "it says what to do next, within a terminal's width" {
	make_bench
	run -0 muster init -s store -b bench --passphrase-file pass -o p.yaml
	for line in "${lines[@]}"; do
		[[ ${#line} -le 80 || $line == *"$PWD"* ]] || {
			echo "$line"
			false
		}
	done
	[[ $output == *"copy the recovery key off this machine"* ]]
	[[ $output == *"components.db.defaults-file is how the database"* ]]
	[[ $output == *"export MUSTER_POLICY=$PWD/p.yaml"* ]]
	for word in doctor snapshot drill gate; do
		[[ $output == *"muster $word  "* ]]
	done
}

@test "without a bench the components are to be filled in" {
	run -0 muster init --store store --site docs --bare-recovery-key
	[[ $output == *"fill in the components of $PWD/muster.yaml"* ]]
	[[ $output != *"look over"* ]]
	[[ $output != *MUSTER_POLICY* ]]
	run -2 muster snapshot
	[[ $output == *"muster.yaml:"*": components: "* ]]
	# As its comments say: take the '#' from what the site has.
	sed -i 's/^#  files:/  files:/; s|^#    paths: \[/srv/NAME/files\]|\
    paths: [/etc/hostname]|' muster.yaml
	run -0 muster snapshot -q
	run -0 muster drill -q
	run -0 muster gate -q
}

@test "in JSON it names all that was made" {
	make_bench
	run -0 muster init -s store -b bench --bare-recovery-key --json
	run -0 jq -e --arg here "$PWD" '.schema == "muster.init/1" and .made and
	    .store == $here + "/store" and .policy == $here + "/muster.yaml" and
	    .recovery_key == $here + "/recovery.key" and
	    .database == "_abc" and (.store_id | length) == 32 and
	    (.charter | length) == 64' <<<"$output"
	[ "$(find store/charters -type f | wc -l)" -eq 1 ]
	run -0 muster init -s other -o o/p.yaml --bare-recovery-key -q
	[ -z "$output" ]
}

@test "a dry run says what it would make, and makes nothing" {
	make_bench
	before=$(find .)
	run -0 muster init -n -s store -b bench
	[ "${lines[0]}" = "would make" ]
	[[ $output == *"database _abc"* ]]
	[ "$(find .)" = "$before" ]
	echo mine >muster.yaml
	run -2 muster init -n -s store -b bench
	[[ $output == *"policy $PWD/muster.yaml exists already"* ]]
}

@test "nothing is ever overwritten, and nothing made when one is there" {
	for there in muster.yaml writer.key recovery.key store/packs/x; do
		rm -rf muster.yaml writer.key recovery.key store
		mkdir -p "$(dirname "$there")"
		echo mine >"$there"
		run -2 muster init -s store --bare-recovery-key
		echo "$there: $output"
		[ "$(find . -type f ! -name pass)" = "./$there" ]
		[ "$(cat "$there")" = mine ]
	done
}

@test "a passphrase is asked for twice, and not shown" {
	run -0 on_terminal secret secret -- muster init -s store
	[[ $output == "New passphrase of the recovery key: "* ]]
	[[ $output == *"The same again: "*made* ]]
	[[ $output != *secret* ]]
	echo secret >pass
	run -0 muster key prove recovery.key --passphrase-file pass -s store
	run -2 on_terminal one another -- muster init -s s2 -o d/p.yaml
	[[ $output == *"the two passphrases differ" ]]
	[ -z "$(find d s2 -type f 2>/dev/null)" ]
}

@test "without a terminal it must be told how the key is protected" {
	run -64 muster init -s store </dev/null
	[[ $output == *"expected --passphrase-file or --bare-recovery-key"* ]]
	run -64 muster init -s store --bare-recovery-key --passphrase-file pass
	chmod 644 pass
	run -2 muster init -s store --passphrase-file pass
	[[ $output == *"(mode 644); chmod 600 it" ]]
	run -2 muster init -s store --passphrase-file absent
	[ "$(find . -type f)" = ./pass ]
}

@test "what is asked for wrongly is 64, with a hint" {
	run -64 muster init
	[[ $output == *"expected --store FOLDER"* ]]
	run -64 muster init -s store --bare-recovery-key -r nonsense
	[[ $output == *"--recipient: \"nonsense\" is not the public line"* ]]
	run -64 muster init -s store --bare-recovery-key store2
	[ -z "$(find . -type f ! -name pass)" ]
}

@test "a bench that is none, has no such site, or several, is named" {
	mkdir empty
	run -2 muster init -s store -b empty --bare-recovery-key
	[[ $output == *"empty is no bench: it has no folder sites/"* ]]
	run -2 muster init -s store -b nowhere --bare-recovery-key
	[[ $output == *"cannot find bench nowhere: "* ]]
	make_bench
	run -2 muster init -s store -b bench --site other --bare-recovery-key
	[[ $output == *"has no site other" ]]
	make_bench second.example
	run -2 muster init -s store -b bench --bare-recovery-key
	[[ $output == *erp.example*second.example* ]]
	[ ! -e store ]
	run -0 muster init -s store -b bench --site second.example \
	    --bare-recovery-key -q
	echo '{' >bench/sites/erp.example/site_config.json
	run -2 muster init -s s2 -o p2/p.yaml -b bench --site erp.example \
	    --bare-recovery-key
	[[ $output == *"site erp.example: "*site_config.json* ]]
}

@test "other recovery keys open the store, too" {
	muster key new second.key --bare >/dev/null
	line=$(muster key show second.key | sed -n 's/^public: //p')
	run -0 muster init -q -s store --bare-recovery-key -r "$line"
	root=$(muster key show recovery.key | sed -n 's/^public: //p')
	muster key new again.key --bare --from second.key --root "$root"
	run -0 muster key prove again.key --store store
}

# as_nobody COMMAND ...
as_nobody() {
	setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
}

@test "nothing is made when one of them could not be" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
	init=$(command -v muster-init)
	as_nobody test -x "$init" || skip "nobody cannot run muster-init"
	top=$(mktemp -d /var/tmp/muster-bats.XXXXXX)
	chmod 711 "$top"
	mkdir "$top/mine" "$top/roots"
	chown nobody "$top/mine"
	cd "$top/mine"
	run -2 as_nobody "$init" --site s --bare-recovery-key \
	    --store ../roots/a/store
	echo "$output"
	[[ $output == *"cannot make store "*": cannot write in $top/"* ]]
	[ -z "$(ls -A)" ]
	run -2 as_nobody "$init" --site s --bare-recovery-key --store store \
	    -k ../roots/key
	[[ $output == *"cannot make recovery key "*": Permission denied"* ]]
	[ -z "$(ls -A)" ]
	rm -rf "$top"
}

@test "a later step that fails is 3, and what was made is named" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to mount a full disk"
	mkdir d
	mount -t tmpfs -o nr_inodes=1 tmpfs d
	run muster init -s d/store -o muster.yaml --bare-recovery-key
	umount d
	[ "$status" -eq 3 ]
	[[ $output == *"made until then, and still there: recovery key" ]]
	[ -e recovery.key ]
	[ ! -e muster.yaml ]
}

@test "an answer that cannot be written is 2 when nothing else is wrong" {
	run bash -c 'muster init -s store --bare-recovery-key >/dev/full'
	[ "$status" -eq 2 ]
	[[ $output == "muster-init: cannot write standard output: "* ]]
	run bash -c 'muster init -n -s other -o o/p.yaml >/dev/full'
	[ "$status" -eq 2 ]
}

@test "a real bench is understood" {
	bench=$BATS_TEST_DIRNAME/../../../shared/data/fixtures/bench
	[ -d "$bench/sites" ] || skip "no ../shared/data/fixtures/bench"
	run -0 muster init -s store -b "$bench" --bare-recovery-key
	[[ $output == *"for site site1.local: database _"*", 2 file trees, "* ]]
	run -0 muster list
}

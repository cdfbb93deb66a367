#!/usr/bin/env bats
# muster-key: what a user sees of keys.
# shellcheck disable=SC2154  # stderr is set by run

bats_require_minimum_version 1.5.0

setup() {
	bin=${MUSTER_BIN:-$BATS_TEST_DIRNAME/../../build/gcc/bin}
	key=$bin/muster-key
	unset MUSTER_PASSPHRASE_FILE
	umask 077
	cd "$BATS_TEST_TMPDIR" || return 1
	echo "correct horse" >pass
	echo "another horse" >other
}

# A store with a bare recovery key, in ./store and ./recovery.key.
make_store() {
	"$bin/muster-init" --quiet --store store --site example.com \
	    --bare-recovery-key "$@"
}

public_of() {
	"$key" show "$1" | sed -n 's/^public: //p'
}

@test "a new key is a file of mode 0600, and its public line is printed" {
	run --separate-stderr "$key" new k --bare
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(stat -c %a k)" = 600 ]
	[[ ${lines[0]} =~ ^recovery\ key\ [0-9a-f]{16},\ bare:\  ]]
	[[ ${lines[1]} =~ ^public:\ muster-recovery-1\ [^\ ]{44}\ [^\ ]{44}$ ]]
	[[ ${lines[2]} =~ ^root:\ [^\ ]{44}\ \(itself\)$ ]]
}

@test "the answer holds nothing of the secret line" {
	"$key" new k --bare >answer
	"$key" show k >>answer
	"$key" show k --json >>answer
	run ! grep -F "$(tail -n 1 k | cut -c 1-20)" answer
}

@test "no file is ever overwritten" {
	echo precious >k
	run "$key" new k --bare
	[ "$status" -eq 2 ]
	[ "$(cat k)" = precious ]
	"$key" new a --bare
	"$key" paper a >rows
	run "$key" type k <rows
	[ "$status" -eq 2 ]
	[ "$(cat k)" = precious ]
}

@test "show says whether a passphrase protects the key, and asks for none" {
	"$key" new k --passphrase-file pass >/dev/null
	run setsid -w "$key" show k </dev/null
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == *", under a passphrase" ]]
}

@test "show in JSON is one object" {
	"$key" new k --bare >/dev/null
	run --separate-stderr "$key" show k --json
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.schema == "muster.key/1" and .kind == "recovery" and
	    .passphrase == false and (.run_id | length) == 16 and
	    (.public | startswith("muster-recovery-1 "))' <<<"$output"
}

@test "show says of a writer key which store it is for" {
	make_store
	run "$key" show writer.key
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "writer key "* ]]
	[[ ${lines[3]} =~ ^store:\ [0-9a-f]{32}$ ]]
}

@test "a loose, damaged, newer or absent key file is trouble, and says why" {
	"$key" new k --bare >/dev/null
	chmod 644 k
	run "$key" show k
	[ "$status" -eq 2 ]
	[[ $output == *"chmod 600"* ]]
	chmod 600 k
	sed '1s/1$/2/' k >newer
	run "$key" show newer
	[ "$status" -eq 2 ]
	[[ $output == *"version 2"*"use a newer muster"* ]]
	sed '2s/bare/base/' k >damaged
	run "$key" show damaged
	[ "$status" -eq 2 ]
	[[ $output == *"was changed"* ]]
	run "$key" show absent
	[ "$status" -eq 2 ]
	echo hello >text
	run "$key" show text
	[ "$status" -eq 2 ]
	[[ $output == *"not a muster key file"* ]]
}

@test "a loose passphrase file is refused, and so is an empty one" {
	chmod 644 pass
	run "$key" new k --passphrase-file pass
	[ "$status" -eq 2 ]
	[[ $output == *"chmod 600"* ]]
	: >pass
	chmod 600 pass
	run "$key" new k --passphrase-file pass
	[ "$status" -eq 2 ]
	[[ $output == *"is empty"* ]]
	[ ! -e k ]
}

@test "interrupted while it asks, it makes no key and brings echo back" {
	run python3 "$BATS_TEST_DIRNAME/../lib/on_terminal.py" $'\x03' -- \
	    bash -c '"$0" new k; echo "status $?"; stty -a' "$key"
	echo "$output"
	[[ $output == *"interrupted by SIGINT"*"status 130"* ]]
	[[ $output == *" echo "* ]]
	[ ! -e k ]
}

@test "without a terminal and without a passphrase file no key is made" {
	run setsid -w "$key" new k </dev/null
	[ "$status" -eq 2 ]
	[[ $output == *"no terminal to ask for a passphrase on"* ]]
	[ ! -e k ]
}

@test "prove says yes when the key opens the store" {
	make_store
	run --separate-stderr "$key" prove recovery.key --store store
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	yes='^yes: recovery key [0-9a-f]{16} opens store [0-9a-f]{32}$'
	[[ $output =~ $yes ]]
	run "$key" prove recovery.key --store store --json
	jq -e '.opens == true and (.store | length) == 32' <<<"$output"
	run "$key" --quiet --store store prove recovery.key
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "prove says no to a stranger's key" {
	make_store
	"$key" new k --bare >/dev/null
	run --separate-stderr "$key" prove k --store store
	[ "$status" -eq 1 ]
	no="no: recovery key * does not open store: *stranger*"
	# shellcheck disable=SC2053  # a pattern
	[[ $output == $no ]]
	run "$key" prove k --store store --json
	[ "$status" -eq 1 ]
	jq -e '.opens == false and has("store") == false' <<<"$output"
}

@test "prove says no when the charter was changed" {
	make_store
	charter=$(find store/charters -type f)
	chmod u+w "$charter"
	sed -i 's/"sig":"\(.\)\(.\)/"sig":"\2\1/' "$charter"
	run "$key" prove recovery.key --store store
	[ "$status" -eq 1 ]
	[[ $output == *"${charter#store/}"* ]]
}

@test "prove says no when the charter has another's name" {
	make_store
	charter=$(find store/charters -type f)
	mv "$charter" "store/charters/$(printf '%064d' 0)"
	run "$key" prove recovery.key --store store
	[ "$status" -eq 1 ]
	[[ $output == *"not what its name says"* ]]
}

@test "what prove cannot tell is trouble, never a no" {
	"$key" new k --passphrase-file pass >/dev/null
	mkdir empty
	run "$key" prove k --passphrase-file pass --store empty
	[ "$status" -eq 2 ]
	run "$key" prove k --passphrase-file pass --store absent
	[ "$status" -eq 2 ]
	make_store
	run "$key" prove k --passphrase-file other --store store
	[ "$status" -eq 2 ]
	[[ $output == *"wrong passphrase"* ]]
	run "$key" prove writer.key --store store
	[ "$status" -eq 2 ]
}

@test "a second recovery key opens the store once it trusts the first" {
	"$key" new second --passphrase-file pass >/dev/null
	make_store --recipient "$(public_of second)"
	run "$key" prove second --passphrase-file pass --store store
	[ "$status" -eq 1 ]
	"$key" new again --from second --old-passphrase-file pass \
	    --passphrase-file other --root "$(public_of recovery.key)"
	run "$key" prove again --passphrase-file other --store store
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(public_of again)" = "$(public_of second)" ]
}

@test "a key written again keeps its root and changes its passphrase" {
	make_store
	MUSTER_PASSPHRASE_FILE=other "$key" new again --from recovery.key
	run "$key" prove again --passphrase-file pass --store store
	[ "$status" -eq 2 ]
	run "$key" prove again --passphrase-file other --store store
	[ "$status" -eq 0 ]
}

@test "a key goes to paper and comes back" {
	"$key" new k --passphrase-file pass >/dev/null
	"$key" paper k >rows
	run ! grep -Evq '^[0-9]{2}( [^ ]{1,8}){1,5} [0-9a-f]{4}$' rows
	"$key" type again <rows
	cmp k again
	[ "$(stat -c %a again)" = 600 ]
}

@test "a typing error is named by its row" {
	"$key" new k --bare >/dev/null
	"$key" paper k | sed '3s/^\(03 ...\)./\1~/' >rows
	run "$key" type again <rows
	[ "$status" -eq 2 ]
	[[ $output == *"row 03 has a typing error" ]]
	[ ! -e again ]
}

@test "an answer that cannot be written is trouble" {
	make_store
	"$key" new k --bare >/dev/null
	for words in "show k" "paper k" "show k --json" \
	    "prove recovery.key --store store" "new fresh --bare"; do
		# shellcheck disable=SC2086  # words
		run bash -c '"$0" "$@" >/dev/full' "$key" $words
		echo "$words: $status $output"
		[ "$status" -eq 2 ]
	done
}

@test "what is asked for wrongly is 64, with a hint" {
	for words in "" "show" "bogus k" "show a b" "prove k" \
	    "new k --bare --passphrase-file pass" "new k --root nonsense"; do
		# shellcheck disable=SC2086  # words
		run "$key" $words
		echo "$words: $status $output"
		[ "$status" -eq 64 ]
	done
	[ ! -e k ]
}

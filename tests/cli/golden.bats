#!/usr/bin/env bats
# The frozen bytes of every version of the format are read, now and for ever;
# what a newer one wrote is refused with a sentence.

bats_require_minimum_version 1.5.0

setup() {
	root=$BATS_TEST_DIRNAME/../..
	PATH=${MUSTER_BIN:-$root/build/gcc/bin}:$PATH
	unset MUSTER_POLICY MUSTER_PASSPHRASE_FILE
	umask 077
	cd "$BATS_TEST_TMPDIR" || return 1
	cp -r "$root/tests/golden/v1/." .
	chmod 600 ./*.key passphrase
	# the newer one has all components, the older one what was piped in
	newer=$(find store/snapshots -type f | sort | tail -n 1)
	older=$(find store/snapshots -type f | sort | head -n 1)
	[ "$newer" != "$older" ]
}

# each_part COMMAND ...: run for each frozen tar, with its snapshot and name,
# and compare what it writes
each_part() {
	local sum part snapshot n=0
	while read -r sum part; do
		snapshot=${newer#store/}
		[ "$part" != note ] || snapshot=${older#store/}
		"$@" "$snapshot" "$part" >tar
		[ "$(sha256sum <tar)" = "$sum  -" ]
		n=$((n + 1))
	done <tars.sha256
	[ "$n" -eq 4 ]
}

@test "version 1 is good: without keys, and every chunk with either key" {
	run -0 muster-verify --store ./store
	[[ $output == good:* ]]
	run -0 muster-verify --store ./store --content -k recovery.key \
	    --passphrase-file passphrase
	[[ $output == good:* ]]
	run -0 muster-verify --store ./store --content -k second.key
	[[ $output == good:* ]]
	run -0 muster-key prove second.key --store ./store
}

@test "version 1 lists its snapshots, receipt and verdict as believed" {
	run -0 muster-list --store ./store --all -k second.key
	[ "$(grep -c ' snapshot ' <<<"$output")" -eq 2 ]
	[ "$(grep -c ' receipt ' <<<"$output")" -eq 1 ]
	[ "$(grep -c ' verdict ' <<<"$output")" -eq 1 ]
	[[ $output != *DAMAGED* ]]
}

@test "version 1 opens to the same tars as on the day it was made" {
	with_bare() {
		muster-cat --store ./store -k second.key -S "$1" "$2"
	}
	each_part with_bare
	muster-cat --store ./store -k recovery.key \
	    --passphrase-file passphrase files >tar
	grep -q "$(sha256sum <tar | cut -d ' ' -f 1)  files" tars.sha256
}

@test "version 1 opens with the reader written from the page" {
	with_passphrase() {
		"$root/tests/lib/reader.py" store recovery.key passphrase \
		    "$2" "$1"
	}
	with_bare() {
		"$root/tests/lib/reader.py" store second.key - "$2" "$1"
	}
	each_part with_bare
	each_part with_passphrase
}

@test "version 1 is restored, names, links and attributes" {
	# 4 where a device or an attribute cannot be made: not root, tmpfs
	run muster-restore --store ./store -k second.key -c files -t out
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
	cd out/var/tmp/muster-golden/site/files
	[ "$(cat hello.txt)" = "hello, muster" ]
	[ hello.txt -ef "folder/the same.txt" ]
	[ "$(readlink folder/link)" = ../hello.txt ]
	[ "$(cat "$(printf 'gr\374n.txt')")" = \
	    "$(printf 'gr\374n, in no character set')" ]
	[ "$(stat -c '%y' set-uid)" = \
	    "$(date -d @1700000000.123456789 '+%F %T.%N %z')" ]
	[ "$(stat -c %s big.txt)" -eq 1100000 ]
}

@test "a snapshot that cannot be believed is not passed over in silence" {
	chmod u+w "$newer"
	printf ' ' >>"$newer"
	run -0 --separate-stderr muster-cat --store ./store -k second.key note
	# shellcheck disable=SC2154 # set by run
	[[ $stderr == *"1 snapshot cannot be believed and was passed over"* ]]
	run -0 --separate-stderr muster-restore --store ./store \
	    -k second.key -t out --quiet
	[[ $stderr == *"1 snapshot cannot be believed and was passed over"* ]]
	run -0 --separate-stderr muster-cat --store ./store -k second.key \
	    -S "${older#store/}" note
	[ -z "$stderr" ]
	run -1 muster-verify --store ./store
	[[ $output == *"$(basename "$newer")"* ]]
}

@test "a key file of a newer version is refused with a sentence" {
	sed -i '1s/1$/2/' second.key
	run -2 muster-verify --store ./store --content -k second.key
	[[ $output == *"version 2; this muster knows version 1"* ]]
}

@test "a pack of a newer version is named by verify" {
	old=$(find store/packs -type f | sort | head -n 1)
	cp "$old" new
	chmod u+w new
	printf '\2' | dd of=new bs=1 seek=8 conv=notrunc status=none
	sum=$(sha256sum <new | cut -d ' ' -f 1)
	mkdir -p "store/packs/${sum:0:2}"
	mv new "store/packs/${sum:0:2}/$sum"
	run -1 muster-verify --store ./store
	[[ $output == *"$sum"*"a pack of version 2"* ]]
}

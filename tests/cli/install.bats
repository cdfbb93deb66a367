#!/usr/bin/env bats
# What make install puts where, that it runs from there, and that uninstall
# leaves nothing behind.

load ../lib/site.bash

setup_file() {
	dest=$(mktemp -d /var/tmp/muster-install.XXXXXX)
	export dest
	# The build whose commands are under test, already made.
	made=$(dirname "$MUSTER_BIN")
	make -s -C "$BATS_TEST_DIRNAME/../.." B="$made" DESTDIR="$dest" \
	    PREFIX=/usr install
}

teardown_file() {
	site_drop
	rm -rf "$dest"
}

@test "commands, pages and policies are where a system expects them" {
	cd "$BATS_TEST_DIRNAME/../.."
	for source in bin/*.c; do
		name=$(basename "$source" .c)
		[ "$(stat -c %a "$dest/usr/bin/$name")" = 755 ]
	done
	for page in man/*; do
		cmp "$page" "$dest/usr/share/man/man${page##*.}/${page#man/}"
	done
	for policy in policies/*; do
		cmp "$policy" "$dest/usr/share/muster/$policy"
	done
	run ! grep -q "$dest" -r "$dest/usr/share"
}

@test "from there the main job runs, by muster and by full names" {
	PATH=$dest/usr/bin:/usr/bin:/bin
	unset MUSTER_BIN
	run -0 command -v muster
	[ "$output" = "$dest/usr/bin/muster" ]
	docs_make
	run -0 muster snapshot -q
	run -0 muster-verify -q
	run -0 muster predeploy -q
	run -0 muster list --all
	[[ ${lines[-1]} == *GO ]]
	cd /
	run -0 "$dest/usr/bin/muster" verify -q
}

@test "uninstall takes everything away again, and nothing else" {
	: >"$dest/usr/bin/mine"
	make -s -C "$BATS_TEST_DIRNAME/../.." DESTDIR="$dest" PREFIX=/usr \
	    uninstall
	run -0 find "$dest" ! -type d
	[ "$output" = "$dest/usr/bin/mine" ]
}

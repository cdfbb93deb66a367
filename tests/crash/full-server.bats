#!/usr/bin/env bats
# The disk under the throwaway server of a drill fills, sooner or later: exit
# 2, a sentence that names the folder, no receipt, and nothing left.
# shellcheck disable=SC2154	# site.bash sets site_name and others

load ../lib/site.bash
load ../lib/crash.bash

setup_file() {
	site_make 2
	bare_key
	can_mount
	muster db --quiet		# all that fails is the server's
	mkdir -p "$SITE/store/receipts"
}

setup() {
	[ -e "$SITE/mounts" ] || skip "file systems cannot be mounted here"
}

teardown() {
	no_disks
}

teardown_file() {
	no_disks
	site_drop
}

# could_not WHAT: a drill that ends so
could_not() {
	run -2 muster drill
	printf '# | %s | exit 2 | ...%s\n' "$1" \
	    "$(tail -n 1 <<<"$output" | tail -c 60)" >&3
	echo "$output"
	[[ $output == *" in $SITE/scratch (policy: drill.scratch)"* ]]
	[ -z "$(find "$SITE/store/receipts" -type f)" ]
	nothing_left
	store_is_good
}

@test "no more files can be made" {
	for n in 8 40 150 220 240; do
		small_disk scratch "1g,nr_inodes=$n"
		could_not "$(printf '%3d inodes   ' "$n")"
		no_disk scratch
	done
}

# The policy's server first fills the disk, but for so many KB, and then is
# the usual one.
@test "no more bytes can be written" {
	cat >"$SITE/mariadbd" <<-END
	#!/bin/sh
	case "\$*" in
	*--skip-networking*)
		left=\$(df --output=avail -k "$SITE/scratch" | tail -n 1)
		want=\$(cat "$SITE/leave")
		[ "\$left" -le "\$want" ] ||
			head -c \$(((left - want) * 1024)) /dev/zero \\
			    >"$SITE/scratch/.fill"
	esac
	exec $(command -v mariadbd) "\$@"
	END
	chmod 755 "$SITE/mariadbd"
	sed -i "s|^drill:|&\n  mariadbd: $SITE/mariadbd|" "$MUSTER_POLICY"
	for kb in 0 300 13000 14000 15000; do
		small_disk scratch 350m
		chmod 1777 "$SITE/scratch"
		echo "$kb" >"$SITE/leave"
		could_not "$(printf '%5d kB left' "$kb")"
		rm -f "$SITE/scratch/.fill"
		no_disk scratch
	done
}

@test "with room again, the next drill is carried out" {
	muster snapshot --quiet
	run -0 muster drill
}

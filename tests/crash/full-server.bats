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

# in_group MB COMMAND ...: in a control group of its own, with so much memory
in_group() {
	local group limit

	if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
		group=/sys/fs/cgroup/memory/muster-$$
		limit=memory.limit_in_bytes
	else
		group=/sys/fs/cgroup/muster-$$
		limit=memory.max
		echo +memory >/sys/fs/cgroup/cgroup.subtree_control || :
	fi 2>/dev/null
	mkdir "$group" 2>/dev/null || return 99
	status=99
	output=
	if echo "$1"M >"$group/$limit"; then
		status=0
		# shellcheck disable=SC2016	# meant for that shell
		output=$(bash -c 'echo $$ >"$1/cgroup.procs" && shift &&
		    exec "$@"' in_group "$group" "${@:2}" 2>&1) || status=$?
	fi 2>/dev/null
	top=$(cat "$group/memory.max_usage_in_bytes" \
	    "$group/memory.peak" 2>/dev/null || :)
	until rmdir "$group"; do sleep 0.1; done 2>/dev/null
	echo "$output"
	return "$status"
}

@test "memory that is not there is told before anything is done" {
	before=$(cat "$MUSTER_POLICY")
	sed -i "s|^  scratch: .*|&\n  memory: 100T|" "$MUSTER_POLICY"
	grep -q 100T "$MUSTER_POLICY"
	run -2 muster drill
	echo "$output"
	[[ $output == *" of memory left, the drill needs about "*" TB, of it "*\
" TB for the server's buffer pool (policy: drill.memory)" ]]
	echo "$before" >"$MUSTER_POLICY"
	[ -z "$(find "$SITE/store/receipts" -type f)" ]
	nothing_left
}

@test "in a control group, its limit counts, and what fits is enough" {
	run in_group 300 muster drill
	[ "$status" -ne 99 ] || skip "no control group can be made here"
	[ "$status" -eq 2 ]
	[[ $output == *"control group "*" of memory left, the drill needs"* ]]
	nothing_left
	# what was taken is a database alone, which is no whole site
	in_group 600 muster drill || [ "$status" -eq 1 ]
	[[ $output =~ pass\ +proof:\ db\  ]]
	echo "# drill within 600 MB: peak $((top / 1000000)) MB" >&3
	rm -f "$SITE"/store/receipts/*
	nothing_left
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

# For bats: killing commands, and what must be true afterwards.  After
# site.bash.

# A command's steps are its calls that change something in a file system.
crash_library() {
	cc -shared -fPIC -std=c17 -D_GNU_SOURCE -o "$SITE/kill_at.so" \
	    "$BATS_TEST_DIRNAME/../crash/kill_at.c" -ldl
}

# steps_of COMMAND ...: how many steps it takes, undisturbed
steps_of() {
	rm -f "$SITE/count"
	LD_PRELOAD=$SITE/kill_at.so MUSTER_KILL_COUNT=$SITE/count \
	    "$@" >/dev/null || return 1
	cat "$SITE/count"
}

# kill_at_step N COMMAND ...: SIGKILL before its n-th step; true if it was
kill_at_step() {
	n=$1
	shift
	status=0
	# the shell says "Killed" where its own standard error goes
	{
		LD_PRELOAD=$SITE/kill_at.so MUSTER_KILL_AT=$n \
		    "$@" >"$SITE/said" 2>&1 3>&-
	} 2>/dev/null || status=$?
	[ "$status" -eq 137 ]
}

# strike SIGNAL MILLISECONDS COMMAND ...: the signal after so long, to it
# alone; its exit status is in $status
strike() {
	sig=$1
	after=$(printf '%d.%03d' $(($2 / 1000)) $(($2 % 1000)))
	shift 2
	"$@" >"$SITE/said" 2>&1 3>&- &
	pid=$!
	sleep "$after"
	kill -s "$sig" "$pid" 2>/dev/null || :
	status=0
	{ wait "$pid"; } 2>/dev/null || status=$?
}

# milliseconds COMMAND ...: how long it takes; it must succeed
milliseconds() {
	local began
	began=$(date +%s%N)
	"$@" >&2 || return 1
	echo $((($(date +%s%N) - began) / 1000000))
}

# crash_begin: prints the seed of what is random in a test, and sets it; an
# earlier run is repeated with MUSTER_CRASH_SEED
crash_begin() {
	RANDOM=${MUSTER_CRASH_SEED:-20261125}
	printf '# | seed %s\n' "${MUSTER_CRASH_SEED:-20261125}" >&3
}

# moment N OF LENGTH: milliseconds, at random in the N-th of OF parts
moment() {
	echo $((($1 * 32768 + RANDOM) * $3 / ($2 * 32768)))
}

# struck: was the command at work when the signal came?  If not, $length is
# too long by now, on a machine that has others to serve as well.
struck() {
	[ "$status" -eq 0 ] || return 0
	length=$((length * 3 / 4))
	return 1
}

# bare_key: no passphrase, so that a drill takes no second for it
bare_key() {
	muster-key --quiet --from "$SITE/recovery.key" \
	    --old-passphrase-file "$SITE/passphrase" --bare \
	    new "$SITE/bare.key"
	sed -i "s|^  recovery: .*|  recovery: $SITE/bare.key|
	    /^  passphrase-file:/d" "$MUSTER_POLICY"
}

# Nothing that anybody would believe is half there.
store_is_good() {
	muster verify --quiet
}

# What a killed run may leave, the next one must have removed.
nothing_left() {
	left=$(scratch_left)
	parts=$(find "$SITE/store/.tmp" -type f)
	[ -z "$left$parts" ] || { echo "left: $left $parts"; return 1; }
	flock --nonblock "$SITE/state/lock" true ||
	    { echo "the lock is held"; return 1; }
}

# can_mount: notes in $SITE/mounts whether small disks can be had
can_mount() {
	if [ "$(id -u)" -eq 0 ] && small_disk scratch 1m 2>/dev/null; then
		no_disk scratch
		touch "$SITE/mounts"
	fi
}

# small_disk NAME SIZE[,OPTION ...]: $SITE/NAME is one of its own, with what
# there was in it
small_disk() {
	mkdir -p "$SITE/$1"
	mv "$SITE/$1" "$SITE/$1.below"
	mkdir -m 711 "$SITE/$1"
	mount -t tmpfs -o "mode=711,size=$2" tmpfs "$SITE/$1" || {
		rmdir "$SITE/$1"
		mv "$SITE/$1.below" "$SITE/$1"
		return 1
	}
	cp -a "$SITE/$1.below/." "$SITE/$1/"
}

more_room() {
	mount -o "remount,size=200m,nr_inodes=10000" "$SITE/$1"
}

no_disk() {
	[ -d "$SITE/$1.below" ] || return 0
	umount "$SITE/$1"
	rmdir "$SITE/$1"
	mv "$SITE/$1.below" "$SITE/$1"
}

# leave NAME KB: fill it but for so much
leave() {
	rm -f "$SITE/$1/.fill"
	free=$(df --output=avail -k "$SITE/$1" | tail -n 1)
	[ "$free" -le "$2" ] ||
	    head -c $(((free - $2) * 1024)) /dev/zero >"$SITE/$1/.fill"
}

no_disks() {
	for below in "$SITE"/*.below; do
		[ ! -d "$below" ] || no_disk "$(basename "$below" .below)"
	done
}

# shellcheck shell=sh disable=SC2154
# For memory and extremes: a working folder $work, removed at the end; sites;
# private servers; and the peak memory and time of a command.  They set $here,
# their own folder.
root=$here/../..
PATH=${MUSTER_BIN:-$root/build/gcc/bin}:$PATH
work=$(mktemp -d "${TMPDIR:-/var/tmp}/muster-memory.XXXXXX")
chmod 711 "$work"

# shellcheck disable=SC2317,SC2329	# called by the trap
clean() {
	for server in source other; do
		"$root/scripts/stop-mariadb" "$work/$server" || :
	done
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

now() { date +%s%N; }

# measure WHAT COMMAND ...: run it and print its peaks and its time
measure() {
	what=$1 anon=0 high=0
	shift
	began=$(now)
	"$@" >"$work/out" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		eval "$(awk '/^VmHWM/ {print "h=" $2} /^RssAnon/ {print "a=" $2}
		    ' "/proc/$pid/status" 2>/dev/null)" || :
		[ "${h:-0}" -le "$high" ] || high=$h
		[ "${a:-0}" -le "$anon" ] || anon=$a
		sleep 0.02
	done
	status=0
	wait "$pid" || status=$?
	printf '%-22s %6d MB peak %6d MB anonymous %9.1f s  exit %d\n' \
	    "$what" $((high / 1024)) $((anon / 1024)) \
	    "$(awk "BEGIN {print ($(now) - $began) / 1e9}")" "$status"
	[ "$status" -eq 0 ] || tail -n 5 "$work/out"
}

# site NAME COMPONENT-YAML: store, keys and policy in $work/NAME
site() {
	mkdir -m 711 "$work/$1" "$work/$1/scratch"
	(umask 077; echo 'correct horse battery staple' >"$work/$1/pass")
	muster init --quiet --store "$work/$1/store" --site "$1" \
	    --passphrase-file "$work/$1/pass" -k "$work/$1/recovery.key" \
	    -o "$work/$1/starter.yaml"
	cat >"$work/$1/muster.yaml" <<-YAML
	site: $1
	components: {$2}
	stores: {local: {url: $work/$1/store}}
	keys:
	  writer: $work/$1/writer.key
	  recovery: $work/$1/recovery.key
	  passphrase-file: $work/$1/pass
	state: $work/$1/state
	objectives: {rto: 4h, rpo: 4h}
	drill: {scratch: $work/$1/scratch}
	YAML
}

# server NAME [OPTION ...]: a private one, and an option file that leads to it
server() {
	name=$1
	shift
	"$root/scripts/start-mariadb" "$work/$name" --local-infile=1 \
	    --innodb-flush-method=nosync --innodb-doublewrite=0 \
	    --innodb-flush-log-at-trx-commit=0 \
	    --innodb-buffer-pool-size=1G --innodb-log-file-size=1G \
	    "$@" >/dev/null
	(umask 077; printf '[client]\nsocket=%s\nuser=%s\n' \
	    "$work/$name/sock" "$(id -un)" >"$work/$name.cnf")
}

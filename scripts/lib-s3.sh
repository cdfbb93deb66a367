# Read by start-s3 and stop-s3: which processes are daemons of ours.
# shellcheck shell=sh

# s3_owns PID DIR: is it a living process that start-s3 started in DIR?
s3_owns() {
	tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" |
	    grep -Fqx -e "CEPH_CONF=$2/ceph.conf" || return 1
	# a zombie has an environment, too, on some kernels
	! grep -qs '^State:.[ZX]' "/proc/$1/status"
}

# s3_alive DIR NAME: does the daemon of that name live in DIR?
s3_alive() {
	pid=$(cat "$1/run/$2.pid" 2>/dev/null) || return 1
	case $pid in
	'' | *[!0-9]*) return 1 ;;
	esac
	s3_owns "$pid" "$1"
}

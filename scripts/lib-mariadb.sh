# Read by start-mariadb and stop-mariadb: which process is a server of ours.
# shellcheck shell=sh

# mariadb_serves PID DIR: is it a living server of DIR/data?
mariadb_serves() {
	# The command line of a zombie is empty.
	tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" |
	    grep -Fqx -e "--datadir=$2/data"
}

# mariadb_is_ours DIR: does DIR/pid name a living server of DIR/data?
mariadb_is_ours() {
	[ -s "$1/pid" ] || return 1
	case $(cat "$1/pid") in
	*[!0-9]*) return 1 ;;
	esac
	mariadb_serves "$(cat "$1/pid")" "$1"
}

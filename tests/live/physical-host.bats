#!/usr/bin/env bats
# The physical method on a host that lacks something: mariadb-backup, room, a
# plugin; or that has another folder where the server has its data.  Each is
# named, with what to do, and nothing half-made is believed.
# shellcheck disable=SC2154	# bats sets status and output

load ../lib/lab.bash
load ../lib/crash.bash

setup_file() {
	lab_make
	SITE=$LAB			# for crash.bash
	export SITE
	can_mount
	lab_server src
	lab_sql src -e "CREATE DATABASE d; USE d;
	    CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))
	    SELECT seq AS id, REPEAT(MD5(seq), 6) AS v FROM seq_1_to_20000"
	physical src
	muster-snapshot --quiet
}

setup() {
	[ -e "$LAB/mounts" ] || skip "nothing can be mounted here"
}

teardown() {
	no_disks
}

teardown_file() {
	no_disks
	lab_drop
}

# physical NAME [LINE]: a policy for this server; the line belongs to drill
physical() {
	lab_policy <<-YAML
	  db: {defaults-file: $LAB/$1.cnf, databases: [d], method: physical}
	YAML
	sed -i '/^drill:/d' "$MUSTER_POLICY"
	printf 'drill:\n  scratch: %s\n%s\n' "$LAB/scratch" "${2:+  $2}" \
	    >>"$MUSTER_POLICY"
}

snapshots() {
	find "$LAB/store/snapshots" "$LAB/store/receipts" -type f 2>/dev/null |
	    wc -l
}

# fails STATUS SENTENCE COMMAND ...: so; no statement is made and nothing is
# left in scratch
fails() {
	local sentence=$2 expected=$1 before
	shift 2
	before=$(snapshots)
	run -"$expected" "$@"
	printf '# | %s | exit %s | %s\n' "$1" "$status" \
	    "$(tail -n 1 <<<"$output" | cut -c 1-250)" >&3
	[[ $output == *"$sentence"* ]]
	[ "$(snapshots)" -eq "$before" ]
	[ -z "$(ls "$LAB/scratch")" ]
}

# hidden COMMAND ...: where there is no mariadb-backup
hidden() {
	# shellcheck disable=SC2016	# for that shell
	unshare --mount sh -c 'for name in mariadb-backup mariabackup; do
	    path=$(command -v $name) && mount --bind /dev/null "$path"; done
	    exec "$@"' sh "$@"
}

@test "without mariadb-backup each command says what to install" {
	says='no program mariadb-backup in PATH: install the package mariadb-b'
	fails 2 "$says" hidden muster-snapshot
	fails 2 "$says" hidden muster-drill
	fails 2 "$says" hidden muster-restore --component db \
	    --target "$LAB/none"
	[ ! -e "$LAB/none" ]
	fails 1 "$says" hidden muster-doctor
	run -0 muster-doctor
}

@test "a data directory that is not the server's own is refused" {
	lab_server box
	lab_sql box -e 'CREATE DATABASE d'
	"$lab_scripts/stop-mariadb" "$LAB/box"
	mv "$LAB/box/data" "$LAB/box/real"
	mkdir -m 755 "$LAB/box/data"
	# shellcheck disable=SC2016	# for that shell
	unshare --mount sh -c 'mount --bind "$1/real" "$1/data" &&
	    exec "$2" "$1"' sh "$LAB/box" "$lab_scripts/start-mariadb" \
	    3>&- 4>&-
	physical box
	fails 2 "the data directory $LAB/box/data/ of the server is not the \
folder of that name here: run muster where the server runs" muster-snapshot
	fails 1 "is not the folder of that name here" muster-doctor
	rmdir "$LAB/box/data"
	fails 2 "cannot look at the server's data directory $LAB/box/data/: \
run muster on the server's host" muster-snapshot
	lab_stop box
	physical src
}

@test "a snapshot whose scratch disk is full says so" {
	small_disk scratch 1m
	leave scratch 0
	run -2 muster-snapshot
	echo "$output"
	[[ $output == *"no room is left in $LAB/scratch"* ]]
	leave scratch 8
	run -2 muster-snapshot
	echo "$output"
	[[ $output == *"no room is left in $LAB/scratch"* ]]
	rm "$LAB/scratch/.fill"
	run -0 muster-snapshot --quiet
}

@test "a drill whose scratch disk is too small says so before it begins" {
	small_disk scratch 20m
	fails 2 "$LAB/scratch has " muster-drill
}

@test "a drill whose scratch disk fills is no verdict" {
	for n in 8 40 90; do
		small_disk scratch "1g,nr_inodes=$n"
		fails 2 "in $LAB/scratch (policy: drill.scratch)" muster-drill
		no_disk scratch
	done
}

# filling PROGRAM WORD: a program that first fills the scratch disk, when it
# is called with the word
filling() {
	mkdir -p "$LAB/bin"
	chmod 755 "$LAB/bin"
	cat >"$LAB/bin/$1" <<-END
	#!/bin/sh
	case "\$*" in
	*$2*) head -c 1G /dev/zero >"$LAB/scratch/.fill" 2>/dev/null ;;
	esac
	exec $(command -v "$1") "\$@"
	END
	chmod 755 "$LAB/bin/$1"
}

@test "a scratch disk that is full when files are prepared, or started" {
	filling mariadb-backup --prepare
	small_disk scratch 400m
	chmod 1777 "$LAB/scratch"
	PATH=$LAB/bin:$PATH run -2 muster-drill
	echo "$output"
	[[ $output == *"in $LAB/scratch (policy: drill.scratch)"* ]]
	no_disk scratch
	filling mariadbd --skip-networking
	physical src "mariadbd: $LAB/bin/mariadbd"
	muster-snapshot --quiet
	before=$(snapshots)
	small_disk scratch 400m
	chmod 1777 "$LAB/scratch"
	run -2 muster-drill
	echo "$output"
	[[ $output == *"in $LAB/scratch (policy: drill.scratch)"* ]]
	[ "$(snapshots)" -eq "$before" ]
	no_disk scratch
	physical src
	muster-snapshot --quiet
	run -0 muster-drill
}

@test "the disk that is restored to is full" {
	small_disk out 8m
	run -3 muster-restore --component db --target "$LAB/out/data"
	echo "$output"
	[[ $output == *"$LAB/out/data"*"No space left"* ]]
	no_disk out
	filling mariadb-backup --prepare
	sed -i "s|$LAB/scratch/.fill|$LAB/out/.fill|" \
	    "$LAB/bin/mariadb-backup"
	small_disk out 300m
	chmod 1777 "$LAB/out"
	PATH=$LAB/bin:$PATH run -3 muster-restore --component db \
	    --target "$LAB/out/data"
	echo "$output"
	[[ $output == *"no room is left in $LAB/out/data"* ]]
}

@test "pages that a plugin compressed are prepared, and read" {
	plugins=$(mariadbd --no-defaults --verbose --help 2>/dev/null |
	    sed -n 's/^plugin-dir  *//p')
	[ -e "$plugins/provider_lz4.so" ] || skip "there is no provider_lz4"
	lab_server lz4 --plugin-load-add=provider_lz4 \
	    --innodb-compression-algorithm=lz4
	lab_sql lz4 -e "CREATE DATABASE d; USE d;
	    CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(500))
	    PAGE_COMPRESSED=1 SELECT seq AS id, REPEAT(MD5(seq), 15) AS v
	    FROM seq_1_to_20000"
	lab_sql lz4 -e "SET GLOBAL innodb_max_dirty_pages_pct=0,
	    innodb_max_dirty_pages_pct_lwm=0"
	for _ in $(seq 200); do
		n=$(lab_sql lz4 -e \
		    "SHOW STATUS LIKE 'Innodb_buffer_pool_pages_dirty'" |
		    cut -f 2)
		[ "$n" -gt 0 ] || break
		sleep 0.1
	done
	[ "$(lab_sql lz4 -e \
	    "SHOW STATUS LIKE 'Innodb_num_pages_page_compressed'" |
	    cut -f 2)" -gt 100 ]
	# pages on disk are compressed, and these changes are in the redo log
	lab_sql lz4 -e "SET GLOBAL innodb_max_dirty_pages_pct=90;
	    UPDATE d.t SET v=CONCAT('new', v) WHERE id % 100 = 0"
	lab_remember lz4 d
	physical lz4
	muster-snapshot --quiet
	run -0 muster-drill
	mkdir -m 711 "$LAB/copy"
	run -0 muster-restore --component db --target "$LAB/copy/data"
	lab_stop lz4
	lab_server copy --plugin-load-add=provider_lz4
	lab_same copy d
	lab_stop copy

	small_disk empty 1m
	# shellcheck disable=SC2016	# for that shell
	lacks() {
		unshare --mount sh -c 'mount --bind "$1" "$2" && shift 2 &&
		    exec "$@"' sh "$LAB/empty" "$plugins" "$@"
	}
	fails 2 "the source had pages compressed by provider_lz4, and there \
is no ${plugins%/}" lacks muster-drill
	[[ $output == *"install the package mariadb-plugin-provider-lz4" ]]
	fails 3 "install the package mariadb-plugin-provider-lz4" lacks \
	    muster-restore --component db --target "$LAB/copy"
	physical src
}

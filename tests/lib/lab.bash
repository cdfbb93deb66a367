# For bats: a folder with a store and keys, and servers that start in it; the
# policy is the test's to write.  The commands are those in MUSTER_BIN.

bats_require_minimum_version 1.5.0

lab_scripts=$BATS_TEST_DIRNAME/../../scripts
PATH=${MUSTER_BIN:?MUSTER_BIN names the folder of the commands}:$PATH
export PATH

# lab_make: $LAB with store/, scratch/, writer.key, recovery.key, passphrase
lab_make() {
	LAB=$(mktemp -d /var/tmp/muster-bats.XXXXXX)
	export LAB MUSTER_POLICY=$LAB/muster.yaml
	chmod 711 "$LAB"
	mkdir -m 711 "$LAB/scratch"
	(umask 077; echo 'correct horse battery staple' >"$LAB/passphrase")
	muster-init --quiet --store "$LAB/store" --site lab \
	    --recovery-key "$LAB/recovery.key" \
	    --passphrase-file "$LAB/passphrase" -o "$LAB/starter.yaml"
}

# lab_drop: stop every server and remove everything
lab_drop() {
	[ -n "${LAB:-}" ] || return 0
	for pid in "$LAB"/*/pid; do
		[ -e "$pid" ] || continue
		"$lab_scripts/stop-mariadb" "${pid%/pid}" || :
	done
	rm -rf "$LAB"
}

# lab_policy: write the policy: the components on standard input, and the rest
lab_policy() {
	{
		printf 'site: lab\ncomponents:\n'
		cat
		cat <<-YAML
		stores: {local: {url: $LAB/store}}
		keys:
		  writer: $LAB/writer.key
		  recovery: $LAB/recovery.key
		  passphrase-file: $LAB/passphrase
		state: $LAB/state
		objectives: {rto: 30m, rpo: 15m}
		drill: {scratch: $LAB/scratch}
		YAML
	} >"$MUSTER_POLICY"
}

# lab_server NAME [OPTION ...]: start a server; $LAB/NAME.cnf leads to it.
# What it holds does not outlive the machine.
lab_server() {
	local name=$1
	shift
	"$lab_scripts/start-mariadb" "$LAB/$name" --local-infile=1 \
	    --innodb-flush-method=nosync --innodb-doublewrite=0 \
	    --innodb-flush-log-at-trx-commit=0 --sync-binlog=0 \
	    --innodb-buffer-pool-size=512M --innodb-log-file-size=512M \
	    "$@" >/dev/null
	(umask 077; printf '[client]\nsocket=%s\nuser=%s\n' \
	    "$LAB/$name/sock" "$(id -un)" >"$LAB/$name.cnf")
}

# lab_stop NAME: stop a server and remove what it holds
lab_stop() {
	"$lab_scripts/stop-mariadb" "$LAB/$1"
	rm -rf "${LAB:?}/$1" "$LAB/$1.cnf"
}

# lab_sql NAME ARG ...: the client, without headings
lab_sql() {
	local name=$1
	shift
	mariadb --defaults-file="$LAB/$name.cnf" --batch \
	    --skip-column-names --default-character-set=utf8mb4 \
	    --local-infile=1 "$@"
}

# lab_witness NAME DB: what others see of a database: mariadb-dump, one row a
# line, sorted (rows of a table without a key have no order), then CHECKSUM
# TABLE of each table
lab_witness() (
	set -e -o pipefail
	mariadb-dump --defaults-file="$LAB/$1.cnf" --skip-dump-date \
	    --skip-comments --skip-extended-insert --hex-blob --routines \
	    --events --triggers "$2" | LC_ALL=C sort
	lab_sql "$1" -e "SELECT CONCAT('CHECKSUM TABLE \`',
	    REPLACE(table_name, '\`', '\`\`'), '\` EXTENDED;')
	    FROM information_schema.tables WHERE table_schema = '$2' AND
	    table_type = 'BASE TABLE' ORDER BY table_name" |
	    lab_sql "$1" "$2"
)

# lab_remember NAME DB ...: keep what others see of the databases now
lab_remember() {
	local name=$1 db
	shift
	for db; do
		lab_witness "$name" "$db" >"$LAB/witness.$db"
		[ -s "$LAB/witness.$db" ]
	done
}

# lab_same NAME DB ...: others see on this server what was remembered
lab_same() {
	local name=$1 db
	shift
	for db; do
		lab_witness "$name" "$db" >"$LAB/witness"
		cmp "$LAB/witness.$db" "$LAB/witness" || {
			diff "$LAB/witness.$db" "$LAB/witness" |
			    cut -c 1-300 | head -n 20
			return 1
		}
		echo "$db: $(wc -l <"$LAB/witness") lines are equal"
	done
}

# lab_data: the folder of the data sets, or nothing
lab_data() {
	local place
	for place in ../shared/data ../../shared/data; do
		place=$BATS_TEST_DIRNAME/../../$place
		[ -d "$place/sets" ] || continue
		(cd "$place" && pwd)
		return
	done
}

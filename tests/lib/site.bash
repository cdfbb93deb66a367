# For bats: a sample site with a store, keys and a policy, made once a file.
# The commands are those in MUSTER_BIN.

bats_require_minimum_version 1.5.0

site_scripts=$BATS_TEST_DIRNAME/../../scripts
PATH=${MUSTER_BIN:?MUSTER_BIN names the folder of the commands}:$PATH
export PATH

# site_make MB: $SITE with site/, store/, muster.yaml, recovery.key, passphrase
site_make() {
	SITE=$(mktemp -d /var/tmp/muster-bats.XXXXXX)
	export SITE
	chmod 711 "$SITE"
	"$site_scripts/sample-site" "$SITE/site" --mb "$1" >/dev/null
	bench=$SITE/site/frappe-bench
	site_name=$(python3 -c 'import json,sys
print(json.load(open(sys.argv[1]))["site"])' "$SITE/site/sample-site.json" \
	    2>/dev/null || echo sample.localhost)
	db_name=$(python3 -c 'import json,sys
print(json.load(open(sys.argv[1]))["db_name"])' \
	    "$bench/sites/$site_name/site_config.json")
	export bench site_name db_name
	(umask 077; echo 'correct horse battery staple' >"$SITE/passphrase")
	muster-init --store "$SITE/store" --bench "$bench" \
	    --defaults-file "$SITE/site/my.cnf" \
	    --recovery-key "$SITE/recovery.key" \
	    --passphrase-file "$SITE/passphrase" -o "$SITE/muster.yaml" \
	    >/dev/null
	mkdir -m 711 "$SITE/scratch"
	sed -i "s|^drill:\$|&\n  scratch: $SITE/scratch|" "$SITE/muster.yaml"
	grep -q "^  scratch: $SITE/scratch\$" "$SITE/muster.yaml"
	export MUSTER_POLICY=$SITE/muster.yaml
}

# docs_make: $SITE with a site without a database: tree/ and etc/, a store, a
# bare recovery key and muster.yaml.  No server, a fraction of a second.
docs_make() {
	SITE=$(mktemp -d /var/tmp/muster-bats.XXXXXX)
	export SITE MUSTER_POLICY=$SITE/muster.yaml
	chmod 711 "$SITE"
	mkdir -p "$SITE/tree/letters" "$SITE/etc"
	mkdir -m 711 "$SITE/scratch"
	echo 'dear reader' >"$SITE/tree/letters/one"
	ln -s letters/one "$SITE/tree/link"
	head -c 300000 /dev/urandom >"$SITE/tree/noise"
	echo '{"db_name": "d", "encryption_key": "k"}' >"$SITE/etc/site.json"
	muster-init --quiet --store "$SITE/store" --site docs.example \
	    --bare-recovery-key -o "$MUSTER_POLICY"
	docs_policy >"$MUSTER_POLICY"
}

# The policy of such a site, for tests to change.
docs_policy() {
	cat <<-END
	site: docs.example
	components:
	  files: {paths: [$SITE/tree]}
	  config:
	    paths: [$SITE/etc]
	    require-keys: {site.json: [encryption_key]}
	stores:
	  local: {url: $SITE/store}
	keys:
	  writer: $SITE/writer.key
	  recovery: $SITE/recovery.key
	state: $SITE/state
	objectives: {rto: 10m, rpo: 1h}
	drill: {scratch: $SITE/scratch}
	gate: {snapshot-age: 1h, drill-age: 1h}
	END
}

# docs_beside DIR: store, keys and DIR/muster.yaml for the same kind of site,
# of $SITE/tree and $SITE/etc, with the same scratch folder
docs_beside() {
	mkdir "$1"
	muster-init --quiet --store "$1/store" --site docs.example \
	    --bare-recovery-key -o "$1/muster.yaml"
	docs_policy | sed "s,$SITE/\(store\|writer\|recovery\|state\),$1/\1," \
	    >"$1/muster.yaml"
}

site_drop() {
	[ -n "${SITE:-}" ] || return 0
	[ ! -d "$SITE/site" ] ||
	    "$site_scripts/sample-site" "$SITE/site" --stop || :
	rm -rf "$SITE"
}

# Every object of the store with its content: equal before and after what
# changes nothing.
store_sum() {
	find "$SITE/store" -type f | sort | xargs sha256sum
}

# The first object of a kind.
object_of() {
	find "$SITE/store/$1" -type f | sort | head -n 1
}

# plainly COMMAND ...: run it as somebody whom the modes of files hold back,
# even if that is root.
plainly() {
	local caps=-dac_override,-dac_read_search

	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set="$caps" --inh-caps="$caps" "$@"
	else
		"$@"
	fi
}

# ended_by SIGNAL PID: send it until the process is gone; its exit status.
ended_by() {
	while kill -"$1" "$2" 2>/dev/null; do
		sleep 0.05
	done
	wait "$2"
}

# hold FILE: from now on another process holds that lock, a minute at most.
hold() {
	rm -f "$1.go"
	(
		flock 9
		: >"$1.held"
		for ((i = 0; i < 1200; i++)); do
			[ ! -e "$1.go" ] || break
			sleep 0.05
		done
		rm -f "$1.held"
	) 9>>"$1" 3>&- &
	until [ -e "$1.held" ]; do sleep 0.05; done
}

# let_go FILE: it does not any more.
let_go() {
	: >"$1.go"
	while [ -e "$1.held" ]; do sleep 0.05; done
	rm -f "$1.go"
}

# until_ready PID NAME: it runs that command and watches for signals.
until_ready() {
	until grep -aq "$2" "/proc/$1/cmdline" &&
	    grep -q '^SigCgt:.*[1-9a-f]' "/proc/$1/status"; do
		kill -0 "$1" || return 1
		sleep 0.05
	done
}

# on_terminal [LINE ...] -- COMMAND ...: run it with a terminal of its own,
# on which the lines are typed, each when a passphrase was asked for.
on_terminal() {
	python3 "$BATS_TEST_DIRNAME/../lib/on_terminal.py" "$@"
}

# The root's client of the sample server.
site_sql() {
	mariadb --no-defaults --socket="$SITE/site/mariadb/sock" \
	    --user="$(id -un)" --batch --skip-column-names "$@"
}

# flip FILE OFFSET: change one bit of a byte of a file
flip() {
	chmod u+w "$1"
	python3 - "$1" "$2" <<'PY'
import os, sys
path, at = sys.argv[1], int(sys.argv[2])
with open(path, "r+b") as f:
    if at < 0:
        at += os.path.getsize(path)
    f.seek(at)
    byte = f.read(1)[0]
    f.seek(at)
    f.write(bytes([byte ^ 1]))
PY
}

# scratch_left: names of throwaway folders below $SITE that are still there,
# and of processes that belong to one
scratch_left() {
	find "$SITE" -name 'muster-scratch-*' 2>/dev/null
	grep -lsaz "^MUSTER_SCRATCH=$SITE/" /proc/[0-9]*/environ || :
}

# odd_names: files in $SITE/tree whose names and sizes are not easy ones
odd_names() {
	for name in 'c d' $'new\nline' -dash "quote'\"" $'\xfc'; do
		head -c 200000 /dev/urandom >"$SITE/tree/$name"
	done
	# several chunks of one file, so that half of it can be damaged
	head -c 6000000 /dev/urandom >"$SITE/tree/several chunks"
}

# harm HOW: damage every pack
harm() {
	while IFS= read -r -d '' pack; do
		chmod u+w "$pack"
		size=$(stat -c %s "$pack")
		case $1 in
		flip-at-*) flip "$pack" $((size * ${1##*-} / 10)) ;;
		truncate) truncate -s $((size / 2)) "$pack" ;;
		empty) : >"$pack" ;;
		grow) echo x >>"$pack" ;;
		delete) rm -f "$pack" ;;
		esac
	done < <(find "$SITE/store/packs" -type f -print0)
}

# s3_env: of the servers in $S3_DIR, as their owner
s3_env() {
	set -a
	# shellcheck source=/dev/null
	. "$S3_DIR/env"
	set +a
	export AWS_ACCESS_KEY_ID=$S3_OWNER_KEY
	export AWS_SECRET_ACCESS_KEY=$S3_OWNER_SECRET
	export AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
	unset AWS_CA_BUNDLE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3
}

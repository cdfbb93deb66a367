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

site_drop() {
	[ -n "${SITE:-}" ] || return 0
	"$site_scripts/sample-site" "$SITE/site" --stop || :
	rm -rf "$SITE"
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

# scratch_left: names of throwaway folders and servers that are still there
scratch_left() {
	find "$SITE/scratch" -mindepth 1 -maxdepth 1
	for p in /proc/[0-9]*; do
		if { tr '\0' '\n' <"$p/environ"; } 2>/dev/null |
		    grep -q "^MUSTER_SCRATCH=$SITE/scratch/"; then
			echo "process ${p#/proc/}"
		fi
	done
}

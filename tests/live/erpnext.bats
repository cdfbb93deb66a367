# The real ERPNext schema with 200 MB of rows, some of which break naive tools,
# and a bench with odd files: snapshot, drill, restore, and the way out with
# the client alone.

load ../lib/lab.bash

db=_1bd3e0294da19198

setup_file() {
	data=$(lab_data)
	export data
	[ -n "$data" ] || return 0
	lab_make
	export bench=$LAB/bench
	python3 "$data/gen_erpnext.py" --mb 200 --bigrow-mb 8 --db "$db" \
	    --hostile --extras --odd-files --checks "$LAB/checks.sql" \
	    --out "$LAB/site.sql" --tree "$bench" --files 500 \
	    --files-mb 60 --site erp.localhost >/dev/null 2>&1
	lab_server source --log-bin --log-bin-trust-function-creators=1
	lab_sql source -e "CREATE DATABASE $db CHARACTER SET utf8mb4
	    COLLATE utf8mb4_unicode_ci"
	lab_sql source "$db" <"$LAB/site.sql"
	rm "$LAB/site.sql"
	lab_remember source "$db"
	lab_policy <<-YAML
	  db:
	    defaults-file: $LAB/source.cnf
	    databases: [$db]
	  files:
	    paths: [$bench/sites/erp.localhost/public/files,
	      $bench/sites/erp.localhost/private/files]
	  config:
	    paths: [$bench/sites/erp.localhost/site_config.json,
	      $bench/sites/common_site_config.json, $bench/sites/apps.txt]
	    require-keys: {site_config.json: [db_name, encryption_key]}
	YAML
	sed -i '/^drill:/d' "$MUSTER_POLICY"
	cat >>"$MUSTER_POLICY" <<-YAML
	drill:
	  scratch: $LAB/scratch
	  assertions:
	    - name: all files
	      sql: "SELECT file_url FROM tabFile WHERE is_folder = 0
	        AND file_url LIKE '/%files/%'"
	      files-exist: true
	YAML
	muster snapshot --quiet
}

setup() {
	[ -n "$data" ] || skip "no ../shared/data"
}

teardown_file() {
	lab_drop
}

# Of the generator's own invariants, none is broken.
checks_hold() {
	run -0 lab_sql "$1" "$db" <"$LAB/checks.sql"
	[ -z "$output" ]
}

@test "the site itself is what its generator says" {
	checks_hold source
	tables=$(lab_sql source -e "SELECT count(*) FROM
	    information_schema.tables WHERE table_schema = '$db'")
	[ "$tables" -gt 680 ]
}

@test "a drill of database, files and configuration passes" {
	run -0 muster drill
	[[ $output != *FAIL* ]]
	[[ $output == *"all files"* ]]
	[ -z "$(find "$LAB/scratch" -mindepth 1)" ]
}

@test "a restore into an empty server is what was there, as others see it" {
	lab_server restored
	run -0 muster restore -c db --server "$LAB/restored.cnf"
	lab_same restored "$db"
	checks_hold restored
	lab_stop restored
}

@test "files and configuration come back, odd names and all" {
	for c in files config; do
		run -0 muster restore -c $c -t "$LAB/$c"
	done
	for d in public private; do
		run -0 rsync -naHAXc --delete --out-format='%i %n' \
		    "$bench/sites/erp.localhost/$d/files/" \
		    "$LAB/files$bench/sites/erp.localhost/$d/files/"
		[ -z "$output" ]
	done
	cmp "$bench/sites/apps.txt" "$LAB/config$bench/sites/apps.txt"
	cmp "$bench/sites/erp.localhost/site_config.json" \
	    "$LAB/config$bench/sites/erp.localhost/site_config.json"
}

@test "the opened archive loads with the client alone, and is the same" {
	lab_server plain
	mkdir "$LAB/opened"
	muster cat db | bsdtar -xf - -C "$LAB/opened"
	(cd "$LAB/opened" && lab_sql plain <load.sql)
	lab_same plain "$db"
	checks_hold plain
}

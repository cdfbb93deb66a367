#!/usr/bin/env bats
# Rows that leave a damaged store: whole tables, or nothing of them.
# shellcheck disable=SC2154	# site.bash sets site_name and others

load ../lib/site.bash

setup_file() {
	site_make 2
	muster snapshot --quiet
	cp -a "$SITE/store" "$SITE/good"
}

teardown_file() {
	site_drop
}

restore_store() {
	rm -rf "$SITE/store" "$SITE/state"
	cp -a "$SITE/good" "$SITE/store"
}

@test "a drill of damaged packs fails, and leaves no server" {
	for how in flip-at-1 flip-at-3 flip-at-5 truncate delete; do
		restore_store
		harm "$how"
		status=0
		out=$(muster drill) || status=$?
		printf '# | drill | %-9s | exit %s | %s checks failed\n' \
		    "$how" "$status" "$(grep -c '^ *FAIL' <<<"$out")" >&3
		[ "$status" -eq 1 ]
		[[ $out == *FAIL*packs* ]]
		[ -z "$(scratch_left)" ]
	done
}

# Lines "SUM TABLE" of the source's tables, as they are in a database.
sums() {
	site_sql -e "SHOW FULL TABLES FROM \`$db_name\`
	    WHERE Table_type = 'BASE TABLE'" | cut -f 1 >"$SITE/tables"
	sed "s/.*/,\`$1\`.\`&\`/; 1s/,/CHECKSUM TABLE /" "$SITE/tables" |
	    site_sql | awk -F '\t' '{ print $2 "\t" $1 }'
}

@test "a database's rows from damaged packs are all of a table or none" {
	printf '[client]\nsocket=%s\nuser=%s\n' "$SITE/site/mariadb/sock" \
	    "$(id -un)" >"$SITE/root.cnf"
	chmod 600 "$SITE/root.cnf"
	sums "$db_name" >"$SITE/source"
	for how in flip-at-1 flip-at-3 flip-at-5 truncate; do
		restore_store
		harm "$how"
		site_sql -e "DROP DATABASE IF EXISTS copy"
		status=0
		muster restore -c db --server "$SITE/root.cnf" \
		    --database-as "$db_name=copy" >/dev/null 2>&1 || status=$?
		[ "$status" -eq 2 ] || [ "$status" -eq 3 ]
		sums copy >"$SITE/loaded"
		full=0 none=0
		while IFS=$'\t' read -r sum table <&4 && read -r loaded _ <&5
		do
			# a table that is not there has no sum, an empty one 0
			case $loaded in
			"$sum") full=$((full + 1)) ;;
			0 | NULL) none=$((none + 1)) ;;
			*) echo "$table: $sum, loaded: $loaded"; false ;;
			esac
		done 4<"$SITE/source" 5<"$SITE/loaded"
		[ $((full + none)) -eq "$(wc -l <"$SITE/source")" ]
		printf '# | load    | %-9s | exit %s | %s tables, %s not\n' \
		    "$how" "$status" "$full" "$none" >&3
		[ "$none" -gt 0 ]
	done
}

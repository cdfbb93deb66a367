# For bats: what the commands that take one component promise alike.  $c is
# the component, $other one that it is not, $path a file of it.

holds_itself_only() {
	run -0 --separate-stderr "muster-$c"
	[ -z "$stderr" ]
	[[ ${lines[0]} == "snapshot of docs.example: snapshots/"* ]]
	[[ ${lines[1]} == "  $c "*"  fingerprint "* ]]
	[[ $output != *$other* ]]
	run -0 "muster-$c" --json
	run -0 jq -e --arg c "$c" '[.components[].name] == [$c]' <<<"$output"
	run -0 bash -c "muster cat $c | tar -t"
	[[ $output == *"${path#/}"* ]]
	run -2 muster cat "$other"
	[[ $output == *"has no component $other: expected one of $c" ]]
}

is_refused_by_a_gate_that_wants_all() {
	"muster-$c" -q
	run -1 muster gate -q
	[[ $output =~ FAIL\ +snapshot\ components\ +files,\ config\ +$c ]]
}

is_silent_or_dry_when_asked() {
	run -0 "muster-$c" -q
	[ -z "$output" ]
	before=$(store_sum)
	run -0 "muster-$c" -n
	[[ ${lines[0]} == "dry run: a snapshot of docs.example would hold" ]]
	[ "$(store_sum)" = "$before" ]
}

needs_it_in_the_policy() {
	docs_policy | sed "/^  $c:/,/^  [cf]\|^s/{/^  $c:\|^    /d}" >less.yaml
	run -2 "muster-$c" -p less.yaml
	[ "$output" = "muster-$c: less.yaml: the policy has no component $c" ]
}

names_what_it_cannot_read() {
	chmod 000 "$path"
	run -4 plainly "muster-$c" -q
	chmod 644 "$path"
	[[ $output == *"note: $c: ${path#/}: Permission denied"* ]]
}

ends_as_all_that_take() {
	hold "$SITE/state/lock"
	run -75 "muster-$c"
	let_go "$SITE/state/lock"
	run -2 bash -c "muster-$c >/dev/full"
	[[ $output == "muster-$c: cannot write standard output: "* ]]
	run -64 "muster-$c" db
	run -64 "muster-$c" --lock-wait now
}

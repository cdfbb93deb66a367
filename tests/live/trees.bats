# Trees of every kind through the commands; rsync and bsdtar's mtree are the
# witnesses.

load ../lib/lab.bash

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	lab_make
	export trees=$LAB/trees
	mkdir "$trees"
	python3 "$BATS_TEST_DIRNAME/../lib/odd_tree.py" "$trees/odd" \
	    >"$LAB/lacks"
	python3 "$BATS_TEST_DIRNAME/../lib/odd_tree.py" "$trees/deep" deep
	# Copies: others on the machine may change the originals meanwhile.
	mkdir "$trees/real"
	for tree in /etc /usr/share/perl /usr/share/zoneinfo; do
		[ ! -d "$tree" ] || cp -a "$tree" "$trees/real"
	done
	lab_policy <<-YAML
	  files:
	    paths: [$trees/odd, $trees/deep, $trees/real]
	YAML
	muster snapshot >"$LAB/taken"
	muster restore -t "$LAB/back" >"$LAB/restored"
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "only root can make such trees"
	back=$LAB/back/files$trees
}

teardown_file() {
	if [ -n "${LAB:-}" ] && [ -d "$trees/odd/flags" ]; then
		chattr -R -i -a "$trees/odd/flags" 2>/dev/null || :
	fi
	lab_drop
}

# manifest FOLDER: what bsdtar sees, content by its SHA-256
manifest() {
	local keys=sha256,uid,gid,mode,size,time,type,link,device
	bsdtar -cf - --format=mtree --options="mtree:!all,$keys" -C "$1" . |
	    LC_ALL=C sort
}

@test "only the socket is left out, and named" {
	cat "$LAB/taken" "$LAB/lacks"
	[ "$(grep -c note: "$LAB/taken")" -eq 1 ]
	grep -q 'note: .*odd/special/socket: .*(special)$' "$LAB/taken"
	run -1 grep -i note "$LAB/restored"
}

@test "what came back is what was there, as rsync sees it" {
	for tree in odd real; do
		run -0 rsync -naHAXc --delete --out-format='%i %n' \
		    --exclude=/special/socket "$trees/$tree/" "$back/$tree/"
		[ -z "$output" ]
	done
}

@test "what came back is what was there, as bsdtar sees it" {
	for tree in odd real; do
		manifest "$trees/$tree" | grep -v '^\./special/socket ' \
		    >"$BATS_TEST_TMPDIR/a"
		manifest "$back/$tree" >"$BATS_TEST_TMPDIR/b"
		diff "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/a")" -gt 100 ]
	done
	[ ! -e "$back/odd/special/socket" ]
}

@test "holes are holes again" {
	for f in all-hole hole-first hole-last odd large; do
		a=$(stat -c %b "$trees/odd/sparse/$f")
		b=$(stat -c %b "$back/odd/sparse/$f")
		echo "$f: $a, $b blocks"
		[ "$b" -le $((a + 128)) ]
	done
}

@test "a path longer than the system takes comes back" {
	run -0 python3 -c '
import os, sys
os.chdir(sys.argv[1])
n = 0
while not os.path.exists("end"):
    (name,) = os.listdir(".")
    os.chdir(name)
    n += len(name) + 1
assert n > 4096, n
print(open("end").read(), end="")
' "$back/deep"
	[ "$output" = "the end of a long path" ]
}

@test "the copy is proven, and nothing is left of it" {
	run -0 muster drill
	[[ $output != *FAIL* ]]
	[ -z "$(find "$LAB/scratch" -mindepth 1)" ]
}

@test "one path of many comes back alone" {
	odd=${trees#/}/odd
	run -0 muster restore -c files -t "$LAB/some" \
	    "$odd/links/sub/three" "$odd/names/files/new
line" "$odd/modes/d0000"
	[ "$(find "$LAB/some" -type f -printf x)" = xxx ]
	cmp "$LAB/some/$odd/links/sub/three" "$trees/odd/links/one"
	run -0 rsync -naHAXc --delete --out-format='%i %n' \
	    "$trees/odd/modes/d0000/" "$LAB/some/$odd/modes/d0000/"
	[ -z "$output" ]
}

@test "a user who may not gets what he may, and is told of the rest" {
	mkdir "$LAB/his"
	chown nobody "$LAB/his"
	setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups \
	    test -x "$(command -v muster)" || skip "nobody cannot run muster"
	cp -a "$LAB/store" "$LAB/recovery.key" "$LAB/passphrase" "$LAB/his"
	chown -R nobody "$LAB/his"
	cd "$LAB/his"
	run -4 env -u MUSTER_POLICY HOME="$LAB/his" TMPDIR="$LAB/his" \
	    setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups \
	    "$(command -v muster)" restore --store "$LAB/his/store" -c files \
	    -k recovery.key --passphrase-file passphrase -t out \
	    "${trees#/}/odd"
	[[ $output == *"odd/special/null"* ]]
	[[ $output == *"odd/attributes/capable"* ]]
	cmp "$trees/odd/links/one" "out/$trees/odd/links/two"
	rm -rf out
}

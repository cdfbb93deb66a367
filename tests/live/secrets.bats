#!/usr/bin/env bats
# The passphrase, the database's password and the site's encryption key occur
# in no process's arguments, in nothing that a command says, in no core file,
# and in neither store nor index, while the whole job runs.
# shellcheck disable=SC2154	# site.bash sets site_name and others

load ../lib/site.bash

setup_file() {
	site_make 2
	# words that can be found, and that nothing else contains
	config=$bench/sites/$site_name/site_config.json
	python3 - "$config" "$SITE/site/my.cnf" >"$SITE/needles" <<'PY'
import json, re, sys
config = json.load(open(sys.argv[1]))
print(config["db_password"])
print(config["encryption_key"])
print(re.search(r"^password=(.*)$", open(sys.argv[2]).read(), re.M)[1])
PY
	cat "$SITE/passphrase" >>"$SITE/needles"
	grep -q . "$SITE/needles"
	watch_begin
	whole_job >"$SITE/said" 2>&1
	watch_end
}

teardown_file() {
	watch_end
	site_drop
}

# Look at the arguments of all processes, and at the limits and environments
# of muster's and its children's, again and again.
watch_begin() {
	python3 - "$SITE" <<'PY' >"$SITE/seen" 3>&- &
import os, sys, time
site = sys.argv[1]
needles = [n.encode() for n in open(site + "/needles").read().split("\n") if n]
rounds, ours, bad = 0, set(), set()
while not os.path.exists(site + "/stop"):
    rounds += 1
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            args = open(f"/proc/{pid}/cmdline", "rb").read()
            if any(n in args for n in needles) and b"grep" not in args:
                bad.add(("argument", args[:60]))
            name = os.path.basename(args.split(b"\0")[0]).decode()
            env = open(f"/proc/{pid}/environ", "rb").read()
            mark = b"MUSTER_SCRATCH=" + site.encode() in env
            if not name.startswith("muster-") and not mark:
                continue
            if any(n in env for n in needles):
                bad.add(("environment", name))
            limits = open(f"/proc/{pid}/limits").read()
            core = [l for l in limits.split("\n") if "core file" in l][0]
            # a new process has its starter's limits until it sets its own
            if core.split()[4:6] == ["0", "0"]:
                ours.add(name)
            elif mark:
                bad.add(("core limit", name))
        except (OSError, IndexError):
            pass
print(rounds, sorted(ours), sorted(bad))
PY
	echo $! >"$SITE/watcher"
}

watch_end() {
	[ -e "$SITE/watcher" ] || return 0
	touch "$SITE/stop"
	wait "$(cat "$SITE/watcher")" 2>/dev/null || :
	rm -f "$SITE/watcher"
}

whole_job() {
	rm -rf "$SITE/again"
	muster init -v --store "$SITE/again/store" --bench "$bench" \
	    --defaults-file "$SITE/site/my.cnf" \
	    --recovery-key "$SITE/again/recovery.key" \
	    --passphrase-file "$SITE/passphrase" -o "$SITE/again/muster.yaml"
	muster snapshot -v --progress=json
	muster verify -v --content --progress=line
	muster drill -v --progress=json
	muster drill --json
	muster gate -v
	muster list -v
	muster restore -v -c config -t "$SITE/restored"
	muster key -v --passphrase-file "$SITE/passphrase" -s "$SITE/store" \
	    prove "$SITE/recovery.key"
	# and what is said when it goes wrong
	sed "s/^password=.*/&x/" "$SITE/site/my.cnf" >"$SITE/wrong.cnf"
	chmod 600 "$SITE/wrong.cnf"
	sed "s|$SITE/site/my.cnf|$SITE/wrong.cnf|" "$MUSTER_POLICY" \
	    >"$SITE/wrong.yaml"
	! muster snapshot -v -p "$SITE/wrong.yaml" || return 1
	(umask 077; echo 'another passphrase' >"$SITE/wrong.pass")
	! muster drill -v --passphrase-file "$SITE/wrong.pass" || return 1
}

@test "no argument, no environment; every process is without core files" {
	cat "$SITE/seen"
	[[ $(cat "$SITE/seen") == *" []" ]]
	for name in muster-snapshot muster-verify muster-drill mariadbd; do
		grep -q "'$name'" "$SITE/seen"
	done
	[ "$(cut -d ' ' -f 1 "$SITE/seen")" -ge 20 ]
}

@test "nothing that a command says" {
	[ "$(wc -l <"$SITE/said")" -ge 40 ]
	run -1 grep -F -f "$SITE/needles" "$SITE/said"
	grep -q 'cannot' "$SITE/said"
}

@test "neither store nor state nor policy" {
	run -1 grep -rqaF -f "$SITE/needles" "$SITE/store" "$SITE/state" \
	    "$SITE/muster.yaml" "$SITE/again" "$SITE/recovery.key" \
	    "$SITE/writer.key"
	# where they belong they are, or nothing was looked for
	run -0 grep -rqaF -f "$SITE/needles" "$SITE/restored"
}

@test "a command that crashes leaves no core file" {
	python3 - muster-drill --quiet <<'PY'
import os, resource, signal, subprocess, sys, time
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
limits = f"/proc/{p.pid}/limits"
for i in range(1000):           # until it has set its own limit
    core = [l for l in open(limits) if "core file" in l][0].split()[4]
    if core == "0":
        break
    time.sleep(0.001)
os.kill(p.pid, signal.SIGSEGV)
_, status = os.waitpid(p.pid, 0)
assert core == "0", core
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSEGV
assert not os.WCOREDUMP(status)
PY
	muster drill --quiet
	[ -z "$(scratch_left)" ]
}

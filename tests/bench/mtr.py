#!/usr/bin/env python3
"""usage: mtr.py [--last] [--part I/N] [--list] [-v] [SUITE or FILE.test ...]

Run the server's own tests (Debian's mariadb-test-data) with mysqltest (package
mariadb-test, or $MYSQLTEST) against a private server, and take whatever
databases each leaves into another server and back (mtr_trip, made by
`make build/gcc/tests/bench/mtr_trip`).  Prints every line that differs, what
was refused or failed, with -v every file, and counts at the end; exit 1 if
anything differs or failed.

So that something is left, the tests are changed first: without --last nothing
is dropped, but gets another name when a test drops it; with --last it is only
dropped where the test makes one of that name again further down.  What reaches
outside of the server is cut out.  An object that muster refuses is dropped,
and the rest is taken again.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DATA = "/usr/share/mysql/mysql-test"
MYSQLTEST = os.environ.get("MYSQLTEST", "mysqltest")
TRIP = os.environ.get("MTR_TRIP", ROOT + "/build/gcc/tests/bench/mtr_trip")
SUITES = ["main"] + ["suite/" + s for s in (
    "archive client compat csv engines funcs_1 funcs_2 gcol handler heap "
    "innodb innodb_fts innodb_gis innodb_zip jp json maria "
    "optimizer_unfixed_bugs parts period plugins roles sql_sequence "
    "storage_engine stress sys_vars vcol versioning").split()]
SECONDS = 12
TRIP_SECONDS = 60
ROUNDS = 60
OUTSIDE = re.compile(
    r"(--\s*)?(exec|exec_in_background|system|shutdown_server|send_shutdown|"
    r"remove_files?|remove_files_wildcard|write_file|append_file|copy_files?|"
    r"copy_files_wildcard|move_file|chmod|mkdir|rmdir|force-rmdir|"
    r"force-cpdir|cat_file|diff_files|list_files\w*|file_exists|"
    r"source\s+include/(restart|start|kill|shutdown|crash|wait_for_line|"
    r"search_pattern|expect_crash|require_restart)\S*|skip|real_sleep|"
    r"sleep|reset_connection|error|enable_abort_on_error)\b", re.I)
NEEDS = re.compile(r"^\s*(?:--\s*)?source\s+include/have_\w*"
                   r"(debug|rocksdb|valgrind|crash|wsrep|32bit|windows)",
                   re.I | re.M)
DROP = re.compile(r"(\s*)(eval\s+)?drop\s+(temporary\s+)?(table|view|"
                  r"sequence|database|schema|procedure|function|trigger|event|"
                  r"package\s+body|package)s?\s+(if\s+exists\s+)?([^;]+?)"
                  r"\s*(cascade|restrict)?\s*;", re.I)
STATE = re.compile(r"(set\s+(@@)?global|install|mysql\.|flush|lower_case|"
                   r"set\s+password)", re.I)
NAME = r"(?:`[^`]+`|[\w$]+)"
NAMES = re.compile(r"%s(?:\.%s)?(\s*,\s*%s(?:\.%s)?)*$" %
                   (NAME, NAME, NAME, NAME), re.I)
REFUSED = re.compile(r"database (\S+): (?:\w+ )?(.*)", re.S)


def renamed(name):
    """NAME as a test's eval gives it a name of its own."""
    base = name.rstrip("`")[:48]
    return base + "_m$muster_n" + ("`" if name.endswith("`") else "")


def replace_drop(m, rest, last):
    what, names = m.group(4).lower(), m.group(6)
    if not NAMES.match(names):
        return m.group(0)
    if what in ("table", "view", "sequence") and not last:
        out = "inc $muster_n; "
        for n in re.split(r"\s*,\s*", names):
            out += "eval RENAME TABLE IF EXISTS %s TO %s; " % (n, renamed(n))
        return m.group(1) + out
    made = [n for n in re.split(r"\s*,\s*", names)
            if re.search(r"create[^;]{0,80}\b(%s|or\s+replace)\b[^;]{0,40}"
                         r"(?<![\w$])%s(?![\w$])" %
                         (what.replace("schema", "database"),
                          re.escape(n.strip("`"))), rest, re.I)]
    if not made:
        return m.group(1) + "DO 'kept';"
    return "%s%sdrop %s%s if exists %s;" % (
        m.group(1), m.group(2) or "", m.group(3) or "", m.group(4),
        ", ".join(made))


def change(text, last):
    """The same test, without drops and without what reaches outside."""
    out, delimiter, until = [], ";", None
    lines = text.split("\n")
    for i, line in enumerate(lines):
        bare = line.strip()
        if until is not None:
            until = None if bare == until else until
            continue
        m = re.match(r"(--\s*)?(perl|write_file|append_file)\b\s*(.*)", bare,
                     re.I)
        if m and (m.group(2).lower() == "perl" or delimiter == ";"):
            words = m.group(3).rstrip(";").split()
            if m.group(2).lower() == "perl":
                until = words[0] if words else "EOF"
            else:
                until = words[1] if len(words) > 1 else "EOF"
            continue
        m = re.match(r"(--\s*)?delimiter\s+(\S+?)\s*$", bare, re.I)
        if m:
            word = m.group(2)
            if word != delimiter and word.endswith(delimiter):
                word = word[:-len(delimiter)]
            delimiter = word
        elif OUTSIDE.match(bare):
            out.append("" if bare.startswith("--") or bare.endswith(";")
                       else "DO 1" if not bare.endswith("}") else "}")
            continue
        elif delimiter == ";" and re.match(r"(eval\s+)?drop\b", bare, re.I):
            rest = "\n".join(lines[i + 1:])
            line = DROP.sub(lambda m, r=rest: replace_drop(m, r, last), line)
        out.append(line)
    return "\n".join(out)


def copy_tree(to, last, names):
    """These tests, and all they include, changed, where they find them."""
    for folder, folders, files in os.walk(DATA):
        folders[:] = [f for f in folders if f not in ("r", "std_data")]
        place = os.path.join(to, os.path.relpath(folder, DATA))
        os.makedirs(place, exist_ok=True)
        for name in files:
            path = os.path.join(folder, name)
            if not (name.endswith(".inc") or
                    os.path.relpath(path, DATA) in names):
                continue
            with open(path, encoding="latin1", newline="") as f:
                text = f.read()
            if re.match(r"have_.*(debug|rocksdb|valgrind|crash)", name):
                text = "--skip not here\n"
            elif name.startswith(("have_", "not_", "is_", "no_", "count_ses",
                                  "big_", "wait_until")):
                text = ""
            elif name == "wait_condition.inc":
                text = ""
            else:
                text = change(text, last)
            with open(os.path.join(place, name), "w", encoding="latin1",
                      newline="") as f:
                f.write(text)
    os.symlink(DATA + "/std_data", to + "/std_data")


class Server:
    """A private server; a fresh one costs a copy of its first data."""

    def __init__(self, work, name, options):
        self.place = os.path.join(work, name)
        self.options = options
        self.template = os.path.join(work, name + ".first")
        self.start()
        self.stop()
        shutil.copytree(self.place + "/data", self.template + "/data")
        self.own()
        self.start()

    def own(self):
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "mysql:", self.template],
                           check=True)

    def start(self):
        self.sock = subprocess.run(
            [ROOT + "/scripts/start-mariadb", self.place] + self.options,
            check=True, stdout=subprocess.PIPE,
            universal_newlines=True).stdout.strip()

    def stop(self):
        subprocess.run([ROOT + "/scripts/stop-mariadb", self.place],
                       check=False, stderr=subprocess.DEVNULL)

    def kill(self):
        """End it at once; its data are not wanted any more."""
        try:
            with open(self.place + "/pid", encoding="ascii") as f:
                pid = int(f.read())
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                if ("--datadir=%s/data" % self.place).encode() in f.read():
                    os.kill(pid, signal.SIGKILL)
            while os.path.exists("/proc/%d" % pid):
                time.sleep(0.01)
        except (OSError, ValueError):
            self.stop()

    def fresh(self):
        self.kill()
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.template, self.place)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "mysql:", self.place], check=True)
        self.start()

    def sql(self, text, database=None):
        """Rows of text; None when it fails."""
        try:
            done = subprocess.run(
                ["mariadb", "--no-defaults", "--socket=" + self.sock,
                 "--user=root", "-BN", "--default-character-set=utf8mb4",
                 "--connect-timeout=5"] +
                ([database] if database else []), input=text.encode(),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode != 0:
            return None
        return done.stdout.decode(errors="replace").splitlines()

    def hush(self):
        """End what runs for a client that is gone."""
        for _ in range(100):
            ids = self.sql("SELECT id FROM information_schema.processlist "
                           "WHERE id<>CONNECTION_ID() AND user NOT IN "
                           "('system user', 'event_scheduler')")
            if not ids:
                return
            self.sql("".join("KILL %s;" % i for i in ids))
            time.sleep(0.1)

    def tidy(self):
        """Remove what a test left; False when that cannot be."""
        names = self.sql("SELECT schema_name FROM information_schema.schemata "
                         "WHERE schema_name NOT IN ('mysql', 'sys', "
                         "'information_schema', 'performance_schema')")
        if names is None:
            return False
        text = "SET foreign_key_checks=0;" + "".join(
            "DROP DATABASE `%s`;" % n.replace("`", "``") for n in names)
        text += ("DELETE FROM mysql.global_priv WHERE user NOT IN ('root', "
                 "'mariadb.sys', 'PUBLIC');DELETE FROM mysql.db;"
                 "DELETE FROM mysql.tables_priv;"
                 "DELETE FROM mysql.columns_priv;DELETE FROM mysql.procs_priv;"
                 "DELETE FROM mysql.roles_mapping;FLUSH PRIVILEGES;"
                 "CREATE DATABASE test;CREATE DATABASE mtr;"
                 "CREATE PROCEDURE mtr.add_suppression(IN p TEXT) DO 1;")
        return self.sql(text) is not None


def drop_refused(server, text):
    """Drop what a refusal names; the name of it, or None."""
    m = re.search(r"(?:^|: )((?:(?!: ).)+?)\.((?:(?!: ).)+?)(?:: | is a | "
                  r"cannot be )", text)
    known = server.sql("SELECT CONCAT(table_schema, '.', table_name, '\\t', "
                       "table_type) FROM information_schema.tables WHERE "
                       "table_schema NOT IN ('mysql', 'sys', "
                       "'information_schema', 'performance_schema')")
    found = None
    for line in known or []:
        name, kind = line.rsplit("\t" if "\t" in line else "\\t", 1)
        if (": %s: " % name in text or ": %s is a " % name in text or
                text.endswith(": " + name) or ": %s cannot" % name in text):
            if found is None or len(name) > len(found[0]):
                found = name, kind
    if found is not None:
        schema, name = found[0].split(".", 1)
        quoted = "`%s`.`%s`" % (schema.replace("`", "``"),
                                name.replace("`", "``"))
        kind = ("VIEW" if found[1] == "VIEW" else "SEQUENCE"
                if found[1] == "SEQUENCE" else "TABLE")
        if server.sql("SET foreign_key_checks=0; DROP %s %s;" %
                      (kind, quoted)) is not None:
            return "%s %s" % (kind.lower(), found[0])
        return None
    m = re.search(r"database (\S+): (trigger|procedure|function|event|"
                  r"package|package body) (\S+?):", text, re.I)
    if m and server.sql("DROP %s `%s`.`%s`" % (m.group(2), m.group(1),
                                               m.group(3))) is not None:
        return "%s %s.%s" % (m.group(2), m.group(1), m.group(3))
    return None


class Sweep:
    def __init__(self, work, last, names, verbose):
        self.work = work
        self.verbose = verbose
        self.tests = os.path.join(work, "tests")
        self.count = dict.fromkeys(
            ["files", "skipped", "empty", "same", "differ", "failed", "refused",
             "broken views", "crashed"], 0)
        self.held = {}
        copy_tree(self.tests, last, set(names))
        common = ["--innodb-flush-method=nosync", "--innodb-doublewrite=0",
                  "--innodb-flush-log-at-trx-commit=0",
                  "--innodb-buffer-pool-size=64M", "--local-infile=1",
                  "--innodb-log-file-size=32M", "--skip-stack-trace",
                  "--plugin-maturity=unknown", "--loose-plugin-load-add="
                  "ha_archive", "--loose-plugin-load-add=ha_blackhole",
                  "--lock-wait-timeout=5", "--innodb-lock-wait-timeout=3"]
        self.source = Server(work, "source", common + [
            "--character-set-server=latin1",
            "--collation-server=latin1_swedish_ci",
            "--log-bin-trust-function-creators=1"])
        self.target = Server(work, "target", common + [
            "--innodb-strict-mode=0"])
        self.dirty = True

    def run_test(self, name):
        with open(os.path.join(self.tests, name), "rb") as f:
            text = f.read()
        if NEEDS.search(text.decode("latin1")):
            self.count["skipped"] += 1
            return False
        if self.dirty or not self.source.tidy():
            self.source.fresh()
            self.source.tidy()
        self.dirty = bool(STATE.search(text.decode("latin1")))
        head = (b"--disable_abort_on_error\n--disable_query_log\n"
                b"--disable_result_log\nlet $muster_n=0;\n")
        tmp = os.path.join(self.work, "vardir")
        shutil.rmtree(tmp, ignore_errors=True)
        os.makedirs(tmp + "/tmp")
        env = {"PATH": os.environ["PATH"], "MYSQL_TEST_DIR": self.tests,
               "MYSQLTEST_VARDIR": tmp, "MYSQL_TMP_DIR": tmp + "/tmp",
               "MASTER_MYSOCK": self.source.sock, "MASTER_MYPORT": "1",
               "DEFAULT_MASTER_PORT": "1", "MYSQL_LIBDIR": "/usr/lib",
               "MYSQL_SHAREDIR": "/usr/share/mysql", "BIG_TEST": "",
               "MYSQL_STD_DATA_DIR": DATA + "/std_data", "TZ": "Etc/GMT-3",
               "MYSQL_CHARSETSDIR": "/usr/share/mysql/charsets",
               "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}
        try:
            subprocess.run(
                [MYSQLTEST, "--no-defaults", "--silent", "--user=root",
                 "--socket=" + self.source.sock, "--database=test",
                 "--basedir=" + self.tests, "--tmpdir=" + tmp + "/tmp",
                 "--logdir=" + tmp + "/tmp", "--tail-lines=1",
                 "--character-sets-dir=/usr/share/mysql/charsets"],
                input=head + text, cwd=self.tests, env=env, timeout=SECONDS,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            self.dirty = True
            self.source.hush()
        if self.source.sql("DROP DATABASE IF EXISTS mtr; "
                           "FLUSH PRIVILEGES; "
                           "SET GLOBAL read_only=0; "
                           "SET GLOBAL max_statement_time=0") is None:
            self.dirty = True
            self.count["crashed"] += 1
            print("crashed: %s" % name, flush=True)
            return False
        return True

    def drop_broken(self):
        """Views of what is not there: nobody can make them again."""
        for _ in range(6):
            lines = self.source.sql(
                "SELECT CONCAT('DROP VIEW `', REPLACE(table_schema, '`', "
                "'``'), '`.`', REPLACE(table_name, '`', '``'), '`;') FROM "
                "information_schema.tables t WHERE table_type='VIEW' AND "
                "table_schema NOT IN ('sys', 'mysql') AND NOT EXISTS (SELECT "
                "1 FROM information_schema.columns c WHERE c.table_schema="
                "t.table_schema AND c.table_name=t.table_name)")
            if not lines:
                return
            self.source.sql("\n".join(lines))
            self.count["broken views"] += len(lines)

    def set_defaults(self):
        """What no CREATE TABLE says comes back otherwise, and is noted."""
        lines = self.source.sql(
            "SELECT CONCAT('ALTER TABLE `', REPLACE(c.table_schema, '`', "
            "'``'), '`.`', REPLACE(c.table_name, '`', '``'), "
            "'` ALTER COLUMN `', REPLACE(column_name, '`', '``'), '` SET "
            "DEFAULT NULL;') FROM information_schema.columns c JOIN "
            "information_schema.tables t USING (table_schema, table_name) "
            "WHERE table_schema NOT IN ('sys', 'mysql', "
            "'information_schema', 'performance_schema') AND table_type IN "
            "('BASE TABLE', 'SYSTEM VERSIONED') AND is_nullable='YES' AND "
            "column_default IS NULL AND is_generated='NEVER' AND extra NOT "
            "LIKE '%auto_increment%'")
        if lines:
            self.source.sql("SET system_versioning_alter_history=KEEP, "
                            "foreign_key_checks=0;" + "\n".join(lines))

    def trip(self, name):
        self.drop_broken()
        self.set_defaults()
        for _ in range(ROUNDS):
            try:
                done = subprocess.run(
                    [TRIP, self.source.sock, self.target.sock],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    timeout=TRIP_SECONDS)
                out = done.stdout.decode(errors="backslashreplace")
                status = done.returncode
            except subprocess.TimeoutExpired:
                out = "failed: no end in %d s\n" % TRIP_SECONDS
                status = 2
            if status in (0, 1) and "held: " in out:
                break
            dropped = drop_refused(self.source, out.strip())
            self.count["refused" if status == 3 else "failed"] += 1
            print("%s: %s: %s: %s" % (
                "refused" if status == 3 else "FAILED", name,
                out.strip()[-900:], "dropped " + dropped if dropped else
                "no more of it"), flush=True)
            if status != 3:
                self.target.fresh()
            if not dropped:
                return
        else:
            return
        m = re.search(r"held: (.*)", out)
        for n, what in re.findall(r"(\d+) (\w+)", m.group(1)):
            self.held[what] = self.held.get(what, 0) + int(n)
        if " 0 tables" in m.group(1) and " 0 routines" in m.group(1):
            self.count["empty"] += 1
        if status == 0:
            self.count["same"] += 1
        else:
            self.count["differ"] += 1
            print("DIFFERS: %s\n    %s" % (name, out.strip().replace(
                "\n", "\n    ")[:6000]), flush=True)

    def go(self, names):
        began = time.time()
        for i, name in enumerate(names):
            at, before = time.time(), dict(self.count)
            if self.run_test(name):
                self.trip(name)
            self.count["files"] += 1
            if self.verbose:
                print("%s: %.1f s: %s" % (name, time.time() - at, " ".join(
                    "%s %d" % (k, v - before[k]) for k, v in
                    self.count.items() if k != "files" and v != before[k])),
                      flush=True)
            if i % 50 == 49:
                print("%d of %d, %.0f s: %s" % (
                    i + 1, len(names), time.time() - began, self.count),
                      flush=True)
        print("files: %s\nheld: %s" % (self.count, self.held), flush=True)


def find_tests(words):
    found = []
    for w in words or SUITES:
        if w.endswith(".test"):
            found.append(w)
            continue
        found += sorted(os.path.relpath(os.path.join(folder, f), DATA)
                        for folder, _, files in os.walk(os.path.join(DATA, w))
                        for f in files if f.endswith(".test"))
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    p.add_argument("--last", action="store_true")
    p.add_argument("--part", default="1/1")
    p.add_argument("--list", action="store_true")
    p.add_argument("-v", "--verbose", action="store_true")
    p.add_argument("tests", nargs="*")
    o = p.parse_args()
    i, n = (int(x) for x in o.part.split("/"))
    names = find_tests(o.tests)[i - 1::n]
    if o.list:
        print("\n".join(names))
        return 0
    for program in (MYSQLTEST, TRIP):
        if shutil.which(program) is None:
            sys.exit("mtr.py: no program %s (see mtr.py --help)" % program)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = tempfile.mkdtemp(prefix="muster-mtr.",
                            dir=os.environ.get("TMPDIR", "/var/tmp"))
    os.chmod(work, 0o711)
    sweep = None
    try:
        sweep = Sweep(work, o.last, names, o.verbose)
        sweep.go(names)
    finally:
        for s in ("source", "target"):
            subprocess.run([ROOT + "/scripts/stop-mariadb",
                            os.path.join(work, s)], check=False,
                           stderr=subprocess.DEVNULL)
        shutil.rmtree(work, ignore_errors=True)
    return 1 if sweep.count["differ"] or sweep.count["failed"] else 0


sys.exit(main())

#!/usr/bin/env python3
"""usage: bench db [--mb N] [--rounds N] [--work FOLDER] [--keep]
                [--only snapshots,dumps,physical,restores]

Database: muster against mariadb-dump, mydumper, myloader and mariadb-backup,
on the same server and the same ERPNext-shaped data (../shared/data), in
rounds that take turns.  For each step: median wall and CPU seconds, where CPU
is that of the tool, what it started, and the server together; then the ratios
that muster promises.  Nothing but muster's own archives is sealed and
encrypted.  On a busy machine trust CPU and the ratios, not the wall clock.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")
TUNED = ["--skip-log-bin", "--innodb-flush-method=nosync",
         "--innodb-doublewrite=0", "--innodb-flush-log-at-trx-commit=0",
         "--innodb-log-file-size=4G", "--innodb-stats-auto-recalc=0",
         "--innodb-buffer-pool-size=2G", "--performance-schema=0"]
STOCK = ["--innodb-buffer-pool-size=128M"]
SOURCE = ["--innodb-buffer-pool-size=2G", "--log-bin=bin", "--server-id=1",
          "--innodb-log-file-size=1G"]

# muster's step, the other's, the largest ratio that is good enough
BARS = [("snapshot", "dump", 0.45), ("snapshot", "mydumper", 0.25),
        ("again", "dump", 0.35), ("load", "mariadb", 0.25),
        ("load", "myloader", 0.5), ("physical", "mariadb-backup", 1.3),
        ("unpack", "mbstream", 1.3)]

# Start a server on a data directory, ask it something, kill it.
START = """
mariadbd --no-defaults --datadir=%(data)s --socket=%(data)s.sock --user=root \\
    --skip-networking --innodb-log-file-size=1G >%(data)s.log 2>&1 &
pid=$!
until mariadb --no-defaults -uroot -S %(data)s.sock -e 'SELECT 1' \\
    >/dev/null 2>&1
do kill -0 $pid || exit 1; sleep 0.05; done
kill -9 $pid
wait $pid 2>/dev/null || true
"""


class Server:
    """A private mariadbd; only its own process is ever signalled."""

    def __init__(self, folder, options):
        self.folder, self.socket = folder, folder + "/sock"
        self.options, self.process = options, None

    def start(self):
        os.makedirs(self.folder + "/tmp", exist_ok=True)
        common = ["--no-defaults", "--datadir=" + self.folder + "/data",
                  "--user=root"]
        if not os.path.isdir(self.folder + "/data/mysql"):
            subprocess.run(["mariadb-install-db", *common, "--skip-test-db",
                            "--auth-root-authentication-method=normal"],
                           check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            ["mariadbd", *common, "--socket=" + self.socket,
             "--tmpdir=" + self.folder + "/tmp", "--skip-networking",
             "--log-error=" + self.folder + "/log", "--local-infile=1",
             "--max-allowed-packet=1G", "--character-set-server=utf8mb4",
             "--collation-server=utf8mb4_unicode_ci", *self.options])
        for _ in range(600):
            if self.process.poll() is not None:
                sys.exit("a server ended: see " + self.folder + "/log")
            if self.sql("SELECT 1", check=False):
                return self
            time.sleep(0.1)
        sys.exit("no answer from the server in " + self.folder)

    def client(self, *more):
        return ["mariadb", "--no-defaults", "--user=root",
                "--socket=" + self.socket, "-N", *more]

    def sql(self, text, check=True):
        return subprocess.run(self.client("-e", text), check=check,
                              stdout=subprocess.PIPE,
                              stderr=None if check else subprocess.DEVNULL
                              ).stdout.decode()

    def cpu(self):
        if self.process is None:
            return 0.0
        with open("/proc/%d/stat" % self.process.pid, "rb") as f:
            v = f.read().rsplit(b")", 1)[1].split()
        return (int(v[11]) + int(v[12])) / TICK

    def stop(self, remove=True):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        if remove:
            shutil.rmtree(self.folder, ignore_errors=True)


class Bench:
    def __init__(self, want, folder):
        self.want, self.dir = want, folder
        self.took = {}
        self.source = Server(folder + "/source", SOURCE)
        self.servers = [self.source]

    def measure(self, name, command, server):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu, began = server.cpu(), time.monotonic()
        out = subprocess.run(["bash", "-o", "pipefail", "-c", command],
                             stdout=subprocess.PIPE)
        seconds = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if out.returncode != 0:
            print("bench: %s: failed, status %d" % (name, out.returncode),
                  file=sys.stderr)
            return None
        used = (after.ru_utime + after.ru_stime - before.ru_utime -
                before.ru_stime)
        server_used = server.cpu() - cpu
        self.took.setdefault(name, []).append(
            (seconds, used + server_used, used))
        print("  %-14s %8.2f s wall %8.2f s CPU (%.2f of it the tool)" %
              (name, seconds, used + server_used, used), flush=True)
        return out.stdout

    def fresh(self, name, options):
        s = Server(self.dir + "/" + name, options)
        self.servers.append(s)
        return s.start()

    def make_source(self):
        data = self.want.data
        made = self.dir + "/made"
        subprocess.run([sys.executable, data + "/gen_erpnext.py", "--mb",
                        str(self.want.mb), "--format", "tsv", "--out", made],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.source.start()
        self.source.sql("CREATE DATABASE e CHARACTER SET utf8mb4 COLLATE "
                        "utf8mb4_unicode_ci")
        for part in "schema.sql", "load.sql":
            with open(made + "/" + part, "rb") as f:
                subprocess.run(self.source.client("--local-infile=1", "e"),
                               stdin=f, check=True)
        shutil.rmtree(made)
        self.source.sql("SET GLOBAL innodb_max_dirty_pages_pct=0")

    def make_store(self):
        shutil.rmtree(self.dir + "/store", ignore_errors=True)
        for name in "rk", "writer.key", "p.yaml", "state":
            path = self.dir + "/" + name
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)
        subprocess.run(["muster-init", "--store", self.dir + "/store",
                        "--site", "e", "--recovery-key", self.dir + "/rk",
                        "--bare-recovery-key", "-o", self.dir + "/p.yaml"],
                       check=True, stdout=subprocess.DEVNULL)
        with open(self.dir + "/p.yaml") as f:
            text = f.read()
        at = text.index("#  db:")
        end = text.index("stores:")
        text = (text[:at] + "  db:\n    socket: %s\n    user: root\n"
                "    databases: [e]\n\n" % self.source.socket + text[end:])
        with open(self.dir + "/p.yaml", "w") as f:
            f.write(text)
        os.environ["MUSTER_POLICY"] = self.dir + "/p.yaml"

    def snapshots(self):
        self.make_store()
        src = self.source
        self.measure("snapshot", "muster-snapshot --quiet", src)
        out = self.measure("again", "muster-snapshot --json", src)
        answer = json.loads(out.decode().splitlines()[-1])
        size = sum(c["size"] for c in answer["components"])
        self.again = answer["new_bytes"], size
        self.rows = answer["object"]

    def physical_policy(self):
        """The same server and store, by the other method."""
        with open(self.dir + "/p.yaml") as f:
            text = f.read()
        with open(self.dir + "/files.yaml", "w") as f:
            f.write(text.replace("    databases: [e]\n", "    databases: "
                                 "[e]\n    method: physical\n"))
        return "MUSTER_POLICY=" + self.dir + "/files.yaml "

    def physical(self):
        env, src, d = self.physical_policy(), self.source, self.dir
        self.measure("physical", env + "muster-snapshot --quiet", src)
        self.measure("phys-again", env + "muster-snapshot --quiet", src)
        for name in "unpacked", "streamed":
            shutil.rmtree(d + "/" + name, ignore_errors=True)
        os.mkdir(d + "/streamed")
        none = Server(d, [])
        self.measure("unpack", env + "muster-restore --quiet -c db --target "
                     "%s/unpacked && data=$(dirname $(find %s/unpacked -name "
                     "ibdata1)) && mv $data %s/unpacked.data" % (d, d, d) +
                     START % {"data": d + "/unpacked.data"}, none)
        self.measure("mbstream", "zstd -dcq %s/mb.zst | mbstream -x -C "
                     "%s/streamed && mariadb-backup --prepare --target-dir="
                     "%s/streamed 2>%s/prepare.log" % (d, d, d, d) +
                     START % {"data": d + "/streamed"}, none)
        for name in "unpacked", "unpacked.data", "streamed":
            shutil.rmtree(d + "/" + name, ignore_errors=True)

    def dumps(self):
        src, d = self.source, self.dir
        self.measure("dump", "mariadb-dump --no-defaults -uroot -S %s "
                     "--single-transaction --quick e | zstd -1 -q -f -o "
                     "%s/dump.zst" % (src.socket, d), src)
        shutil.rmtree(d + "/my", ignore_errors=True)
        self.measure("mydumper", "mydumper -u root -S %s -B e -t 2 -c -o "
                     "%s/my" % (src.socket, d), src)
        shutil.rmtree(d + "/mb", ignore_errors=True)
        self.measure("mariadb-backup", "mariadb-backup --no-defaults "
                     "--backup --user=root --socket=%s --datadir=%s/data "
                     "--stream=xbstream --parallel=2 2>%s/mb.log | zstd -1 "
                     "-q -f -o %s/mb.zst" % (src.socket, src.folder, d, d),
                     src)

    def restores(self):
        d = self.dir
        tuned = self.fresh("tuned", TUNED)
        tuned.sql("CREATE DATABASE e")
        self.measure("myloader", "myloader -u root -S %s -B e -t 2 -o -d "
                     "%s/my" % (tuned.socket, d), tuned)
        tuned.stop()
        tuned.start()
        with open(d + "/target.cnf", "w") as f:
            f.write("[client]\nsocket=%s\nuser=root\n" % tuned.socket)
        os.chmod(d + "/target.cnf", 0o600)
        self.measure("load", "muster-restore --quiet --component db "
                     "--snapshot %s --server %s/target.cnf" % (self.rows, d),
                     tuned)
        tuned.stop()
        stock = self.fresh("stock", STOCK)
        stock.sql("CREATE DATABASE e")
        self.measure("mariadb", "zstd -dcq %s/dump.zst | mariadb "
                     "--no-defaults -uroot -S %s e" % (d, stock.socket),
                     stock)
        stock.stop()

    def inserts(self):
        """1,000 rows at random places: how much of it is new?"""
        t = "`tabGL Entry`"
        rows = self.source.sql("SELECT name FROM e.%s ORDER BY MD5(name) "
                               "LIMIT 1000" % t).split("\n")[:-1]
        columns = self.source.sql(
            "SELECT GROUP_CONCAT(CONCAT('`', column_name, '`') ORDER BY "
            "ordinal_position) FROM information_schema.columns WHERE "
            "table_schema='e' AND table_name='tabGL Entry' AND column_name "
            "<> 'name'").strip()
        names = ",".join("'%s'" % r for r in rows)
        self.source.sql("INSERT INTO e.%s (name, %s) SELECT CONCAT(name, "
                        "'-x'), %s FROM e.%s WHERE name IN (%s)" %
                        (t, columns, columns, t, names))
        out = self.measure("inserted", "muster-snapshot --json", self.source)
        answer = json.loads(out.decode().splitlines()[-1])
        self.inserted = answer["new_bytes"], sum(
            c["size"] for c in answer["components"])

    def report(self):
        print("\nmedians of %d rounds, %d MB of rows" %
              (self.want.rounds, self.want.mb))
        middle = {}
        for name, v in self.took.items():
            middle[name] = tuple(statistics.median(x[i] for x in v)
                                 for i in range(3))
            print("  %-14s %8.2f s wall %8.2f s CPU" %
                  (name, middle[name][0], middle[name][1]))
        for ours, theirs, bar in BARS:
            if ours in middle and theirs in middle:
                wall = middle[ours][0] / middle[theirs][0]
                cpu = middle[ours][1] / middle[theirs][1]
                print("  %-10s / %-10s wall %.3f  CPU %.3f  (at most %.2f)" %
                      (ours, theirs, wall, cpu, bar))
        for name in "again", "inserted":
            new, size = getattr(self, name, (0, 0))
            if size:
                print("  %-10s %d new bytes of %d: %.3f %%" %
                      (name, new, size, 100.0 * new / size))

    def run(self):
        self.make_source()
        steps = {"snapshots": self.snapshots, "dumps": self.dumps,
                 "physical": self.physical, "restores": self.restores}
        only = self.want.only.split(",") if self.want.only else list(steps)
        for n in range(self.want.rounds):
            print("round %d" % (n + 1), flush=True)
            for name in only:
                steps[name]()
        if "snapshots" in only:
            self.inserts()
        self.report()

    def end(self):
        for s in self.servers:
            s.stop(remove=not self.want.keep)
        if not self.want.keep:
            shutil.rmtree(self.dir, ignore_errors=True)


def find_data():
    for up in "../../..", "../../../..":
        path = os.path.normpath(os.path.join(HERE, up, "shared/data"))
        if os.path.exists(path + "/gen_erpnext.py"):
            return path
    sys.exit("bench: skipped: there is no ../shared/data/gen_erpnext.py")


def main():
    p = argparse.ArgumentParser(prog="bench db", usage=__doc__)
    p.add_argument("--mb", type=int, default=2000)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--work")
    p.add_argument("--keep", action="store_true")
    p.add_argument("--only")
    want = p.parse_args()
    want.data = find_data()
    folder = tempfile.mkdtemp(prefix="muster-bench.", dir=want.work or
                              "/var/tmp")
    os.chmod(folder, 0o711)
    os.environ["PATH"] = os.environ["MUSTER_BIN"] + ":" + os.environ["PATH"]
    bench = Bench(want, folder)
    try:
        bench.run()
    finally:
        bench.end()


main()

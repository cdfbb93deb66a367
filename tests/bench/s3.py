#!/usr/bin/env python3
"""Measure muster-ship beside rclone and awscli, on the same S3 server.

A store of packs is shipped to the server, and fetched from it into an empty
folder on disk, then with sync(1) after it, and once more into one in memory:
of the three only muster waits by itself until what it fetched is on the disk.
Every round does all of it with all programs, one after the other,
into places of their own.  Medians over the rounds are printed, and the ratios
that have a bar.  See scripts/bench.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from measure import Failed, run, stored

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OPERATIONS = ("ship", "fetch", "synced", "memory")
# of rclone's: CPU seconds, and bytes a second
CPU_BAR = 1 / 3
SPEED_BAR = 1.5
GIB = 1 << 30


def tool(name):
    return os.path.join(os.environ["MUSTER_BIN"], "muster-" + name)


def server_start(folder):
    out = subprocess.run([os.path.join(ROOT, "scripts", "start-s3"), folder],
                         check=True, stdout=subprocess.PIPE, text=True)
    return dict(line.split("=", 1) for line in out.stdout.split())


def server_stop(folder):
    subprocess.run([os.path.join(ROOT, "scripts", "stop-s3"), folder],
                   check=True)


class Program:
    """One of those compared, with a place in the bucket of its own."""

    def __init__(self, o, server):
        self.o = o
        self.server = server
        self.out = os.path.join(o.work, "fetched")
        self.folder = os.path.join(o.work, "s3")
        self.packs = os.path.join(o.work, "store", "packs")
        self.env = dict(
            os.environ, HOME=o.work, RCLONE_CONFIG="/dev/null",
            AWS_ACCESS_KEY_ID=server["S3_OWNER_KEY"],
            AWS_SECRET_ACCESS_KEY=server["S3_OWNER_SECRET"],
            AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1",
            AWS_ENDPOINT_URL=server["S3_ENDPOINT"],
            AWS_EC2_METADATA_DISABLED="true",
            RCLONE_CONFIG_X_TYPE="s3", RCLONE_CONFIG_X_PROVIDER="Ceph",
            RCLONE_CONFIG_X_ENV_AUTH="true",
            RCLONE_CONFIG_X_ENDPOINT=server["S3_ENDPOINT"])
        self.env.pop("AWS_CA_BUNDLE", None)

    def do(self, operation):
        if operation == "ship":
            return run(self.ship(), self.env)
        if operation == "fetch":
            return self.fetch_into(self.out)
        if operation == "synced":
            return self.fetch_into(self.out, ["sh", "-c", '"$@" && sync -f '
                                              "'%s'" % self.out, "sh"])
        # by a link, so that the path is the same for all
        place = tempfile.mkdtemp(prefix="muster-bench-", dir="/dev/shm")
        try:
            os.symlink(place, self.out)
            result = self.fetch_into(place)
            os.unlink(self.out)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return result

    def fetch_into(self, place, by=()):
        os.makedirs(place, exist_ok=True)
        result = run([*by, *self.fetch()], self.env)
        found = stored(place)
        shutil.rmtree(place)
        if found < self.o.stored * 0.999:
            raise Failed("%s fetched %.1f MB of %.1f" % (
                type(self).__name__, found, self.o.stored))
        return result

    def forget(self):
        """Remove it now, and not when the server's next collection is due."""
        run(["rclone", "purge", "-q", "x:%s/%s" % (
            self.server["S3_BUCKET"], type(self).__name__)], self.env)
        run(["radosgw-admin", "gc", "process", "--include-all"],
            dict(os.environ, CEPH_CONF=os.path.join(self.folder,
                                                    "ceph.conf")))


class Muster(Program):
    def __init__(self, o, server):
        super().__init__(o, server)
        self.policy = os.path.join(o.work, "muster.yaml")
        with open(os.path.join(o.work, "base.yaml"), encoding="utf-8") as f:
            text = f.read()
        at = text.index("  local: ")
        end = text.index("\n", at) + 1
        more = ("  offsite: {url: \"s3://%s/Muster\", endpoint: \"%s\"}\n"
                "  fetched: {url: %s}\n" % (
                    server["S3_BUCKET"], server["S3_ENDPOINT"], self.out))
        with open(self.policy, "w", encoding="utf-8") as f:
            f.write(text[:end] + more + text[end:])

    def command(self, *argv):
        jobs = ["-j", str(self.o.jobs)] if self.o.jobs else []
        return [tool("ship"), "-p", self.policy, "--init", *jobs, *argv]

    def ship(self):
        return self.command("--to", "offsite")

    def fetch(self):
        return self.command("-s", "offsite", "--to", "fetched")


class Rclone(Program):
    def copy(self, source, to):
        return ["rclone", "copy", "-q", "--transfers", "8", source, to]

    def remote(self):
        return "x:%s/Rclone" % self.server["S3_BUCKET"]

    def ship(self):
        return self.copy(self.packs, self.remote())

    def fetch(self):
        return self.copy(self.remote(), self.out)


class Awscli(Program):
    def sync(self, source, to):
        return ["aws", "--endpoint-url", self.server["S3_ENDPOINT"], "s3",
                "sync", "--quiet", source, to]

    def remote(self):
        return "s3://%s/Awscli" % self.server["S3_BUCKET"]

    def ship(self):
        return self.sync(self.packs, self.remote())

    def fetch(self):
        return self.sync(self.remote(), self.out)


PROGRAMS = {"muster": Muster, "rclone": Rclone, "awscli": Awscli}


def make_store(o):
    """Noise, sealed: packs like any others."""
    env = dict(os.environ, HOME=o.work)
    policy = os.path.join(o.work, "base.yaml")
    run([tool("init"), "--store", os.path.join(o.work, "store"),
         "--bare-recovery-key", "-o", policy], env)
    with open(policy, encoding="utf-8") as f:
        text = f.read()
    text = text.replace("components:\n", "components:\n  files: {paths: [%s]}"
                        "\n" % policy, 1)
    with open(policy, "w", encoding="utf-8") as f:
        f.write(text)
    run(["sh", "-c", "head -c %d /dev/urandom | '%s' -p '%s' --as noise" % (
        o.mb * 1000000, tool("seal"), policy)], env)
    o.stored = stored(os.path.join(o.work, "store", "packs"))


def report(o, results):
    gib = o.stored * 1e6 / GIB
    print("%-8s %-8s %8s %8s %10s %8s" % (
        "", "program", "wall s", "MB/s", "CPU s/GiB", "RSS MB"))
    for operation in OPERATIONS:
        found = {}
        for name in PROGRAMS:
            wall, cpu, rss = (statistics.median(r[i] for r in results[
                (operation, name)]) for i in range(3))
            found[name] = (o.stored / wall, cpu / gib)
            print("%-8s %-8s %8.2f %8.0f %10.2f %8.0f" % (
                operation, name, wall, o.stored / wall, cpu / gib, rss))
        for name in ("rclone", "awscli"):
            speed = found["muster"][0] / found[name][0]
            cpu = found["muster"][1] / found[name][1]
            text = "  muster : %-7s speed %.2f, CPU %.2f" % (name, speed, cpu)
            if name == "rclone":
                text += " (bars: %.1f%s, %.2f%s)" % (
                    SPEED_BAR, "" if speed >= SPEED_BAR else " MISSED",
                    CPU_BAR, "" if cpu <= CPU_BAR else " MISSED")
            print(text)


def parse():
    p = argparse.ArgumentParser(prog="bench s3", description=__doc__)
    p.add_argument("--mb", type=int, default=2000,
                   help="how much is shipped and fetched (2000)")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--jobs", type=int, default=0,
                   help="packs at once, for muster (its default)")
    p.add_argument("--work", default="/var/tmp/muster-bench",
                   help="folder to work in; it must not exist yet")
    return p.parse_args()


def main():
    o = parse()
    results = {}
    try:
        os.mkdir(o.work)
    except OSError as why:
        sys.exit("bench s3: %s" % why)
    server_folder = os.path.join(o.work, "s3")
    try:
        server = server_start(server_folder)
        make_store(o)
        for number in range(o.rounds):
            print("round %d" % (number + 1), file=sys.stderr)
            for name, kind in PROGRAMS.items():
                program = kind(o, server)
                for operation in OPERATIONS:
                    results.setdefault((operation, name), []).append(
                        program.do(operation))
                program.forget()
        report(o, results)
    except Failed as why:
        sys.exit("bench s3: %s" % why)
    finally:
        server_stop(server_folder)
        shutil.rmtree(o.work, ignore_errors=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measure muster's files beside restic, borg and tar | zstd | age.

Every round makes new stores, and each operation is done by all programs, one
after the other, on the same trees, before the next begins; medians over the
rounds are printed, and the ratios that have a bar.  See scripts/bench.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

from measure import Failed, run, stored

HERE = os.path.dirname(os.path.abspath(__file__))
TREES = ("usr", "attachments", "sql")
OPERATIONS = ("initial", "unchanged", "changed", "restore", "verify")
PASSPHRASE = "correct horse battery staple"

# (tree, operation, other program, what): largest ratio muster : other
BARS = {
    ("usr", "initial", "restic", "wall"): 0.50,
    ("usr", "initial", "restic", "cpu"): 0.50,
    ("usr", "initial", "borg", "wall"): 0.40,
    ("usr", "initial", "borg", "cpu"): 0.40,
    ("attachments", "initial", "restic", "wall"): 0.75,
    ("sql", "initial", "restic", "wall"): 0.60,
    ("usr", "unchanged", "restic", "wall"): 0.10,
    ("attachments", "unchanged", "restic", "wall"): 0.10,
    ("sql", "unchanged", "restic", "wall"): 0.10,
    ("usr", "changed", "restic", "wall"): 0.25,
    ("attachments", "changed", "restic", "wall"): 0.35,
    ("sql", "changed", "restic", "wall"): 0.55,
    ("usr", "restore", "restic", "wall"): 0.40,
    ("usr", "restore", "tar", "wall"): 1.00,
    ("attachments", "restore", "restic", "wall"): 0.85,
    ("sql", "restore", "restic", "wall"): 0.55,
    ("usr", "verify", "restic", "wall"): 0.50,
    ("attachments", "verify", "restic", "wall"): 0.60,
    ("sql", "verify", "restic", "wall"): 0.50,
}
STORED_BAR = 1.02       # of restic's bytes
RSS_BAR = 200           # MB, of muster, at any size


class Program:
    """One of those compared, with a folder of its own for one round."""

    def __init__(self, folder, tree):
        self.folder = folder
        self.tree = tree
        self.out = os.path.join(folder, "restored")
        self.env = dict(os.environ, HOME=folder)
        self.store = os.path.join(folder, "store")
        os.makedirs(folder)
        self.prepare()

    def prepare(self):
        pass

    def do(self, operation):
        if operation == "restore":
            os.mkdir(self.out)
        argv = getattr(self, operation)()
        result = run(argv, self.env, self.out if operation == "restore"
                     else None)
        if operation == "restore":
            shutil.rmtree(self.out)
        return result

    def unchanged(self):
        return self.initial()

    def changed(self):
        return self.initial()

    def quietly(self, *argv):
        run(list(argv), self.env)


class Muster(Program):
    def command(self, name, *argv):
        return [os.path.join(os.environ["MUSTER_BIN"], "muster-" + name),
                *argv]

    def prepare(self):
        self.policy = os.path.join(self.folder, "muster.yaml")
        self.quietly(*self.command(
            "init", "--store", self.store, "--bare-recovery-key",
            "-o", self.policy))
        with open(self.policy) as f:
            text = f.read()
        text = text.replace(
            "components:\n",
            "components:\n  files: {paths: [%s]}\n" % self.tree, 1)
        with open(self.policy, "w") as f:
            f.write(text)
        self.env["MUSTER_POLICY"] = self.policy

    def initial(self):
        return self.command("snapshot")

    def restore(self):
        return self.command("restore", "--target", self.out, "-c", "files")

    def verify(self):
        return self.command("verify", "--content")


class Restic(Program):
    def command(self, *argv):
        return ["restic", "-q", "-r", self.store, "--cache-dir",
                os.path.join(self.folder, "cache"), *argv]

    def prepare(self):
        self.env["RESTIC_PASSWORD"] = PASSPHRASE
        self.quietly(*self.command("init"))

    def initial(self):
        return self.command("backup", self.tree)

    def restore(self):
        return self.command("restore", "latest", "--target", self.out)

    def verify(self):
        return self.command("check", "--read-data")


class Borg(Program):
    def prepare(self):
        self.number = 0
        self.env.update(BORG_PASSPHRASE=PASSPHRASE, BORG_BASE_DIR=self.folder,
                        BORG_REPO=self.store)
        self.quietly("borg", "init", "-e", "repokey-blake2")

    def initial(self):
        self.number += 1
        return ["borg", "create", "-C", "zstd,3", "::a%d" % self.number,
                self.tree]

    def restore(self):
        return ["borg", "extract", "::a%d" % self.number]

    def verify(self):
        return ["borg", "check", "--verify-data"]


class Tar(Program):
    def prepare(self):
        os.mkdir(self.store)
        key = os.path.join(self.folder, "key")
        self.quietly("age-keygen", "-o", key)
        self.to = subprocess.run(["age-keygen", "-y", key], check=True,
                                 stdout=subprocess.PIPE, text=True
                                 ).stdout.strip()
        self.read = "age -d -i %s %s/a | zstd -dc | " % (key, self.store)

    def initial(self):
        return ["bash", "-o", "pipefail", "-c", "tar -cf - -C / %s | zstd -q "
                "-T2 -3 | age -r %s >%s/a && sync %s/a" % (
                    self.tree[1:], self.to, self.store, self.store)]

    def restore(self):
        return ["bash", "-o", "pipefail", "-c", self.read + "tar -xpf -"]

    def verify(self):
        return ["bash", "-o", "pipefail", "-c", self.read + "tar -tf -"]


PROGRAMS = {"muster": Muster, "restic": Restic, "borg": Borg, "tar": Tar}


def make(o, tree, *more):
    run([o.maker, tree, os.path.join(o.work, tree), str(o.scale), *more],
        dict(os.environ))
    time.sleep(3)       # a file younger than its snapshot is read again


def one_round(o, tree, results):
    programs = {}
    make(o, tree, "undone")
    for name in o.only:
        programs[name] = PROGRAMS[name](os.path.join(o.work, name),
                                        os.path.join(o.work, tree))
    for operation in OPERATIONS:
        if operation == "changed":
            make(o, tree, "changed")
        for name, program in programs.items():
            key = (tree, operation, name)
            results.setdefault(key, []).append(program.do(operation))
            if operation in ("initial", "changed"):
                results.setdefault((tree, operation, name, "stored"), []
                                   ).append(stored(program.store))
    for program in programs.values():
        shutil.rmtree(program.folder)


def medians(results, key):
    runs = results[key]
    return [statistics.median(r[i] for r in runs) for i in range(3)]


def judge(ratio, bar):
    return "" if bar is None else " (bar %.2f%s)" % (
        bar, "" if ratio <= bar else ", MISSED")


def ratios(results, tree, operation, name):
    mine = medians(results, (tree, operation, "muster"))
    other = medians(results, (tree, operation, name))
    text = []
    for i, what in enumerate(("wall", "cpu")):
        bar = BARS.get((tree, operation, name, what))
        ratio = mine[i] / other[i]
        text.append("%s %.2f%s" % (what, ratio, judge(ratio, bar)))
    return "%s: %s" % (name, ", ".join(text))


def report(o, results):
    for tree in o.trees:
        print("\n%-12s %-10s %-7s %8s %8s %7s %9s" % (
            "tree", "operation", "program", "wall s", "CPU s", "RSS MB",
            "stored MB"))
        for operation in OPERATIONS:
            for name in o.only:
                wall, cpu, rss = medians(results, (tree, operation, name))
                size = results.get((tree, operation, name, "stored"))
                print("%-12s %-10s %-7s %8.2f %8.2f %7.0f %9s" % (
                    tree, operation, name, wall, cpu, rss, "" if size is None
                    else "%.1f" % statistics.median(size)))
        if "muster" not in o.only:
            continue
        for operation in OPERATIONS:
            others = [ratios(results, tree, operation, n)
                      for n in o.only if n != "muster"]
            print("  muster : %-10s %s" % (operation, "; ".join(others)))
        peak = max(r[2] for op in OPERATIONS
                   for r in results[(tree, op, "muster")])
        print("  muster peak RSS %.0f MB (bar %d%s)" % (
            peak, RSS_BAR, "" if peak <= RSS_BAR else ", MISSED"))
        if "restic" in o.only:
            sizes = [statistics.median(results[(tree, "changed", n, "stored")]
                                       ) for n in ("muster", "restic")]
            ratio = sizes[0] / sizes[1]
            print("  muster : restic stored %.3f%s" % (
                ratio, judge(ratio, STORED_BAR)))


def parse():
    p = argparse.ArgumentParser(prog="bench files", description=__doc__)
    p.add_argument("--scale", type=int, default=100, metavar="PERCENT",
                   help="size of the trees (100)")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--work", default="/var/tmp/muster-bench",
                   help="folder to work in; it must not exist yet")
    p.add_argument("--trees", default=",".join(TREES))
    p.add_argument("--only", default=",".join(PROGRAMS),
                   help="programs, with commas in between")
    p.add_argument("--maker", required=True, help=argparse.SUPPRESS)
    o = p.parse_args()
    o.trees = o.trees.split(",")
    o.only = o.only.split(",")
    unknown = set(o.trees) - set(TREES) | set(o.only) - set(PROGRAMS)
    if unknown:
        p.error("unknown: " + ", ".join(sorted(unknown)))
    return o


def main():
    o = parse()
    results = {}
    try:
        os.mkdir(o.work)
    except OSError as why:
        sys.exit("bench files: %s" % why)
    try:
        for tree in o.trees:
            run([o.maker, tree, os.path.join(o.work, tree), str(o.scale)],
                dict(os.environ))
        for number in range(o.rounds):
            for tree in o.trees:
                print("round %d: %s" % (number + 1, tree), file=sys.stderr)
                one_round(o, tree, results)
        report(o, results)
    except Failed as why:
        sys.exit("bench files: %s" % why)
    finally:
        shutil.rmtree(o.work, ignore_errors=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Kill muster-ship again and again during one transfer, and count the bytes.

A store of packs is shipped to the S3 server through a proxy that counts what
is sent.  Every run of muster-ship is ended by SIGKILL after a random number of
bytes, so that all the kills fall into the one transfer; the last one may end.
Then everything is read back, and what was sent may be 1.2 times of what was
needed.  See scripts/bench.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

from measure import Failed, run
from s3 import Muster, make_store, server_start, server_stop

HERE = os.path.dirname(os.path.abspath(__file__))
PROXY = os.path.join(os.path.dirname(HERE), "lib", "s3_proxy.py")
# of the bytes needed: what may be sent
BAR = 1.2
PATIENCE = 600


class Counter:
    """The proxy in front of the server."""

    def __init__(self, server, folder):
        self.stats = os.path.join(folder, "sent.json")
        self.child = subprocess.Popen(
            [sys.executable, PROXY, server["S3_ENDPOINT"].rsplit(":", 1)[1],
             self.stats], stdout=subprocess.PIPE, text=True)
        self.endpoint = "http://127.0.0.1:%d" % int(
            self.child.stdout.readline())

    def sent(self):
        with open(self.stats, encoding="ascii") as f:
            return json.load(f)["sent"]

    def stop(self):
        self.child.terminate()
        self.child.wait()


def strike(program, counter, gap):
    """Kill a run when it has sent so many bytes: was it still running?"""
    began = counter.sent()
    until = time.monotonic() + PATIENCE
    child = subprocess.Popen(program.ship(), env=program.env,
                             stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL)
    while child.poll() is None and counter.sent() - began < gap:
        if time.monotonic() > until:
            child.kill()
            child.wait()
            raise Failed("muster-ship: nothing is sent")
        time.sleep(0.002)
    child.kill()
    child.wait()
    if child.returncode not in (0, -signal.SIGKILL):
        raise Failed("muster-ship: exit status %d" % child.returncode)
    return child.returncode != 0


def report(o, killed, sent):
    needed = o.stored * 1e6
    ratio = sent / needed
    print("%d kills, seed %d: %.0f MB sent, %.0f MB needed: %.3f times "
          "(bar: %.1f%s); a kill cost %.1f MB" % (
              killed, o.seed, sent / 1e6, o.stored, ratio, BAR,
              "" if ratio <= BAR else " MISSED",
              (sent - needed) / 1e6 / max(killed, 1)))
    if killed < o.kills or ratio > BAR:
        raise Failed("the bar is missed")


def measure(o, server, counter):
    dice = random.Random(o.seed)
    program = Muster(o, dict(server, S3_ENDPOINT=counter.endpoint))
    killed = 0
    for _ in range(o.kills):
        gap = dice.uniform(0, 2) * o.stored * 1e6 / (o.kills + 1)
        killed += strike(program, counter, gap)
    run(program.ship(), program.env)
    sent = counter.sent()
    run(program.command("--to", "offsite", "--read-back=all"), program.env)
    run([os.path.join(os.environ["MUSTER_BIN"], "muster-verify"), "-p",
         program.policy, "--store", "offsite"], program.env)
    report(o, killed, sent)


def parse():
    p = argparse.ArgumentParser(prog="bench kills", description=__doc__)
    p.add_argument("--mb", type=int, default=4500,
                   help="how much is shipped (4500)")
    p.add_argument("--kills", type=int, default=50)
    p.add_argument("--jobs", type=int, default=0,
                   help="packs at once, for muster (its default)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--work", default="/var/tmp/muster-kills",
                   help="folder to work in; it must not exist yet")
    return p.parse_args()


def main():
    o = parse()
    counter = None
    try:
        os.mkdir(o.work)
    except OSError as why:
        sys.exit("bench kills: %s" % why)
    server_folder = os.path.join(o.work, "s3")
    try:
        server = server_start(server_folder)
        make_store(o)
        counter = Counter(server, o.work)
        measure(o, server, counter)
    except Failed as why:
        sys.exit("bench kills: %s" % why)
    finally:
        if counter is not None:
            counter.stop()
        server_stop(server_folder)
        shutil.rmtree(o.work, ignore_errors=True)


if __name__ == "__main__":
    main()

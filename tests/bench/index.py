#!/usr/bin/env python3
"""Fill an index with chunks, open it again, look chunks up, build it anew.

What it says is about this machine only: nothing else has such an index.
"""
import argparse
import subprocess
import sys
import tempfile

BUILT = "build/gcc/tests/bench/index_scale"


def main():
    p = argparse.ArgumentParser(prog="bench index", description=__doc__)
    p.add_argument("chunks", nargs="?", type=int, default=10000000)
    o = p.parse_args()
    subprocess.run(["make", "-s", BUILT], check=True)
    with tempfile.TemporaryDirectory(dir="/var/tmp",
                                     prefix="muster-bench.") as folder:
        return subprocess.run([BUILT, folder, str(o.chunks)]).returncode


if __name__ == "__main__":
    sys.exit(main())

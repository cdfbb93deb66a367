#!/usr/bin/env python3
"""Files that change while they are read, and whether a copy of them is whole.

churn.py write FOLDER           change what is in it until SIGTERM
churn.py check FOLDER NOTES     a restored copy; NOTES are muster's

A file of FOLDER/moving holds one letter only, except while it is written; a
copy with several letters must be named by the notes.  FOLDER/still does not
change.
"""
import os
import random
import signal
import sys

FILES = 40
LETTERS = b"abcdefghijklmnop"


def still(n):
    return (b"still %d\n" % n) * 1000


def write(folder):
    rnd = random.Random(1)
    moving = os.path.join(folder, "moving")
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    while not ended:        # between two changes, so that none is half done
        path = os.path.join(moving, "f%d" % rnd.randrange(FILES))
        letter = bytes([rnd.choice(LETTERS)])
        size = rnd.randrange(1, 1 << rnd.randrange(8, 22))
        action = rnd.randrange(6)
        try:
            if action == 0:
                os.unlink(path)
            elif action == 1:
                os.rename(path, path + "-renamed")
                os.rename(path + "-renamed", path)
            elif action == 2:
                with open(path, "rb") as f:
                    letter = f.read(1)
                with open(path, "ab") as f:
                    f.write(letter * size)
            elif action == 3:
                os.truncate(path, os.stat(path).st_size // 2)
            elif action == 4:
                with open(path, "wb") as f:
                    f.write(letter * size)
            else:       # in place: neither size nor name shows it
                size = os.stat(path).st_size
                with open(path, "r+b") as f:
                    for _ in range(0, size, 65536):
                        f.write(letter * min(65536, size - f.tell()))
                        f.flush()
        except FileNotFoundError:
            pass
    return 0


def check(folder, notes):
    bad = []
    for n in range(FILES):
        with open(os.path.join(folder, "still", "f%d" % n), "rb") as f:
            if f.read() != still(n):
                bad.append("still/f%d" % n)
    moving = os.path.join(folder, "moving")
    for name in sorted(os.listdir(moving)):
        with open(os.path.join(moving, name), "rb") as f:
            if len(set(f.read())) > 1 and "moving/%s:" % name not in notes:
                bad.append("moving/%s" % name)
    print("\n".join("torn, and not named: " + b for b in bad), end="")
    return 1 if bad else 0


def main():
    if sys.argv[1] == "check":
        with open(sys.argv[3]) as f:
            return check(sys.argv[2], f.read())
    for sub in ("still", "moving"):
        os.makedirs(os.path.join(sys.argv[2], sub), exist_ok=True)
    for n in range(FILES):
        with open(os.path.join(sys.argv[2], "still", "f%d" % n), "wb") as f:
            f.write(still(n))
        with open(os.path.join(sys.argv[2], "moving", "f%d" % n), "wb") as f:
            f.write(b"a" * 1000 * n)
    with open(os.path.join(sys.argv[2], "ready"), "w"):
        pass
    return write(sys.argv[2])


sys.exit(main())

"""What the benchmarks share: running a program and what it took."""
import os
import subprocess
import time


class Failed(Exception):
    """A program did not do what was to be measured."""


def run(argv, env, cwd=None):
    """Run to its end: (wall s, CPU s of it and its children, peak MB)."""
    os.sync()
    began = time.monotonic()
    child = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed("%s: exit status %d\n%s" % (
            " ".join(argv), child.returncode, errors.decode()[-2000:]))
    return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def stored(folder):
    """MB of all files below it."""
    total = 0
    for where, _, names in os.walk(folder):
        total += sum(os.lstat(os.path.join(where, n)).st_size for n in names)
    return total / 1e6

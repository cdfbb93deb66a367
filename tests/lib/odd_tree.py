#!/usr/bin/env python3
"""usage: odd_tree.py DIR [deep]

Make in DIR, which is new, one of everything that a file system can hold and a
careless tool loses or changes; or with "deep" a path that is longer than the
system takes.  For root.  Prints what the file system here would not have, one
thing a line.
"""
import os
import socket
import stat
import subprocess
import sys

NAMES = [
    b"plain", b" ", b"  two  spaces  ", b"-rf", b"--", b"*", b"?[a]", b"\\",
    b"back\\slash", b"new\nline", b"\ttab", b"\r", b"'\"`$(x)", b"%41%00",
    b"\xff\xfe", b"latin1-\xe9", "nfc-\u00e9".encode(),
    "nfd-e\u0301".encode(), "\u8868\U0001f600".encode(), b"\xed\xa0\x80",
    b".hidden", b"...", b"a=b", b"con:", b"\x01\x02\x7f", b"~", b"#x#",
    b"n" * 255, "\u00e9".encode() * 127,
]
TIMES = {                       # name: seconds, nanoseconds
    "epoch": (0, 0), "before": (-1, 1), "long-before": (-2000000000, 5),
    "last-of-31-bits": (2**31 - 1, 999999999), "2038": (2**31, 1),
    "one-ns": (1700000000, 1), "most-ns": (1700000000, 999999999),
    "far": (2**33, 123456789),
}


def put(path, data=b"x"):
    with open(path, "wb") as f:
        f.write(data)
    return path


def names(top):
    for where in (b"files", b"folders", b"links"):
        os.mkdir(top + b"/" + where)
    for n in NAMES:
        put(top + b"/files/" + n, n)
        os.mkdir(top + b"/folders/" + n)
        put(top + b"/folders/" + n + b"/" + n)
        os.symlink(n, top + b"/links/" + n)


def links(top):
    put(top + b"/one", b"one" * 100)
    os.mkdir(top + b"/sub")
    for name in (b"/two", b"/sub/three", b"/0-comes-first"):
        os.link(top + b"/one", top + name)
    for name, to in (
            (b"dangling", b"nowhere"), (b"outside", b"/etc/passwd"),
            (b"up", b"../../../../../../etc"), (b"loop", b"loop"),
            (b"slash", b"sub/"), (b"here", b"."), (b"far", b"t" * 4095)):
        os.symlink(to, top + b"/" + name)


def sparse(top):
    for name, size, data in (
            (b"all-hole", 50 << 20, ()), (b"hole-first", 9 << 20, (8 << 20,)),
            (b"hole-last", 9 << 20, (0,)), (b"odd", 12345678, (4096, 7000000)),
            (b"large", 300 << 20, (299 << 20,))):
        with open(top + b"/" + name, "wb") as f:
            f.truncate(size)
            for at in data:
                f.seek(at)
                f.write(b"data" * 1000)
    put(top + b"/zeros", bytes(1 << 20))
    put(top + b"/empty", b"")


def attributes(top):
    f = put(top + b"/user")
    os.setxattr(f, "user.text", b"value")
    os.setxattr(f, "user.empty", b"")
    os.setxattr(f, "user.binary", bytes(range(256)))
    os.setxattr(f, "user.nam\u00e9 b=c%41", b"odd name")
    os.setxattr(f, "trusted.t", b"root only")
    f = put(top + b"/many")
    for i in range(20):
        os.setxattr(f, "user.k%02d" % i, b"v" * (i * 9))
    f = put(top + b"/capable")
    os.chmod(f, 0o755)
    subprocess.run(["setcap", "cap_net_bind_service,cap_chown+ep", f],
                   check=True)
    f = put(top + b"/acl")
    subprocess.run(["setfacl", "-m", "u:12345:rw,g:54321:r,m::rw", f],
                   check=True)
    d = top + b"/acl-folder"
    os.mkdir(d)
    put(d + b"/before")
    subprocess.run(["setfacl", "-m", "u:12345:rwx,d:u:12345:rx,d:g::-,d:o::-",
                    d], check=True)
    put(d + b"/after")


def modes(top):
    for m in (0, 0o1, 0o400, 0o644, 0o4755, 0o2755, 0o6711, 0o1644, 0o7777):
        f = put(top + b"/f%04o" % m)
        os.chown(f, 4000000000 if m == 0o644 else m, 3000000000)
        os.chmod(f, m)
        d = top + b"/d%04o" % m
        os.mkdir(d)
        put(d + b"/inside")
        os.mkdir(d + b"/empty")
        os.chmod(d, m)
    os.symlink(b"x", top + b"/owned-link")
    os.lchown(top + b"/owned-link", 77, 88)


def special(top):
    os.mkfifo(top + b"/fifo", 0o640)
    for name, kind, dev in (
            (b"null", stat.S_IFCHR, (1, 3)), (b"loop", stat.S_IFBLK, (7, 5)),
            (b"big", stat.S_IFCHR, (511, 262143))):
        os.mknod(top + b"/" + name, kind | 0o620, os.makedev(*dev))
    os.chdir(top)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(b"socket")


def times(top):
    lacks = []
    for name, (sec, ns) in TIMES.items():
        for path in (put(os.path.join(top, name.encode())),
                     os.path.join(top, b"d-" + name.encode()),
                     os.path.join(top, b"l-" + name.encode())):
            base = os.path.basename(path)
            if base.startswith(b"d-"):
                os.mkdir(path)
            elif base.startswith(b"l-"):
                os.symlink(b"x", path)
            at = sec * 10**9 + ns
            os.utime(path, ns=(at, at), follow_symlinks=False)
            if os.stat(path, follow_symlinks=False).st_mtime_ns != at:
                lacks.append("time %s" % name)
    return sorted(set(lacks))


def deep(top):
    """A path of more than 4096 bytes; nobody but us can name its end."""
    os.chdir(top)
    for i in range(25):
        n = b"%02d-" % i + b"d" * 197
        os.mkdir(n)
        os.chdir(n)
    put(b"end", b"the end of a long path")
    os.chdir(b"/")


def flags(top):
    """Immutable and append-only; muster reads them and does not keep that."""
    for name, flag in ((b"immutable", "+i"), (b"append-only", "+a")):
        f = put(top + b"/" + name)
        if subprocess.run(["chattr", flag, f], capture_output=True,
                          check=False).returncode != 0:
            return ["flag %s" % flag]
    return []


def main():
    top = os.fsencode(os.path.abspath(sys.argv[1]))
    os.mkdir(top)
    lacks = []
    for make in (names, links, sparse, attributes, modes, special, times,
                 flags):
        sub = top + b"/" + make.__name__.encode()
        os.mkdir(sub)
        lacks += make(sub) or []
    os.mkdir(top + b"/nothing")
    for what in lacks:
        print(what)


if __name__ == "__main__":
    if sys.argv[2:] == ["deep"]:
        os.mkdir(sys.argv[1])
        deep(sys.argv[1])
    else:
        main()

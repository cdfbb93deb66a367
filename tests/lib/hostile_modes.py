"""Ways to go wrong, for hostile_s3.py: each gets a connection whose request's
head was read.  True: the connection may be used again.  Not a command.
"""
import os
import socket
import struct
import time
from urllib.parse import quote

XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
HTML = b"<html><body>Please log in</body></html>"
PAGE = [b"Content-Type: text/html"]
PATIENCE = 20 * int(os.environ.get("MUSTER_TEST_PATIENCE", "1"))
MODES = {}


def mode(f):
    MODES[f.__name__.replace("_", "-")] = f
    return f


def reset(c):
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    c.sock.close()


def status(name, *answer, **more):
    """A mode that reads the request and answers so."""
    def f(c):
        c.body()
        c.answer(*answer, **more)
        return True
    MODES[name] = f


def error(name, code, word, more=b"", headers=()):
    def f(c):
        c.body()
        c.error(code, word, more, headers)
        return True
    MODES[name] = f


for n in (301, 307, 400, 403, 404, 405, 409, 412, 416, 429, 500, 501, 502,
          503, 504, 507):
    status(f"empty{n}", n)
for n in (200, 403, 404, 500, 503):
    status(f"html{n}", n, HTML, PAGE)
status("nothing200", 200)
status("nothing204", 204)
status("body200", 200, b"stored\n", [b'ETag: "x"'])
status("later", 503, headers=[b"Retry-After: 1"])
status("much-later", 503, headers=[b"Retry-After: 100000"])
error("slow-down", 503, b"SlowDown", headers=[b"Retry-After: 1"])
error("conflict", 409, b"ConditionalRequestConflict")
error("no-bucket", 404, b"NoSuchBucket")
error("no-key", 404, b"NoSuchKey")
error("timeout", 400, b"RequestTimeout")
error("digest", 400, b"XAmzContentSHA256Mismatch")
error("expired-token", 400, b"ExpiredToken")
error("other-region", 400, b"AuthorizationHeaderMalformed",
      b"<Region>eu-west-9</Region>")
error("lacking", 501, b"NotImplemented")
error("many-errors", 400, b"Odd", b"".join(
    b"<E%d>v%d</E%d>" % (i, i, i) for i in range(1000)))
error("long-error", 400, b"Odd", b"<Q>" + b"B" * 30000 + b"</Q>")
error("endless-error", 400, b"Odd", b"<Q>" + b"B" * 3000000 + b"</Q>")
error("binary-error", 400, b"Odd&#10;\xc3\xa9")
error("forbidden-error", 400, b"Odd&#27;")


@mode
def expired(c):
    c.body()
    c.error(403, b"RequestTimeTooSkewed", headers=[
        b"Date: Fri, 02 Jan 2026 03:04:05 GMT"])
    return True


@mode
def waited(c):
    """Too skewed, though the clocks agree."""
    now = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    c.body()
    c.error(403, b"RequestTimeTooSkewed", headers=[b"Date: " + now.encode()])
    return True


@mode
def redirect(c):
    """To itself, for ever, by another name."""
    c.body()
    port = c.sock.getsockname()[1]
    c.answer(307, headers=[b"Location: http://localhost:%d/evil/" % port +
                           quote(c.key).encode()])
    return True


@mode
def moved(c):
    c.body()
    c.error(301, b"PermanentRedirect", headers=[
        b"x-amz-bucket-region: eu-west-1"])
    return True


@mode
def close(c):
    """Without a word."""


@mode
def no_continue(c):
    c.server.put(c, c.body(go_on=False))
    return True


@mode
def endless_continue(c):
    for _ in range(100000):
        c.raw(b"HTTP/1.1 100 Continue\r\n\r\n")


@mode
def early503(c):
    c.answer(503, headers=[b"Connection: close"])
    time.sleep(0.05)


@mode
def early200(c):
    """A success before the bytes were read."""
    c.answer(200, headers=[b'ETag: "x"', b"Connection: close"])
    time.sleep(0.05)


@mode
def drop_stored(c):
    """It was stored, but nobody is told."""
    data = c.body()
    with c.server.lock:
        c.server.objects[c.key] = data


@mode
def drop_other(c):
    """Somebody else stored other bytes in this moment."""
    data = c.body()
    with c.server.lock:
        c.server.objects[c.key] = data[:-1] + b"?"


@mode
def drop_lost(c):
    c.body()


@mode
def reset_body(c):
    if "expect" in c.headers:
        c.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(c.rest) < min(c.length, 100000):
        c.rest += c.read()
    reset(c)


@mode
def stall_body(c):
    """Reads nothing any more."""
    time.sleep(PATIENCE)


@mode
def silence(c):
    c.body()
    time.sleep(PATIENCE)


def promise(c, headers=(), length=None):
    """The head of a right answer to a GET; its bytes."""
    data = c.server.data(c.key)
    first, last = (int(x) for x in c.headers["range"][6:].split("-"))
    part = data[first:last + 1]
    lines = [b"HTTP/1.1 206 X", b'ETag: "x"',
             b"Content-Range: bytes %d-%d/%d" % (first, last, len(data)),
             *headers]
    if length != -1:
        lines.append(b"Content-Length: %d" % (length or len(part)))
    c.raw(b"\r\n".join(lines) + b"\r\n\r\n")
    return part


@mode
def cut(c):
    c.raw(promise(c)[:-1])


@mode
def cut_reset(c):
    c.raw(promise(c)[:1])
    time.sleep(0.05)
    reset(c)


@mode
def head_reset(c):
    promise(c)
    time.sleep(0.05)
    reset(c)


@mode
def cut_chunked(c):
    part = promise(c, [b"Transfer-Encoding: chunked"], -1)
    c.raw(b"%x\r\n" % len(part) + part[:-1])


@mode
def chunked(c):
    part = promise(c, [b"Transfer-Encoding: chunked"], -1)
    for i in range(len(part)):
        c.raw(b"1\r\n" + part[i:i + 1] + b"\r\n")
    c.raw(b"0\r\n\r\n")
    return True


@mode
def no_length(c):
    c.raw(promise(c, [b"Connection: close"], -1))


@mode
def cut_no_length(c):
    c.raw(promise(c, [b"Connection: close"], -1)[:-1])


@mode
def too_short(c):
    """The length contradicts the range."""
    c.raw(promise(c, length=3)[:3])
    return True


@mode
def too_long(c):
    """More bytes than the header says; then rubbish."""
    c.raw(promise(c) + b"more bytes\r\n\r\n")
    return True


@mode
def too_much(c):
    c.raw(promise(c, [b"Connection: close"], -1) + b"x" * 5000000)


@mode
def stall(c):
    c.raw(promise(c)[:1])
    time.sleep(PATIENCE)


def drip(c, byte):
    """Never silent, never done."""
    for _ in range(PATIENCE * 10):
        c.raw(byte)
        time.sleep(0.1)


@mode
def slow_list(c):
    c.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + XML +
          b"<ListBucketResult>")
    drip(c, b" ")


@mode
def slow_header(c):
    c.raw(b"HTTP/1.1 206 OK\r\nServer: ")
    drip(c, b"s")


@mode
def wrong_bytes(c):
    part = promise(c)
    c.raw(bytes([part[0] ^ 1]) + part[1:])
    return True


def ranged(name, text, n=4):
    def f(c):
        c.answer(206, b"x" * n, [b'ETag: "x"', *text])
        return True
    MODES[name] = f


ranged("other-range", [b"Content-Range: bytes 1-4/100"])
ranged("wider-range", [b"Content-Range: bytes 0-99/100"], 100)
ranged("cut-range", [b"Content-Range: bytes 0-1/100"], 2)
ranged("no-range", [])
ranged("odd-range", [b"Content-Range: bytes a-b/c"])
ranged("backward-range", [b"Content-Range: bytes 3-0/100"])
ranged("huge-range", [b"Content-Range: bytes 0-99999999999999999999999/1"])
ranged("short-object", [b"Content-Range: bytes 0-1/2"], 2)


@mode
def whole(c):
    """Ranges are not known here."""
    c.answer(200, c.server.data(c.key), [b'ETag: "x"'])
    return True


def headed(name, *lines):
    """A right answer to GET and HEAD with these headers, too."""
    def f(c):
        if c.verb == "GET":
            c.raw(promise(c, lines))
        else:
            c.answer(200, c.server.data(c.key), [b'ETag: "x"', *lines])
        return True
    MODES[name] = f


headed("metadata", *(b"x-amz-meta-a%d: z" % i for i in range(1000)))
headed("tiny-metadata", *([b"x-amz-meta-:z"] * 800))
headed("long-header", b"Server: " + b"S" * 70000)
headed("endless-header", b"Server: " + b"S" * 3000000)
headed("endless-headers", *([b"x-amz-meta-b: " + b"y" * 1000] * 2000))
headed("odd-headers", b"E: boo", b"C: 9", b": x", b"\x01: \x02")
headed("no-colon", b"nothing")
headed("two-lengths", b"Content-Length: 3")
headed("odd-length", b"Content-Length: banana")
headed("negative-length", b"Content-Length: -5")


@mode
def lower(c):
    data = c.server.data(c.key)
    if c.verb == "HEAD":
        c.raw(b'HTTP/1.1 200 OK\r\netag: "low"\r\ncontent-length: %d\r\n\r\n'
              % len(data))
    else:
        c.raw(b'HTTP/1.1 206 OK\r\netag: "low"\r\ncontent-length: 4\r\n'
              b"content-range: bytes 0-3/%d\r\n\r\n" % len(data) + data[:4])
    return True


@mode
def no_size(c):
    c.raw(b'HTTP/1.1 200 OK\r\nETag: "x"\r\nConnection: close\r\n\r\n')


@mode
def http09(c):
    c.raw(b"hello, world\n")


@mode
def odd_status(c):
    c.raw(b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n")


@mode
def odd_version(c):
    c.raw(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n")


def listed(name, inner, root=b"ListBucketResult", **more):
    def f(c):
        text = inner(c.name) if callable(inner) else inner
        c.answer(200, XML + b"<" + root + b">" + text + b"</" + root + b">",
                 **more)
        return True
    MODES[name] = f


def items(prefix, names, size=b"1"):
    return b"".join(b"<Contents><Key>%s</Key><Size>%s</Size></Contents>" %
                    (prefix.encode() + n, size) for n in names)


LAST = b"<IsTruncated>false</IsTruncated>"
MORE = b"<IsTruncated>true</IsTruncated>"
listed("other-root", LAST, b"html")
listed("unsaid", lambda p: items(p, [b"a"]))
listed("said-oddly", b"<IsTruncated>maybe</IsTruncated>")
listed("empty-page", MORE)
listed("same-page", lambda p: MORE + items(p, [b"a", b"b"]))
listed("unordered", lambda p: LAST + items(p, [b"b", b"a"]))
listed("twice", lambda p: LAST + items(p, [b"a", b"a"]))
listed("outside", LAST + items("", [b"a", b"b"]))
listed("no-key-list", LAST + b"<Contents><Size>1</Size></Contents>")
listed("no-size-list", LAST + b"<Contents><Key>a</Key></Contents>")
listed("two-keys", LAST + b"<Contents><Key>a</Key><Key>b</Key><Size>1</Size>"
       b"</Contents>")
listed("bad-size", lambda p: LAST + items(p, [b"a"], b"-1"))
listed("huge-size", lambda p: LAST + items(p, [b"a"], b"9" * 30))
listed("long-key", lambda p: LAST + items(p, [b"k" * 2000]))
listed("longer-key", lambda p: LAST + items(p, [b"k" * 50000]))
listed("bad-escape", lambda p: b"<EncodingType>url</EncodingType>" + LAST +
       items(p, [b"a%zz"]))
listed("too-many", lambda p: LAST + items(p, [b"%05d" % i for i in
                                              range(1500)]))
listed("deep", LAST + b"<a>" * 5000 + b"</a>" * 5000)
listed("said-last", lambda p: items(p, [b"%02d" % i for i in range(64)]) +
       LAST)
listed("foreign", lambda p: LAST + items(p, [b".x", b"a b", b"d/", b"k" * 400,
                                             b"ok"]))


@mode
def list_cut(c):
    text = XML + b"<ListBucketResult>" + LAST + items(c.name, [b"a", b"b"])
    c.answer(200, text, length=len(text) + 100)


@mode
def list_closed(c):
    c.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + XML +
          b"<ListBucketResult>" + LAST + items(c.name, [b"a", b"b"]))


@mode
def list_unclosed(c):
    c.answer(200, XML + b"<ListBucketResult>" + LAST +
             items(c.name, [b"a", b"b"]))
    return True


@mode
def bomb(c):
    c.answer(200, b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10)
        for i in range(9)) + b"]><ListBucketResult>" + LAST +
        b"<Contents><Key>&j;</Key><Size>1</Size></Contents>"
        b"</ListBucketResult>")
    return True


@mode
def giant(c):
    """XML without an end."""
    c.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + XML +
          b"<ListBucketResult>" + LAST)
    for _ in range(4000):
        c.raw(b"<CommonPrefixes>" + b"x" * 10000 + b"</CommonPrefixes>")

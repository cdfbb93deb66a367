#!/usr/bin/python3
"""usage: hostile_s3.py [CERTIFICATE KEY]

A small S3 server on a free port of the loopback, printed as a line, that does
what it should (put if absent, ranges, lists; no signatures are checked) unless
the first part of a key is MODE.VERB.COUNT.N: then the first COUNT requests
with that verb (LIST for lists) below it go wrong in that way; COUNT 0 is
always, N tells apart what is counted.
An object "there" is there below every prefix: the bytes 0 to 99.  Ends when
its standard input does.
"""
import hashlib
import re
import socket
import ssl
import sys
import threading
from urllib.parse import parse_qs, quote, unquote

sys.dont_write_bytecode = True
from hostile_modes import MODES  # noqa: E402

XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'


class Gone(Exception):
    """The client has hung up."""


class Client:
    """One connection."""

    def __init__(self, sock, server):
        self.sock = sock
        self.server = server
        self.rest = b""

    def read(self, n=65536):
        data = self.sock.recv(n)
        if not data:
            raise Gone
        return data

    def head(self):
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.read()
        text, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = text.decode("latin-1").split("\r\n")
        self.verb, target, _ = lines[0].split(" ")
        path, _, query = target.partition("?")
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.query = parse_qs(query, keep_blank_values=True)
        parts = unquote(path).split("/", 2)
        self.key = parts[2] if len(parts) > 2 else ""
        self.length = int(self.headers.get("content-length", 0))
        self.kind = self.verb if self.key else "LIST"
        self.name = self.key or self.query.get("prefix", [""])[0]

    def body(self, go_on=True):
        if go_on and "expect" in self.headers:
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.rest) < self.length:
            self.rest += self.read()
        data, self.rest = self.rest[:self.length], self.rest[self.length:]
        return data

    def raw(self, data):
        self.sock.sendall(data)

    def answer(self, status, body=b"", headers=(), length=None):
        lines = [f"HTTP/1.1 {status} X".encode(), *headers]
        if length is None:
            length = len(body)
        lines.append(b"Content-Length: %d" % length)
        self.raw(b"\r\n".join(lines) + b"\r\n\r\n")
        if self.verb != "HEAD":
            self.raw(body)

    def error(self, status, code, more=b"", headers=()):
        self.answer(status, XML + b"<Error><Code>" + code + b"</Code>"
                    b"<Message>said so</Message>" + more + b"</Error>",
                    headers)


def etag(data):
    return b'ETag: "%s"' % hashlib.md5(data).hexdigest().encode()


class Server:
    def __init__(self):
        self.lock = threading.Lock()
        self.objects = {}
        self.counts = {}

    def mode(self, c):
        """The way in which this request goes wrong, or None."""
        m = re.match(r"([a-z0-9-]+)\.([A-Z]+)\.(\d+)\.\d+/", c.name)
        if m is None or m.group(2) != c.kind:
            return None
        with self.lock:
            n = self.counts[m.group(0)] = self.counts.get(m.group(0), 0) + 1
        if int(m.group(3)) and n > int(m.group(3)):
            return None
        return MODES[m.group(1)]

    def data(self, key):
        if key.endswith("/there"):
            return self.objects.get(key, bytes(range(100)))
        return self.objects.get(key)

    def put(self, c, data):
        with self.lock:
            there = c.key in self.objects
            if not there or "if-none-match" not in c.headers:
                self.objects[c.key] = data
        if there and "if-none-match" in c.headers:
            return c.error(412, b"PreconditionFailed")
        return c.answer(200, headers=[etag(data)])

    def get(self, c):
        data = self.data(c.key)
        if data is None:
            return c.error(404, b"NoSuchKey")
        m = re.match(r"bytes=(\d+)-(\d+)$", c.headers.get("range", ""))
        if m is None or c.verb == "HEAD":
            return c.answer(200, data, [etag(data)])
        first, last = int(m.group(1)), min(int(m.group(2)), len(data) - 1)
        if first > last:
            return c.error(416, b"InvalidRange")
        return c.answer(206, data[first:last + 1], [etag(data),
                        b"Content-Range: bytes %d-%d/%d" %
                        (first, last, len(data))])

    def delete(self, c):
        self.objects.pop(c.key, None)
        c.answer(204)

    def list(self, c):
        prefix = c.query.get("prefix", [""])[0]
        marker = c.query.get("marker", [""])[0]
        most = int(c.query["max-keys"][0])
        keys = sorted(k for k in list(self.objects)
                      if k.startswith(prefix) and k > marker)
        c.answer(200, page(keys[:most], len(keys) > most))

    def serve(self, sock):
        c = Client(sock, self)
        try:
            while True:
                c.head()
                wrong = self.mode(c)
                if wrong is not None:
                    if wrong(c) is not True:
                        break
                elif c.verb == "PUT":
                    self.put(c, c.body())
                elif c.kind == "LIST":
                    self.list(c)
                elif c.verb == "DELETE":
                    self.delete(c)
                else:
                    self.get(c)
        except (Gone, OSError, ValueError):
            pass
        try:
            sock.close()
        except OSError:
            pass


def item(key, size=b"1"):
    return (b"<Contents><Key>%s</Key><LastModified>2026-01-02T03:04:05.000Z"
            b"</LastModified><ETag>&quot;e&quot;</ETag><Size>%s</Size>"
            b"<Owner><ID>o</ID></Owner></Contents>" %
            (quote(key).encode(), size))


def page(keys, more):
    return (XML + b"<ListBucketResult><EncodingType>url</EncodingType>"
            b"<IsTruncated>%s</IsTruncated>" %
            (b"true" if more else b"false") +
            b"".join(item(k) for k in keys) + b"</ListBucketResult>")


def accept(listener, server, tls):
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def run(sock=sock):
            try:
                if tls is not None:
                    sock = tls.wrap_socket(sock, server_side=True)
            except OSError:
                sock.close()
                return
            server.serve(sock)

        threading.Thread(target=run, daemon=True).start()


def main():
    tls = None
    if len(sys.argv) == 3:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[1], sys.argv[2])
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    threading.Thread(target=accept, args=(listener, Server(), tls),
                     daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""usage: reader.py STORE KEY PASSPHRASE COMPONENT [SNAPSHOT] > TAR

Open a component of a snapshot in a directory store, with a recovery key's
file and the file of its passphrase ("-": a bare key), and write it as tar.
Written from muster-format(5) alone, to show that nothing else is needed.  The
newest snapshot, or the one whose object's name begins with SNAPSHOT.  Exit
status 1: something is not what it must be.
"""
import base64
import hashlib
import json
import os
import re
import struct
import sys
from collections import namedtuple

import zstandard
from nacl import bindings, exceptions

Key = namedtuple("Key", "root box_public box_secret")
Entry = namedtuple("Entry", "pack key id offset sealed opened number coding")


class Damaged(Exception):
    pass


def need(right, what):
    if not right:
        raise Damaged(what)


def unb64(text, n=None):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64 is not canonical")
    need(n in (None, len(data)), "base64 of another length")
    return data


def unjson(data):
    def once(pairs):
        need(len(dict(pairs)) == len(pairs), "a member is there twice")
        return dict(pairs)
    return json.loads(data, object_pairs_hook=once)


def kdf(key, context, i, n=32):
    return hashlib.blake2b(b"", digest_size=n, key=key,
                           salt=struct.pack("<Q8x", i),
                           person=context + bytes(8)).digest()


def keyed(key, data, n=32):
    return hashlib.blake2b(data, digest_size=n, key=key).digest()


def name_of(public):
    return hashlib.sha256(public).hexdigest()[:16]


def load_key(path, passphrase):
    first, second, secret, end = open(path, "rb").read(4097).split(b"\n")
    need(first == b"muster recovery key 1" and end == b"", "not a key")
    bound = first + b"\n" + second + b"\n"
    said, secret = unjson(second), unb64(secret.decode(), 48)
    lock = said["kdf"]
    if lock is None:
        seed, check = secret[:32], secret[32:]
        need(keyed(kdf(seed, b"musterkf", 1), bound + seed, 16) == check,
             "the key file was changed")
    else:
        need(lock["algorithm"] == "argon2id13", "unknown algorithm")
        words = open(passphrase, "rb").readline().rstrip(b"\r\n")
        key = bindings.crypto_pwhash_alg(
            32, words, unb64(lock["salt"], 16), lock["passes"],
            lock["memory"], bindings.crypto_pwhash_ALG_ARGON2ID13)
        seed = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            secret, bound, unb64(lock["nonce"], 24), key)
    public, private = bindings.crypto_box_seed_keypair(
        kdf(seed, b"musterrk", 1))
    need(unb64(said["box"]) == public and said["name"] == name_of(public),
         "the file describes another key")
    return Key(unb64(said["root"], 32), public, private)


def open_envelope(data, kind, publics):
    """The payload, and the first of these keys that signed it."""
    need(len(data) <= 16 << 20, "an envelope is too large")
    e = unjson(data)
    need(set(e) == {"payload", "payloadType", "signatures"}, "no envelope")
    need(e["payloadType"] == kind, "another payload type")
    payload = unb64(e["payload"])
    pae = b"DSSEv1 %d %s %d " % (len(kind), kind.encode(), len(payload))
    for public in publics:
        for s in e["signatures"]:
            if s["keyid"] == name_of(public):
                bindings.crypto_sign_open(unb64(s["sig"], 64) + pae + payload,
                                          public)
                return unjson(payload), public
    raise Damaged("signed by a stranger")


class Store:
    def __init__(self, folder, key):
        self.folder, self.key = folder, key
        found = []
        for name in self.names("charters"):
            charter, _ = open_envelope(
                self.get(name), "application/vnd.muster.charter+json",
                [key.root])
            need(charter["format"] == 1, "a charter of a newer version")
            found.append((charter["created"], charter))
        need(found, "no charter")
        self.charter = max(found, key=lambda f: f[0])[1]
        mine = [r for r in self.charter["recovery"]
                if unb64(r["box"], 32) == key.box_public]
        need(mine, "the key is none of the charter's")
        secret = bindings.crypto_box_seal_open(
            unb64(mine[0]["secret"], 80), key.box_public, key.box_secret)
        need(kdf(secret, b"musterst", 4, 16).hex() == self.charter["store"],
             "the secret of another store")
        self.chunk_key = kdf(secret, b"musterst", 1)
        self.print_key = kdf(secret, b"musterst", 3)
        self.entries, self.keys = {}, {}

    def names(self, kind):
        return [f"{kind}/{n}" for n in sorted(os.listdir(
            os.path.join(self.folder, kind)))]

    def get(self, name):
        """A whole object, whose bytes have the SHA-256 in its name."""
        with open(os.path.join(self.folder, name), "rb") as f:
            data = f.read()
        need(hashlib.sha256(data).hexdigest() == name[-64:],
             f"{name}: its SHA-256 is not its name")
        return data

    def snapshot(self, which):
        names = [n for n in self.names("snapshots") if which in ("", n)
                 or n.startswith("snapshots/" + which)]
        need(names, "no such snapshot")
        name = names[-1]
        signers = [unb64(s["public"], 32) for s in self.charter["signers"]
                   if "snapshot" in s["roles"]]
        s, _ = open_envelope(self.get(name), "application/vnd.in-toto+json",
                             signers)
        p = s["predicate"]
        need(s["_type"] == "https://in-toto.io/Statement/v1" and
             s["predicateType"] == "urn:muster:snapshot:v1" and
             p["format"] == 1, f"{name}: of another or a newer kind")
        need(re.sub(r"[-:]", "", p["finished"]) == name[10:26],
             f"{name}: the time in its name is not the one inside")
        need([(x["name"], x["digest"]["musterFingerprint"])
              for x in s["subject"]] == [(c["name"], c["fingerprint"])
                                         for c in p["components"]],
             f"{name}: subject and components differ")
        return p

    def read_inventory(self, digest):
        for line in self.get("inventories/" + digest).splitlines():
            sha, pack = line.decode().split("  ")
            need(pack == f"packs/{sha[:2]}/{sha}", "a strange inventory")
            self.read_directory(pack)

    def read_directory(self, pack):
        data = self.get(pack)
        need(struct.unpack("<8sII", data[:16]) == (b"MUSTERPK", 1, 0),
             f"{pack}: not a pack of version 1")
        sha, at, n, version, flags, magic = struct.unpack("<32sQQII8s",
                                                          data[-64:])
        need((version, flags, magic) == (1, 0, b"MUSTERPE") and
             16 <= at and at + n + 64 == len(data) and
             hashlib.sha256(data[at:at + n]).digest() == sha,
             f"{pack}: a bad end")
        d, p, = data[at:at + n], 2
        for key in range(struct.unpack_from("<H", d)[0]):
            slots, = struct.unpack_from("<H", d, p)
            for i in range(slots):
                slot = d[p + 2 + 88 * i:p + 2 + 88 * (i + 1)]
                if slot[:8].hex() == name_of(self.key.box_public):
                    self.keys[pack, key] = bindings.crypto_box_seal_open(
                        slot[8:], self.key.box_public, self.key.box_secret)
            p += 2 + 88 * slots
        n, = struct.unpack_from("<I", d, p)
        need(len(d) == p + 4 + 59 * n, f"{pack}: a bad directory")
        for v in struct.iter_unpack("<32sQIIHQB", d[p + 4:]):
            need(16 <= v[1] and v[1] + v[2] <= at and v[3] <= 32 << 20,
                 f"{pack}: an impossible chunk")
            self.entries[v[0]] = Entry(pack, v[4], *v[:4], *v[5:])

    def chunk(self, cid, length):
        """The opened bytes of a chunk, authenticated."""
        need(cid in self.entries, "a chunk is in no pack")
        e = self.entries[cid]
        with open(os.path.join(self.folder, e.pack), "rb") as f:
            sealed = os.pread(f.fileno(), e.sealed, e.offset)
        data = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed, b"muster chunk 1" + cid + struct.pack(
                "<IB", e.opened, e.coding), struct.pack("<Q16x", e.number),
            self.keys[e.pack, e.key])
        if e.coding == 1:
            data = zstandard.ZstdDecompressor().decompress(
                data, max_output_size=e.opened)
        need(len(data) == length and keyed(self.chunk_key, data) == cid,
             f"{e.pack}: a chunk has other content")
        return data

    def segments(self, c):
        """The refs of each segment of a component's archive."""
        top = bytes.fromhex(c["top"]["id"]), c["top"]["len"]
        magic = b"muster archive 1"
        need(keyed(self.print_key, magic + struct.pack(
            "<I32sIQQ", c["depth"], *top, c["entries"], c["size"])).hex() ==
            c["fingerprint"], "the fingerprint is of another archive")
        data = self.chunk(*top)
        for _ in range(c["depth"]):
            data = b"".join(self.chunk(*r)
                            for r in struct.iter_unpack("<32sI", data))
        need(data[:16] == magic, "an archive of another version")
        p, entries, size = 16, 0, 0
        while p < len(data):
            n, length, name = struct.unpack_from("<QQH", data, p)
            p += 18 + name
            p += 2 + struct.unpack_from("<H", data, p)[0]
            count, = struct.unpack_from("<I", data, p)
            need(len(data) >= p + 4 + 36 * count, "the manifest is cut")
            refs = list(struct.iter_unpack("<32sI",
                                           data[p + 4:p + 4 + 36 * count]))
            need(sum(r[1] for r in refs) == length, "a bad segment")
            p, entries, size = p + 4 + 36 * count, entries + n, size + length
            yield refs
        need((entries, size) == (c["entries"], c["size"]), "bad sums")


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    store = Store(sys.argv[1], load_key(sys.argv[2], sys.argv[3]))
    snapshot = store.snapshot(sys.argv[5] if len(sys.argv) == 6 else "")
    store.read_inventory(snapshot["inventory"]["sha256"])
    wanted = [c for c in snapshot["components"] if c["name"] == sys.argv[4]]
    need(wanted, "the snapshot has no such component")
    for refs in store.segments(wanted[0]):
        for ref in refs:
            sys.stdout.buffer.write(store.chunk(*ref))
    sys.stdout.buffer.write(bytes(1024))
    sys.stdout.buffer.flush()


try:
    main()
except (Damaged, exceptions.CryptoError, zstandard.ZstdError, ValueError,
        KeyError, TypeError, struct.error, OSError) as why:
    sys.exit(f"reader.py: {why or type(why).__name__}")

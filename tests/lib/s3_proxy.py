#!/usr/bin/env python3
"""usage: s3_proxy.py UPSTREAM-PORT STATS-FILE [FAIL-PERCENT [SEED]]

A proxy in front of an S3 server, both on the loopback: prints its own port,
counts what clients send, and lets FAIL-PERCENT of 100 requests fail, by dice
of this SEED, in one of the ways in which networks and servers do: the
connection is reset before the request, in the middle of its body, or in the
middle of the answer; or the answer is 503 SlowDown or an empty 500.  The
counts are in STATS-FILE, as JSON, after every request and during long ones.
"""
import asyncio
import json
import os
import random
import signal
import socket
import struct
import sys

HOST = "127.0.0.1"
PIECE = 65536
WAYS = ("reset", "half", "cut", "slow-down", "empty-500")
SLOW = (b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n%s")
SLOW_XML = b"<Error><Code>SlowDown</Code><Message>wait</Message></Error>"
EMPTY = (b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n"
         b"Content-Length: 0\r\n\r\n")

upstream = int(sys.argv[1])
stats_file = sys.argv[2]
percent = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
dice = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
stats = {"requests": 0, "failed": 0, "sent": 0,
         "ways": {way: 0 for way in WAYS}}


def note():
    with open(stats_file + ".new", "w", encoding="ascii") as f:
        json.dump(stats, f)
    os.replace(stats_file + ".new", stats_file)


def abort(writer):
    """Close with a reset, as a machine does that went away."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
    writer.close()


def length_of(head):
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


async def answers(reader, writer, limit):
    """Hand the server's bytes on; after limit[0] of them, cut."""
    try:
        while data := await reader.read(PIECE):
            if limit[0] is not None:
                data = data[:limit[0]]
                limit[0] -= len(data)
            writer.write(data)
            await writer.drain()
            if limit[0] == 0:
                abort(writer)
                return
    except (ConnectionError, OSError):
        pass
    writer.close()


async def body(reader, out, left):
    """Hand left bytes of a request's body on (nowhere, when out is None)."""
    while left > 0:
        data = await reader.read(min(PIECE, left))
        if not data:
            raise ConnectionResetError
        stats["sent"] += len(data)
        left -= len(data)
        if out is not None:
            out.write(data)
            await out.drain()


async def refuse(writer, way):
    if way == "slow-down":
        writer.write(SLOW % (len(SLOW_XML), SLOW_XML))
    elif way == "empty-500":
        writer.write(EMPTY)
    else:
        abort(writer)
        return
    await writer.drain()
    writer.close()


async def serve(reader, writer):
    back = None
    limit = [None]
    pump = None
    try:
        up, back = await asyncio.open_connection(HOST, upstream)
        pump = asyncio.create_task(answers(up, writer, limit))
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            stats["requests"] += 1
            stats["sent"] += len(head)
            way = dice.choice(WAYS) if dice.random() * 100 < percent else ""
            if way:
                stats["failed"] += 1
                stats["ways"][way] += 1
            if way in ("reset", "slow-down", "empty-500"):
                await refuse(writer, way)
                return
            if way == "cut":
                limit[0] = dice.randrange(1, 200)
            length = length_of(head)
            back.write(head)
            await back.drain()
            if way == "half":
                await body(reader, back, length // 2)
                abort(writer)
                return
            await body(reader, back, length)
            note()
    except (ConnectionError, OSError, asyncio.IncompleteReadError):
        pass
    finally:
        note()
        if back is not None:
            back.close()
        if pump is not None:
            await asyncio.wait([pump], timeout=60)
        writer.close()


async def note_often():
    """What is sent, for those who watch it."""
    seen = -1
    while True:
        if stats["sent"] != seen:
            seen = stats["sent"]
            note()
        await asyncio.sleep(0.01)


async def main():
    server = await asyncio.start_server(serve, HOST, 0, limit=1 << 20)
    note()
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    often = asyncio.create_task(note_often())
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, ended.set)
    await ended.wait()
    often.cancel()
    note()
    os._exit(0)


asyncio.run(main())

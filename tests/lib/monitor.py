#!/usr/bin/env python3
"""monitor.py LOG [ANSWER]: a server that is pinged; its port on standard
output, a line "METHOD PATH" for each request in LOG.  It answers ANSWER (200),
or nothing at all when that is 0."""
import http.server
import sys
import time

log, answer = sys.argv[1], int(sys.argv[2] if len(sys.argv) > 2 else 200)


class Monitor(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(log, "a", encoding="utf-8") as f:
            f.write(f"{self.command} {self.path}\n")
        if answer == 0:
            time.sleep(60)
        self.send_response(answer)
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
print(server.server_address[1], flush=True)
server.serve_forever()

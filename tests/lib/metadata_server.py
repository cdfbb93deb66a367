#!/usr/bin/python3
"""usage: metadata_server.py

An imitation of the metadata services of clouds on a free port of the loopback,
which is printed as a line; ends when its standard input does.

  /imds/...       IMDSv2: the token is asked for with PUT, and demanded then
  /container      credentials; demands "Authorization: secret-of-task"
  /fresh/...      IMDSv2 whose credentials are others each time, for 4 minutes
  /none/...       an instance without a role (404)
  /odd/...        answers 200 with something else
  /v1/...         refuses to give a token (403)
"""
import http.server
import json
import sys
import threading
import time

TOKEN = "token-of-session=="
count = [0]


def credentials(n, seconds):
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() +
                                                          seconds))
    return json.dumps({
        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": f"ASIA{n}",
        "SecretAccessKey": f"secret/{n}+x", "Token": f"session{n}==",
        "Expiration": end})


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_PUT(self):
        where, _, path = self.path[1:].partition("/")
        if where == "v1" or path != "latest/api/token" or \
                "X-aws-ec2-metadata-token-ttl-seconds" not in self.headers:
            return self.answer(403, "no")
        return self.answer(200, TOKEN)

    def do_GET(self):
        where, _, path = self.path[1:].partition("/")
        if where == "container":
            if self.headers.get("Authorization") != "secret-of-task":
                return self.answer(401, "no")
            return self.answer(200, credentials("CONTAINER", 3600))
        if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            return self.answer(401, "no")
        if where == "none":
            return self.answer(404, "no role")
        if path == "latest/meta-data/iam/security-credentials/":
            return self.answer(200, "role-of-host\n")
        if path != "latest/meta-data/iam/security-credentials/role-of-host":
            return self.answer(404, "no such role")
        if where == "odd":
            return self.answer(200, "<html>AccessKeyId</html>")
        if where == "fresh":
            count[0] += 1
            return self.answer(200, credentials(count[0], 240))
        return self.answer(200, credentials("INSTANCE", 3600))


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


main()

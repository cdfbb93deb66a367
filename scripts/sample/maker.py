#!/usr/bin/env python3
"""The maker of scripts/sample-site: a small but whole ERPNext-like site.

  maker.py make DIR MB SEED     the bench tree, and DIR/load: what the shell
                                driver feeds to the server
  maker.py change DIR PERCENT   change that share of the files; the SQL that
                                changes the rows goes to standard output
  maker.py checks               SQL whose every result must be 0
  maker.py check-files DIR      compare File rows (path, md5, size on standard
                                input) with the files

All content follows from MB and SEED alone: no clock, no randomness, no name
of the machine.  Rows are written as they are made, so any size needs the same
little memory.  Sums hold by construction: every voucher's debits equal its
credits, every Bin is the sum of its ledger, every File row is on the disk.
"""
import hashlib
import json
import os
import re
import sys
from datetime import date, timedelta

from basics import (EPOCH, NULL, SITE, WORDS, Dice, derive, encryption_key,
                    token)
from story import Story
from tables import CHECKS, PROGRAMS, Load, load_schema


def write_file(path, content, mode=0o644, moment=EPOCH):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, mode)
    os.utime(path, (moment, moment))


def configuration(folder, seed, db):
    bench, sites = folder + "/frappe-bench", folder + "/frappe-bench/sites"
    commit = {app: token(seed, app, 40) for app in ("frappe", "erpnext")}

    def dump(value):
        return json.dumps(value, indent=1) + "\n"

    write_file(f"{sites}/{SITE}/site_config.json", dump({
        "db_name": db, "db_password": token(seed, "site password", 16),
        "db_type": "mariadb", "encryption_key": encryption_key(seed),
        "host_name": f"https://{SITE}"}), 0o600)
    write_file(f"{sites}/common_site_config.json", dump({
        "background_workers": 1, "default_site": SITE, "webserver_port": 8000,
        "redis_cache": "redis://127.0.0.1:13000",
        "redis_queue": "redis://127.0.0.1:11000"}), 0o600)
    write_file(f"{sites}/apps.txt", "frappe\nerpnext\n")
    write_file(f"{sites}/apps.json", dump({app: {
        "resolution": {"commit_hash": commit[app], "branch": "version-15"},
        "required": [], "idx": i + 1, "version": "15.0.0"}
        for i, app in enumerate(commit)}))
    for app in commit:
        write_file(f"{bench}/apps/{app}/.git/HEAD", commit[app] + "\n")
        write_file(f"{bench}/apps/{app}/{app}/__init__.py",
                   '__version__ = "15.0.0"\n')
        write_file(f"{bench}/apps/{app}/{app}/public/app.css", "body {}\n")
        os.makedirs(f"{sites}/assets", exist_ok=True)
        link = f"{sites}/assets/{app}"
        os.symlink(f"../../apps/{app}/{app}/public", link)
        os.utime(link, (EPOCH, EPOCH), follow_symlinks=False)
    write_file(f"{bench}/Procfile", "redis_cache: redis-server "
               "config/redis_cache.conf\nweb: bench serve --port 8000\n"
               "worker: bench worker\nschedule: bench schedule\n")
    write_file(f"{bench}/config/nginx.conf",
               f"server {{\n\tlisten 80;\n\tserver_name {SITE};\n\t"
               "location / {\n\t\tproxy_pass http://127.0.0.1:8000;\n\t}\n}\n")
    write_file(f"{bench}/config/supervisor.conf",
               "[program:frappe-bench-web]\ncommand=bench serve\n"
               "autostart=true\n")
    for name, port in (("cache", 13000), ("queue", 11000)):
        write_file(f"{bench}/config/redis_{name}.conf",
                   f"bind 127.0.0.1\nport {port}\nmaxmemory 100mb\n")
    for name in ("logs", "locks", "private/backups"):
        os.makedirs(f"{sites}/{SITE}/{name}", exist_ok=True)
    write_file(f"{sites}/{SITE}/logs/web.log", "a line that no backup needs\n")


def content_of(story, number, size):
    """A spreadsheet-like text for every third, else what a photo is like."""
    if number % 3:
        return derive(story.seed, f"content {number}", size)
    lines, length = [], 0
    while length < size:
        line = f"{number};{story.dice.below(10 ** 6)};{story.text(1)}\n"
        lines.append(line.encode())
        length += len(lines[-1])
    return b"".join(lines)[:size]


def attachments(folder, story, total):
    """Files of this many bytes altogether, and a row for each of them."""
    home, put = f"{folder}/frappe-bench/sites/{SITE}", story.load.put
    when, dice, number = story.when(), story.dice, 0
    for name, parent in (("Home", NULL), ("Home/Attachments", "Home")):
        put("File", when, name=name, file_name=name.split("/")[-1],
            is_folder="1", is_home_folder=str(int(parent == NULL)),
            is_attachments_folder=str(int(parent != NULL)), folder=parent)
    os.makedirs(home + "/public/files", exist_ok=True)
    os.makedirs(home + "/private/files", exist_ok=True)
    while total > 0:
        size = 500 + dice.below(dice.pick((40000, 40000, 400000, 2000000)))
        size = min(size, total)
        total -= size
        content = content_of(story, number, size)
        digest = hashlib.md5(content).hexdigest()
        kind = ("csv", "pdf", "jpg")[number % 3]
        stem = (f"{dice.pick(WORDS)}-{number}", f"Angebot für {number} (1)",
                f"scan+100% {number}")[dice.below(30) // 14]
        name = f"{stem}{digest[-6:]}.{kind}"
        private = dice.below(2)
        path = ("/private" if private else "/public") + "/files/" + name
        url = ("/private" if private else "") + "/files/" + name
        write_file(home + path, content, moment=EPOCH + 3600 * number)
        for copy in range(1 + (number % 20 == 7)):   # attached twice, at times
            put("File", when, file_name=name, is_private=str(private),
                file_type=kind.upper(), file_size=str(size), file_url=url,
                folder="Home/Attachments", content_hash=digest,
                attached_to_doctype="Sales Invoice" if copy == 0 else "Item",
                attached_to_name=f"ACC-SINV-2025-{number + 1:05d}"
                if copy == 0 else story.goods[0][0])
        number += 1


def accounts(db, seed):
    """The site's own account as Frappe makes it, and one for backups only."""
    return f"""
CREATE USER `{db}`@`localhost` IDENTIFIED BY
 '{token(seed, "site password", 16)}';
GRANT ALL PRIVILEGES ON `{db}`.* TO `{db}`@`localhost`;
CREATE USER `muster`@`localhost` IDENTIFIED BY
 '{token(seed, "backup password", 24)}';
GRANT RELOAD, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO `muster`@`localhost`;
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON `{db}`.*
 TO `muster`@`localhost`;
-- bodies of routines and grants of the site's accounts are read from here
GRANT SELECT ON `mysql`.* TO `muster`@`localhost`;
"""


def make(folder, megabytes, seed):
    db, half = "_" + token(seed, "db", 16), megabytes * 500000
    os.mkdir(folder + "/load")
    load = Load(folder + "/load", f"{seed}/{megabytes}")
    story = Story(load, Dice(f"{seed}/{megabytes}"), seed, megabytes)
    story.tell(half)
    attachments(folder, story, half)
    load.finish()
    configuration(folder, seed, db)
    next_view = story.views + 1
    write_file(folder + "/load/after.sql", f"""
CREATE SEQUENCE `web_page_view_id_seq` START WITH {next_view} NOCACHE NOCYCLE;
CREATE SEQUENCE `access_log_id_seq` START WITH {next_view} CACHE 50;
{PROGRAMS}""")
    write_file(folder + "/load/accounts.sql", accounts(db, seed), 0o600)
    write_file(folder + "/load/password",
               token(seed, "backup password", 24) + "\n", 0o600)
    write_file(folder + "/load/database", db + "\n")
    write_file(folder + "/load/sample-site.json", json.dumps({
        "version": 1, "mb": megabytes, "seed": seed, "database": db,
        "site": SITE, "rows": sum(load.count.values()), "round": 0}) + "\n")


def change_files(folder, share, number):
    home = f"{folder}/frappe-bench/sites/{SITE}"
    for part, prefix in (("public", ""), ("private", "/private")):
        for name in sorted(os.listdir(f"{home}/{part}/files")):
            path = f"{home}/{part}/files/{name}"
            chance = hashlib.md5(f"{number}/{part}/{name}".encode()).digest()
            if int.from_bytes(chance[:4], "big") >= share * (1 << 32):
                continue
            content = derive(f"{number}/{part}", name, os.stat(path).st_size)
            write_file(path, content, moment=EPOCH + 86400 * (400 + number))
            url = f"{prefix}/files/{name}".replace("'", "''")
            print(f"UPDATE `tabFile` SET modified = '{after(number)}',"
                  f" content_hash = '{hashlib.md5(content).hexdigest()}'"
                  f" WHERE file_url = '{url}';")


def after(number):
    return (date(2026, 3, 1) + timedelta(number)).isoformat() + " 12:00:00"


def chosen(what, share):
    """A condition that this share of the rows meets, the same everywhere."""
    return (f"CONV(LEFT(MD5(CONCAT(name, '/{what}')), 8), 16, 10) <"
            f" {int(share * (1 << 32))}")


def change_rows(share, number):
    """Some rows of every table; sums stay, for only words and times change."""
    for name, (flags, columns) in load_schema().items():
        words = [c for c, kind, index in columns if kind in "xL" and not index
                 and c in ("remarks", "description", "content", "bio",
                           "customer_details", "error", "terms")]
        what = "".join(f", `{c}` = CONCAT('round {number}: ', `{c}`)"
                       for c in words[:1])
        if name == "Item Price":
            what += ", price_list_rate = price_list_rate + 1"
        if name != "File":
            print(f"UPDATE `tab{name}` SET modified = '{after(number)}'{what}"
                  f" WHERE {chosen(number, share)};")
    for name in ("Error Log", "Version", "Web Page View", "Activity Log"):
        print(f"DELETE FROM `tab{name}` WHERE"
              f" {chosen(f'gone/{number}', share / 10)};")
    print("INSERT INTO `tabComment` (name, creation, modified, owner, content)"
          f" SELECT CONCAT('r{number}-', name), '{after(number)}',"
          f" '{after(number)}', owner, CONCAT('again: ', content)"
          " FROM `tabComment` WHERE name NOT LIKE 'r%' AND"
          f" {chosen(f'new/{number}', share / 10)};")


def change(folder, percent):
    with open(folder + "/sample-site.json") as f:
        about = json.load(f)
    about["round"] += 1
    change_files(folder, percent / 100, about["round"])
    change_rows(percent / 100, about["round"])
    with open(folder + "/sample-site.json.new", "w") as f:
        f.write(json.dumps(about) + "\n")


def check_files(folder):
    """On the standard input: path, md5, size of each File row."""
    home, rows, bad = f"{folder}/frappe-bench/sites/{SITE}", set(), 0
    for line in sys.stdin:
        url, digest, size = re.split("\t", line.rstrip("\n"))
        path = url if url.startswith("/private") else "/public" + url
        rows.add(path)
        with open(home + path, "rb") as f:
            content = f.read()
        if (hashlib.md5(content).hexdigest() != digest or
                len(content) != int(size)):
            print(f"differs: {path}")
            bad += 1
    for part in ("public", "private"):
        for name in os.listdir(f"{home}/{part}/files"):
            if f"/{part}/files/{name}" not in rows:
                print(f"no row: /{part}/files/{name}")
                bad += 1
    return bad == 0 and len(rows) > 0


def main(arguments):
    if len(arguments) == 4 and arguments[0] == "make":
        make(arguments[1], int(arguments[2]), arguments[3])
    elif len(arguments) == 3 and arguments[0] == "change":
        change(arguments[1], float(arguments[2]))
    elif arguments == ["checks"]:
        print(CHECKS)
    elif len(arguments) == 2 and arguments[0] == "check-files":
        return 0 if check_files(arguments[1]) else 1
    else:
        sys.stderr.write(__doc__)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

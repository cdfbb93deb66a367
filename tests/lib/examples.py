"""usage: examples.py PAGE

Print the commands of a manual page's EXAMPLES, one a line, as a shell takes
them: what .Dl and literal blocks show, without the prompt or the times of
cron(8).
"""
import re
import sys

ESCAPES = {r"\(dq": '"', r"\(aq": "'", r"\e": "\\", r"\&": "", r"\-": "-"}
CRON = re.compile(r"^(?:[0-9*/,-]+ ){5}")


def unescape(text):
    return re.sub(r"\\(?:\(..|.)", lambda m: ESCAPES[m[0]], text)


def shown(lines):
    """What is displayed, a line each."""
    literal = False
    for line in lines:
        if line.startswith(".Bd"):
            literal = True
        elif line.startswith(".Ed"):
            literal = False
        elif literal:
            yield unescape(line)
        elif line.startswith(".Dl "):
            yield unescape(line[4:])


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        page = f.read()
    text = page.partition("\n.Sh EXAMPLES\n")[2].partition("\n.Sh ")[0]
    command = ""
    for line in shown(text.split("\n")):
        command += CRON.sub("", re.sub(r"^[$#] ", "", line))
        if command.endswith("\\"):
            command = command[:-1].rstrip() + " "
            continue
        print(re.sub(" +", " ", command))
        command = ""
    if command:
        sys.exit(f"{sys.argv[1]}: the last example has no end")


main()

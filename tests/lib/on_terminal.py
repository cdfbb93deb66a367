"""usage: on_terminal.py [LINE ...] -- COMMAND ...

Run the command with a terminal of its own.  A line is typed whenever it asks
for a passphrase, or for the same again.  Prints all that it said, and ends as
it did (128 + the signal).
"""
import os
import pty
import re
import sys

QUESTION = re.compile(rb"(passphrase|the same again)[^\n]*: $", re.I)


def main():
    cut = sys.argv.index("--")
    lines, command = sys.argv[1:cut], sys.argv[cut + 1:]
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    said = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:         # the terminal hung up: the last has closed it
            break
        if not piece:
            break
        said += piece
        if lines and QUESTION.search(said):
            os.write(fd, lines.pop(0).encode() + b"\n")
    _, status = os.waitpid(pid, 0)
    sys.stdout.buffer.write(said.replace(b"\r\n", b"\n"))
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status)
             else 128 + os.WTERMSIG(status))


main()

"""A person at a terminal: waits for words, types answers, and tells what was to be seen.

Usage: typist.py STEPS PROGRAM ARGUMENTS…
STEPS is a JSON list of [words to wait for, what is typed, "shown" | "hidden" | "key" | "hidden key"];
a key is typed as it is, without a line's end.
Prints a JSON object: what was seen, how the program ended, whether the terminal shows typing again.
"""

import json
import os
import pty
import select
import sys
import termios

PATIENCE = 120

steps = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
told = 0


def read():
    """Reads a piece; False at the end."""
    global seen
    if not select.select([terminal], [], [], PATIENCE)[0]:
        sys.exit(f"nothing more came:\n{seen.decode()}")
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        return False
    seen += piece
    return bool(piece)


def shows():
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


for words, answer, how in steps:
    while words.encode() not in seen[told:]:
        if not read():
            sys.exit(f"it ended before it said {words!r}:\n{seen.decode()}")
    told = seen.index(words.encode(), told) + len(words.encode())
    while shows() == how.startswith("hidden"):
        pass
    os.write(terminal, answer.encode() + (b"" if how.endswith("key") else b"\n"))
while read():
    pass
shows_again = shows()
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
json.dump({"seen": seen.decode(), "code": code, "shows": shows_again}, sys.stdout)

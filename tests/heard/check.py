"""Looks for the secrets of the tests in what slotbridge wrote: check.py PLANTED SAID

Both are folders of strace's files, one for each process that a test started (tests/heard/run). In PLANTED a secret was
said on purpose: if it is not found, nothing else would be. In SAID none may be found.

Looked at is what a process writes to stdout and stderr, to files, to the journal and to the service manager, what it
answers over HTTP, and what it starts other programs with: their arguments, and variables that it was not started with
itself. Not looked at is where secrets belong: what it asks of Zoom and of calendars, its state (mode 0700)
with its socket, an export of the state, which holds the tokens by contract (section 8), and the files that `config init`
makes of typed secrets; and a command of a test's configuration that is there to print a secret (echo) has it as its
argument.
"""

import base64
import pathlib
import re
import sys

# Everything that a test calls a secret is one of these, or begins like it.
LITERAL = [b"hush-", b"demo-client-secret", b"demo-refresh-token", b"correct horse"]
# Of the built-in Zoom account: access and refresh tokens, and codes of a login.
MADE = re.compile(rb"\b(?:access|refresh|code)-[A-Za-z0-9_-]{16,}")

# What is said on purpose, one on each way out (tests/heard/control.py), and one by slotbridge itself.
PLANTED = ["planted", "write", "writev", "pwrite", "pwritev", "sendto", "sendmmsg", "argument", "variable"]

CALL = re.compile(
    r"^(\d+) +(write|writev|pwrite64|pwritev2?|sendto|sendmsg|sendmmsg|execve|execveat)\((.*)$"
)
# Programs of tests that print a password.
PRINTERS = {"echo", "printf"}
FD = re.compile(r"^(\d+)<(.*?)>, (.*)$")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r'\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|(.))')
LETTERS = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f"}


def in_base64():
    """The same secrets as Basic authentication would show them."""
    for secret in (b"demo-client-secret", b"correct horse"):
        for before in range(3):
            text = base64.b64encode(b"x" * before + secret)
            # The first and last letters depend on the neighbours.
            yield text[4 if before else 0 : -4]


SECRETS = LITERAL + list(in_base64())


def unescape(text):
    def one(match):
        octal, hexa, letter = match.groups()
        if octal:
            return chr(int(octal, 8))
        if hexa:
            return chr(int(hexa, 16))
        return LETTERS.get(letter, letter)

    return ESCAPE.sub(one, text).encode("latin-1", "replace")


def secret_in(data):
    """The first secret in it."""
    for secret in SECRETS:
        at = data.find(secret)
        if at >= 0:
            return data[max(0, at - 60) : at + 60]
    match = MADE.search(data)
    return match and data[max(0, match.start() - 60) : match.end() + 20]


def started(rest):
    """The program, the arguments and the variables of an execve."""
    words, variables, end, into = [], [], 0, None
    for match in TEXT.finditer(rest):
        gap = rest[end : match.start()]
        if into is None:
            # The path; what follows are the arguments.
            into = words
        elif "], [" in gap:
            into = variables
        into.append(unescape(match.group(1)))
        end = match.end()
    return words[:1], words[1:], variables


def prints(words):
    """Whether a command is there to print what stands in it."""
    names = [pathlib.Path(word.decode("utf-8", "replace")).name for word in words]
    shell = names[:1] in (["sh"], ["bash"])
    text = b" ".join(words).decode("utf-8", "replace")
    return bool(PRINTERS & set(names[:1])) or shell and bool(PRINTERS & set(re.findall(r"\w+", text)))


def beside(place, words):
    """Whether a file is in the folder of one that was named: an export is written beside it first."""
    folder = pathlib.Path(place).parent
    return any(pathlib.Path(word).parent == folder for word in words if "/" in word)


class Process:
    """What one start of the program wrote, place by place."""

    def __init__(self, path):
        self.arguments = []
        self.others = set()
        self.places = {}
        first = None
        for line in path.read_text("latin-1").splitlines():
            match = CALL.match(line)
            if not match:
                continue
            pid, call, rest = match.groups()
            if call in ("execve", "execveat"):
                program, words, variables = started(rest)
                if first in (None, pid):
                    # A script starts the program that reads it in its own place.
                    first, own = pid, set(variables)
                    self.arguments = [word.decode("utf-8", "replace") for word in words]
                elif pid not in self.others:
                    # A command of the configuration: what it says goes to us, not to the world.
                    self.others.add(pid)
                    name = b"".join(program).decode("utf-8", "replace")
                    if not prints(words):
                        self.add(f"the arguments of {name}", b"\n".join(words) + b"\n")
                    new = [one for one in variables if one not in own]
                    self.add(f"the environment of {name}", b"\n".join(new) + b"\n")
                continue
            match = FD.match(rest)
            if pid in self.others or not match:
                continue
            number, place, data = match.groups()
            text = b"".join(unescape(part) for part in TEXT.findall(data))
            key = number if number in ("1", "2") else place
            self.add(key, text)

    def add(self, place, data):
        self.places[place] = self.places.get(place, b"") + data

    def is_meant(self, place, data):
        """Whether secrets belong there."""
        words = self.arguments
        exports = "state" in words and "export" in words
        if place in ("1", "2"):
            return exports and place == "1"
        if "demo" in words and (place.startswith("TCP") or "/slotbridge-demo-" in place):
            # It is the Zoom account, too, and invents the secrets itself.
            return True
        if place.startswith("TCP"):
            return not data.startswith(b"HTTP/1.")
        if place.startswith(("UNIX-STREAM", "UNIX:")) or place.startswith("pipe:") or "socket:" in place:
            return True
        if place.startswith("/") and "config" in words and "init" in words:
            # Typed secrets go into files of mode 0600, which its own tests look at.
            return True
        if place.startswith("/"):
            return "/state/" in place or "/.local/state/" in place or exports and beside(place, words)
        return False

    def leaks(self):
        for place, data in self.places.items():
            if not self.is_meant(place, data):
                found = secret_in(data)
                if found:
                    yield place, found


def main():
    planted, said = (sorted(pathlib.Path(folder).iterdir()) for folder in sys.argv[1:3])
    heard = b" ".join(found for path in planted for _, found in Process(path).leaks())
    for word in PLANTED:
        if not re.search(rb"hush-%s\b" % word.encode(), heard):
            sys.exit(f"tests/heard: what was said on purpose was not heard: hush-{word}")
    count = octets = bad = 0
    for path in said:
        process = Process(path)
        count += 1
        octets += sum(len(data) for data in process.places.values())
        for place, found in process.leaks():
            bad += 1
            where = {"1": "stdout", "2": "stderr"}.get(place, place)
            print(f"tests/heard: a secret went to {where} of {' '.join(process.arguments)}: {found!r}", file=sys.stderr)
    if bad:
        sys.exit(f"tests/heard: {bad} times a secret was written where it does not belong")
    if not count:
        sys.exit("tests/heard: no process was heard")
    print(f"tests/heard: {count} processes wrote {octets} bytes, and no secret among them")


main()

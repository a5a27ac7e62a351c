"""Says one secret on each way out that is listened to, so that tests/heard/check.py can tell that it hears them all.

control.py FOLDER; it is run below strace in place of slotbridge.
"""

import ctypes
import os
import pathlib
import socket
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])


def opened(name):
    return os.open(folder / name, os.O_CREAT | os.O_WRONLY, 0o600)


class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]


class Message(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("pieces", ctypes.POINTER(Piece)),
        ("count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint),
    ]


def send_many(number, data):
    piece = Piece(data, len(data))
    message = Message(pieces=ctypes.pointer(piece), count=1)
    if ctypes.CDLL(None, use_errno=True).sendmmsg(number, ctypes.byref(message), 1, 0) != 1:
        sys.exit(f"sendmmsg: {os.strerror(ctypes.get_errno())}")


os.write(opened("write"), b"hush-write")
os.writev(opened("writev"), [b"hush-", b"writev"])
os.pwrite(opened("pwrite"), b"hush-pwrite", 0)
os.pwritev(opened("pwritev"), [b"hush-", b"pwritev"], 0)
taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taker.bind(("127.0.0.1", 0))
# Each from a socket of its own, which is a place of its own.
for way, data in ((socket.socket.send, b"hush-sendto"), (None, b"hush-sendmmsg")):
    giver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    giver.connect(taker.getsockname())
    if way:
        way(giver, data)
    else:
        send_many(giver.fileno(), data)
subprocess.run(["true", "hush-argument"], check=True)
subprocess.run(["true"], check=True, env={**os.environ, "TOLD": "hush-variable"})

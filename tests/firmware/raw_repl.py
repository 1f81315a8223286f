"""MicroPython's raw REPL on a pseudo terminal, over the real Unix port and a littlefs2 image.

The Unix port has no raw REPL of its own. This one is written in MicroPython from its documentation,
"The MicroPython Interactive Interpreter Mode (aka REPL)", raw mode and raw-paste mode: Ctrl-A
enters, Ctrl-D runs or resets, each run answers ``OK``, output, Ctrl-D, error, Ctrl-D. What is run
is run by the real interpreter, on the image mounted as a board mounts it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

REPL = r"""
import os, sys

class Disk:
    def __init__(self, path):
        self.file = open(path, "r+b")
        self.blocks = os.stat(path)[6] // 4096
    def readblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.readinto(buffer)
    def writeblocks(self, block, buffer, offset=0):
        self.file.seek(block * 4096 + offset)
        self.file.write(buffer)
        self.file.flush()
    def ioctl(self, request, argument):
        return self.blocks if request == 4 else 4096 if request == 5 else 0

class Machine:
    def reset(self):
        raise SystemExit(7)

sys.modules["machine"] = Machine()
disk = Disk(sys.argv[1])
log = open(sys.argv[2], "a")
os.umount("/")
os.mount(os.VfsLfs2(disk), "/")
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
BANNER = b"raw REPL; CTRL-B to exit\r\n>"

def say(data):
    stdout.write(data)

def run(code, names):
    log.write(repr(code) + "\n")
    log.flush()
    error = b""
    try:
        exec(code, names)
    except SystemExit:
        raise
    except BaseException as what:
        sys.print_exception(what, keep := Keep())
        error = keep.held
    say(b"\x04" + error + b"\x04>")

import io
class Keep(io.IOBase):
    held = b""
    def write(self, data):
        self.held += bytes(data)
        return len(data)

def paste():
    say(b"R\x01" + bytes((128, 0)) + b"\x01")
    code, count = b"", 0
    while True:
        byte = stdin.read(1)
        if byte == b"\x04":
            say(b"\x04")
            return code
        code, count = code + byte, count + 1
        if count == 128:
            count = 0
            say(b"\x01")

raw, held, names = False, b"", {}
while True:
    byte = stdin.read(1)
    if byte == b"\x01":
        raw, held = True, b""
        say(BANNER)
    elif byte == b"\x02":
        raw = False
        say(b"\r\n>>> ")
    elif byte == b"\x03":
        held = b""
    elif byte == b"\x05" and raw and not held:
        if stdin.read(2) == b"A\x01":
            run(paste(), names)
    elif byte == b"\x04" and raw:
        if held.strip():
            say(b"OK")
            code, held = held, b""
            run(code, names)
        else:
            names = {}
            say(b"OK\r\nMPY: soft reboot\r\n" + BANNER)
    elif raw and byte not in b"\r" or raw and held:
        held += byte
"""


class RawRepl:
    """A board at `port` whose flash is the image file; `log` takes what was run."""

    def __init__(self, folder: Path, image: Path) -> None:
        script = folder / "repl.py"
        script.write_text(REPL, encoding="utf-8")
        self.log = folder / "repl.log"
        part, board = os.openpty()
        tty.setraw(board)
        tty.setraw(part)
        self.port = os.ttyname(board)
        self.fds = part, board
        command = [
            *(sys.executable, "-c"),
            "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))",
            *("-X", "heapsize=512k", str(script), str(image), str(self.log)),
        ]
        self.process = subprocess.Popen(
            command, stdin=part, stdout=part, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        for descriptor in self.fds:
            os.close(descriptor)

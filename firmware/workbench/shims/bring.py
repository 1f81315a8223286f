"""Puts a program onto a simulated node's flash, as a technician's image would have it.

Once: what updates over the air made of it stays, until another program is brought.
"""

import gc
import os

CHUNK = 1024
MARK = "/flash/program"


def slot(program):
    """Bring the folder `program`, a slot with main.py, unless it was brought before."""
    with open(program + "/head", "rb") as file:
        head = file.read()
    try:
        with open(MARK, "rb") as file:
            if file.read() == head:
                return
    except OSError:
        pass
    for name in ("a", "b", "slot", "newest", "program"):
        _clear("/flash/" + name)
    os.mkdir("/flash/a")
    _copy(program, "/flash/a")
    os.rename("/flash/a/main.py", "/flash/main.py")
    with open(MARK, "wb") as file:
        file.write(head)
    gc.collect()


def _clear(path):
    try:
        is_folder = os.stat(path)[0] & 0x4000
    except OSError:
        return
    if is_folder:
        for name in os.listdir(path):
            _clear(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)


def _copy(source, target):
    for name in os.listdir(source):
        if os.stat(source + "/" + name)[0] & 0x4000:
            os.mkdir(target + "/" + name)
            _copy(source + "/" + name, target + "/" + name)
        else:
            with open(source + "/" + name, "rb") as old, open(target + "/" + name, "wb") as new:
                part = old.read(CHUNK)
                while part:
                    new.write(part)
                    part = old.read(CHUNK)

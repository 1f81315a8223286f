"""An update over the air: proven, fetched into the slot that does not run, tried, kept or undone.

``/slot`` says what runs and what is up, and is replaced whole. The loader reads its first three
letters, this module the rest:

| text | means |
|---|---|
| ``a`` | slot a runs |
| ``a>`` | and an update, whose head is in slot b, is being fetched there |
| ``ab0`` to ``ab3`` | b is on trial, and was started so often |
| ``b+`` | b was kept; ``a!why`` b was undone; ``axwhy`` fetching was given up: to be told |
"""

import gc
import os
import sys

from firmware.wire import update_read as wire

SLOT, NEWEST, HEAD = "/slot", "/newest", "/head"
WINDOW_S = 3600


def read(path):
    """Return the bytes of a file, none where it is not there."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def replace(path, data):
    """Write a file whole or not at all."""
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)


def clear(path):
    """Remove a file, or a folder with all that is in it, if it is there."""
    try:
        folder = os.stat(path)[0] & 0x4000
    except OSError:
        return
    if folder:
        for name in os.listdir(path):
            clear(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)


class Update:
    """What is up with a node's two slots.

    Parameters
    ----------
    root : str
        Where the flash is mounted.
    uplink : Uplink
    key : str or None
        Public key of who signs updates, in hexadecimal.
    """

    def __init__(self, root, uplink, key):
        self.root = root
        self.uplink = uplink
        self.key = key
        self.fetch = None
        self.runs = sys.path[0][-1:]
        self.other = "b" if self.runs == "a" else "a"
        self.text = read(root + SLOT).decode() or self.runs
        mark = self.text[1:2]
        if mark == self.other:
            self._note(self.runs, "!started %s times without an answer" % self.text[2:])
            mark = "!"
        if mark == ">":
            self._fetch()
        elif mark in ("+", "!", "x"):
            self._tell()

    def on_trial(self):
        """Whether a slot is on trial, or will be with the next start."""
        return self.text[1:2] in ("a", "b")

    def offer(self, argument):
        """Take what a command offers: encoded head and signature; return the update's number.

        ValueError says why not.
        """
        good = isinstance(argument, list) and len(argument) == 2
        if not good or not all(isinstance(each, bytes) for each in argument):
            raise ValueError("update: must be [head, signature]")
        if not self.key:
            raise ValueError("no update key: enrol the node with one")
        mine = self._head(self.runs)
        if mine is None:
            raise ValueError("no slots: flash the board once with an image that has them")
        from firmware.wire import ed25519  # the code of a node that is not updated does without

        gc.collect()
        data, signature = argument
        if not ed25519.verify(bytes.fromhex(self.key), wire.signed(data), signature):
            raise ValueError("bad signature")
        head = wire.decode_head(data)
        if head.target != mine.target:
            raise ValueError("other target: %s, this is %s" % (head.target, mine.target))
        if head.number == mine.number:
            return head.number
        newest = max(mine.number, int(read(self.root + NEWEST) or 0))
        if head.number <= newest:
            raise ValueError("not newer: %d, %d was confirmed" % (head.number, newest))
        folder = self.root + "/" + self.other
        same = read(folder + HEAD) == data
        if self.on_trial():
            if same:
                return head.number
            raise ValueError("another update on trial")
        if not same:
            self._end()
            self._note(self.runs)
            clear(folder)
            os.mkdir(folder)
            replace(folder + HEAD, data)
        elif self.fetch:
            return head.number
        self._note(self.runs, ">")
        self._fetch()
        return head.number

    def step(self, uptime):
        """Do what is next at `uptime` [s]; true when the board is to start again."""
        mark = self.text[1:2]
        if mark == self.runs:
            return self._judge(uptime)
        if mark == ">":
            self._go_on()
        elif mark and not self.uplink.events:
            if mark == self.other:
                return True
            self._note(self.runs)  # told
        return False

    def busy(self):
        """Whether `step` has something to do at once."""
        return bool(self.fetch) and self.fetch.busy()

    def _judge(self, uptime):
        if self.uplink.confirmed:
            replace(self.root + NEWEST, str(self._head(self.runs).number).encode())
            self._note(self.runs, "+")
            self._tell()
        elif uptime > WINDOW_S:
            self._note(self.other, "!not acknowledged in %d s" % WINDOW_S)
            return True
        return False

    def _go_on(self):
        from firmware.node.fetch import Failed

        try:
            if not self.fetch.step():
                return
            self._note(self.runs, self.other + "0")
            self._report("trial", None)
        except Failed as error:
            self._note(self.runs, "x" + str(error))
            self._tell()
        self._end()

    def _end(self):
        if self.fetch:
            self.fetch.end()
        self.fetch = None

    def _fetch(self):
        head = self._head(self.other)
        if head is None:  # cannot be, but of a damaged flash
            self._note(self.runs)
            return
        gc.collect()
        from firmware.node.fetch import Fetch

        gc.collect()
        self.fetch = Fetch(self.root, self.runs, self.other, head, self.uplink, self._report)

    def _tell(self):
        mark, more = self.text[1], self.text[2:]
        state = {"+": "kept", "!": "undone", "x": "failed"}[mark]
        self._report(state, more or None)

    def _report(self, state, more):
        head = self._head(self.runs if state == "kept" else self.other)
        self.uplink.report("update", [head.number if head else 0, state, more])

    def _head(self, slot):
        """Head of a slot, None where there is none."""
        try:
            return wire.decode_head(read("%s/%s%s" % (self.root, slot, HEAD)))
        except ValueError:
            return None

    def _note(self, slot, more=""):
        self.text = slot + more
        replace(self.root + SLOT, self.text.encode())

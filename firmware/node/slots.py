"""The two slots of a node's flash, and which of them runs.

``/slot`` says that and what is up, and is replaced whole. The loader reads its first three letters:

| text | means |
|---|---|
| ``a``, or no file | slot a runs |
| ``a>`` | and an update, whose head is in slot b, is being fetched there |
| ``ab0`` to ``ab3`` | b is on trial, and was started so often |
| ``b+`` | b was kept; ``a!why`` b was undone; ``axwhy`` fetching was given up: to be told |
"""

import os
import sys

from firmware.wire import update_read

SLOT, NEWEST, HEAD = "/slot", "/newest", "/head"


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


class Slots:
    """The slots below `root`; the loader put the one that runs before all else that is imported."""

    def __init__(self, root):
        self.root = root
        self.runs = sys.path[0][-1:]
        self.other = "b" if self.runs == "a" else "a"
        self.text = read(root + SLOT).decode() or self.runs

    def mark(self):
        """What is up: the letter behind the slot that is kept, or nothing."""
        return self.text[1:2]

    def on_trial(self):
        """Whether a slot is on trial, or will be with the next start."""
        return self.mark() in ("a", "b")

    def note(self, kept, more=""):
        """Write down which slot is kept, and what is up."""
        self.text = kept + more
        replace(self.root + SLOT, self.text.encode())

    def head(self, slot):
        """Return the head of a slot, None where there is none."""
        try:
            return update_read.decode_head(read("%s/%s%s" % (self.root, slot, HEAD)))
        except ValueError:
            return None

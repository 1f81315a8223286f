"""What a command ``update`` offers: proven, and put where the next start begins to fetch it.

Fetching begins in a start of its own: what a command takes of the heap is not there then.
"""

import gc
import os
import sys

from firmware.node.slots import HEAD, NEWEST, Slots, read, replace
from firmware.wire import update_read as wire


def take(root, key, argument):
    """Take an update, or say by a ValueError why not.

    Parameters
    ----------
    root : str
        Where the flash is mounted.
    key : str or None
        Public key of who signs updates, in hexadecimal.
    argument : object
        Of the command: encoded head and signature.

    Returns
    -------
    tuple of (int, bool)
        The update's number, and whether the board is to start again for it.
    """
    good = isinstance(argument, list) and len(argument) == 2
    if not good or not all(isinstance(each, bytes) for each in argument):
        raise ValueError("update: must be [head, signature]")
    if not key:
        raise ValueError("no update key: enrol the node with one")
    slots = Slots(root)
    mine = slots.head(slots.runs)
    if mine is None:
        raise ValueError("no slots: flash the board once with an image that has them")
    data, signature = argument
    if not _verified(bytes.fromhex(key), wire.signed(data), signature):
        raise ValueError("bad signature")
    head = wire.decode_head(data)
    if head.target != mine.target:
        raise ValueError("other target: %s, this is %s" % (head.target, mine.target))
    if head.number == mine.number:
        return head.number, False
    newest = max(mine.number, int(read(root + NEWEST) or 0))
    if head.number <= newest:
        raise ValueError("not newer: %d, %d was confirmed" % (head.number, newest))
    folder = root + "/" + slots.other
    same = read(folder + HEAD) == data
    if slots.on_trial():
        if same:
            return head.number, False
        raise ValueError("another update on trial")
    if same and slots.mark() == ">":
        return head.number, False
    if not same:
        slots.note(slots.runs)
        _clear(folder)
        os.mkdir(folder)
        replace(folder + HEAD, data)
    slots.note(slots.runs, ">")
    return head.number, True


def _verified(key, message, signature):
    """Verify a signature; the code that this takes is loaded for it, and let go again."""
    gc.collect()
    from firmware import wire as room
    from firmware.wire import ed25519

    gc.collect()
    good = ed25519.verify(key, message, signature)
    for name in ("ed25519", "sha512"):
        del sys.modules["firmware.wire." + name]
        delattr(room, name)
    return good


def _clear(path):
    """Remove a file, or a folder with all that is in it, if it is there."""
    try:
        folder = os.stat(path)[0] & 0x4000
    except OSError:
        return
    if folder:
        for name in os.listdir(path):
            _clear(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)

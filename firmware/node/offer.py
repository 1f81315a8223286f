"""What a command ``update`` offered: proven at the next start, before the heap is full.

What is taken is put where this start begins to fetch it.
"""

import gc
import os
import sys

from firmware.node.slots import HEAD, NEWEST, Slots, read, replace
from firmware.wire import cbor
from firmware.wire import update_read as wire

OFFER = "/offer"


def settle(root, key, record):
    """Write down what comes of the offer that a command laid aside; nothing of it ends the start.

    Parameters
    ----------
    root : str
        Where the flash is mounted.
    key : str or None
        Public key of who signs updates, in hexadecimal.
    record : configuration.Record
    """
    data = read(root + OFFER)
    os.remove(root + OFFER)
    try:
        number, head, signature = cbor.decode(data)
        record.write("done", take(root, key, head, signature), number)
    except (ValueError, TypeError, OSError, MemoryError) as error:
        record.write("refused", str(error)[:120] or "no memory")


def take(root, key, data, signature):
    """Take an update by its encoded head; return its number. A ValueError says why not."""
    if not key:
        raise ValueError("no update key: enrol the node with one")
    slots = Slots(root)
    mine = slots.head(slots.runs)
    if mine is None:
        raise ValueError("no slots: flash the board once with an image that has them")
    if not _verified(bytes.fromhex(key), wire.signed(data), signature):
        raise ValueError("bad signature")
    head = wire.decode_head(data)
    if head.target != mine.target:
        raise ValueError("other target: %s, this is %s" % (head.target, mine.target))
    if head.number == mine.number:
        return head.number
    newest = max(mine.number, int(read(root + NEWEST) or 0))
    if head.number <= newest:
        raise ValueError("not newer: %d, %d was confirmed" % (head.number, newest))
    if slots.on_trial():
        raise ValueError("another update on trial")
    folder = root + "/" + slots.other
    if read(folder + HEAD) != data:
        slots.note(slots.runs)
        _clear(folder)
        os.mkdir(folder)
        replace(folder + HEAD, data)
    slots.note(slots.runs, ">")
    return head.number


def _verified(key, message, signature):
    """Verify a signature; the code that this takes is loaded for it, and let go again."""
    gc.collect()
    from firmware import wire as room
    from firmware.wire import ed25519

    gc.collect()
    good = ed25519.verify(key, message, signature)
    for name in ("ed25519", "sha512"):  # the second is part of the first where that was built
        if sys.modules.pop("firmware.wire." + name, None):
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

"""The files of an update, fetched part by part into the slot that does not run.

What travels of a file lies beside it, and its length is how far it has come: a broken link or a
restart goes on from there. When all of it is there it becomes the file, most often by inflating it.
A file that the running slot has is copied. Every file is checked against its digest before the next
is begun, in each start anew.
"""

import hashlib
import os

from firmware import const
from firmware.node.link import MAX_ACK_MS
from firmware.node.outbox import remove
from firmware.wire import update_read as wire

_MANIFEST = const("manifest")
_TRAVELS = const(".z")  # behind the name of the file that it becomes
_TRIES = const(3)
# Blocks to be left free: the outbox, the files of a change, the folders of a slot.
SPARE_BLOCKS = 24
_CHUNK = const(512)


class Failed(Exception):
    """Fetching is given up; the message says why."""


def each_part(path):
    """Give a file piece by piece."""
    with open(path, "rb") as file:
        part = file.read(_CHUNK)
        while part:
            yield part
            part = file.read(_CHUNK)


def digest(path):
    """SHA-256 of a file."""
    found = hashlib.sha256()
    for part in each_part(path):
        found.update(part)
    return found.digest()


def copy(source, target):
    """Copy a file."""
    with open(target, "wb") as new:
        for part in each_part(source):
            new.write(part)


def inflate(source, target, most):
    """Inflate a file that has `most` bytes then; None, or what is wrong with what `source` holds.

    `deflate` is a part of MicroPython since 1.21 where a port has its "extra features", as the
    ESP32's (docs.micropython.org, "deflate"; py/mpconfig.h, ports/esp32/mpconfigport.h). It holds
    the window and some 1.3 KiB for trees (lib/uzlib/uzlib.h) while it reads.
    """
    try:
        from deflate import RAW, DeflateIO
    except ImportError:
        raise Failed("no module deflate: flash a MicroPython of 1.21 or later")
    part = bytearray(_CHUNK)
    view = memoryview(part)
    with open(source, "rb") as old, open(target, "wb") as new:
        stream = DeflateIO(old, RAW, wire.WINDOW_BITS)
        while True:
            try:
                count = stream.readinto(part)
            except (OSError, EOFError):
                return "cannot be inflated"
            if not count:
                return None
            most -= count
            if most < 0:
                return "is longer when inflated"
            new.write(view[:count])


def make_folder(path):
    """Make a folder unless it is there."""
    try:
        os.mkdir(path)
    except OSError:
        pass  # it is; or what is put there next says what is wrong


def size(path):
    """Bytes of a file, 0 where it is not there."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


class Fetch:
    """One update on its way into slot `to`; `slot` is the one that runs.

    Parameters
    ----------
    root : str
        Where the flash is mounted.
    slot, to : str
    head : wire.update.Head
    uplink : Uplink
    report : callable
        ``report(state, more)``.
    """

    def __init__(self, root, slot, to, head, uplink, report):
        self.root = root
        self.from_ = "%s/%s/" % (root, slot)
        self.folder = "%s/%s/" % (root, to)
        self.head = head
        self.uplink = uplink
        self.report = report
        self.board = uplink.board
        self.at = 0  # number of the file that is next; 0 is the manifest
        self.file = wire.File(_MANIFEST, *head[3:])
        self.there = None  # bytes that are there of what travels
        self.until = 0  # what was asked for ends here
        self.tries = 0
        self.pause = uplink.ack_ms
        self.due = self.board.ticks_ms()
        self.copies = True  # of what the running slot has
        self.trouble = None  # what happened when a part was written
        uplink.listen(self.hear)

    def step(self):
        """Do what is next; true when all is there. `Failed` when it is given up."""
        file = self.file
        if file is None:
            return True
        if self.trouble:
            raise Failed("%s: %s" % (file.path, self.trouble))
        try:
            path = self.folder + file.path
            if self.there is None:
                self._open(file, path)
            elif self.there < file.travels:
                self._ask(file)
            else:
                self._end(file, path)
        except (OSError, ValueError) as error:
            raise Failed("%s: %s" % (file.path, error))
        return False

    def busy(self):
        """Whether `step` has something to do at once, and waits for no part."""
        return self.there is None or self.there >= self.file.travels

    def hear(self, body):
        """Take a part; whatever is not the next one does nothing. ValueError if it is none."""
        part = wire.decode_part(body)
        file = self.file
        is_next = (part.number, part.file, part.offset) == (self.head.number, self.at, self.there)
        if not is_next or self.there + len(part.data) > file.travels:
            return
        try:
            with open(self.folder + file.path + _TRAVELS, "ab") as to:
                to.write(part.data)
        except OSError as error:
            self.trouble = error
            return
        self.there += len(part.data)
        self.pause = self.uplink.ack_ms
        now = self.board.ticks_ms()
        self.due = now if self.there >= self.until else now + self.pause

    def _open(self, file, path):
        """Begin with a file: go on with what has come of it, or copy it."""
        at = path.find("/", len(self.folder))
        while at > 0:
            make_folder(path[:at])
            at = path.find("/", at + 1)
        old = None
        if size(path) < file.bytes and self.copies:
            old = self._old(file)
            if old:
                copy(self.from_ + old, path)
        self.there = size(path + _TRAVELS) if size(path) < file.bytes else file.travels
        self.due = self.board.ticks_ms()

    def _old(self, file):
        """Path of the same file in the running slot, None if it has none."""
        try:
            with open(self.from_ + _MANIFEST, "rb") as manifest:
                for old in wire.files_of(manifest):
                    if old.sha256 == file.sha256:
                        return old.path
        except (OSError, ValueError, TypeError):
            pass  # nothing says what it has
        return None

    def _ask(self, file):
        now = self.board.ticks_ms()
        mqtt = self.uplink.mqtt
        if mqtt.socket is None:
            # What was asked for is gone with the connection.
            self.due, self.pause = now, self.uplink.ack_ms
            return
        if self.board.ticks_diff(self.due, now) > 0:
            return
        most, count = mqtt.parts
        ask = self.head.number, self.at, self.there, most, count
        self.until = min(file.travels, self.there + most * count)
        self.due = now + self.pause
        self.pause = min(self.pause * 2, MAX_ACK_MS)
        self.uplink.say("ask", wire.encode_ask(ask))

    def _end(self, file, path):
        """Make the file of what travelled, unless it is there; go on to the next if it is right."""
        wrong = None
        if size(path) < file.bytes:
            if file.travels == file.bytes:
                os.rename(path + _TRAVELS, path)
            else:
                wrong = inflate(path + _TRAVELS, path, file.bytes)
        if not wrong and digest(path) == file.sha256:
            remove(path + _TRAVELS)
            self._next()
            return
        remove(path)
        remove(path + _TRAVELS)
        self.there = None
        self.copies = False  # a copy of what is damaged is no better the next time
        self.tries += 1
        if self.tries >= _TRIES:
            raise Failed("%s: %s, %d times" % (file.path, wrong or "has another digest", _TRIES))

    def _next(self):
        if self.at == 0:
            self._plan()
        self.at += 1
        self.file = self.there = None
        self.tries = 0
        self.copies = True
        with open(self.folder + _MANIFEST, "rb") as manifest:
            for number, file in enumerate(wire.files_of(manifest), 1):
                if number == self.at:
                    self.file = file

    def _plan(self):
        """Count what is to come."""
        block, _, _, free = os.statvfs(self.root)[:4]
        blocks = SPARE_BLOCKS
        to_come = most = 0
        with open(self.folder + _MANIFEST, "rb") as manifest:
            for file in wire.files_of(manifest):
                path = self.folder + file.path
                if size(path) >= file.bytes:
                    continue
                blocks += (file.bytes + block - 1) // block
                if not self._old(file):
                    to_come += file.travels - size(path + _TRAVELS)
                    most = max(most, file.travels)
        blocks += (most + block - 1) // block  # of one file at a time, beside what becomes of it
        if blocks > free:
            text = "no room: %d blocks of %d bytes wanted, %d free"
            raise Failed(text % (blocks, block, free))
        self.report("fetching", to_come)

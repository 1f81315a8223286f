"""What keeps a node whole when its power is cut, and how its program reads without each of them."""

from __future__ import annotations

from typing import NamedTuple

NODE = "firmware/node/"
NO_CHECKSUM = """class binascii:
    crc32 = staticmethod(lambda data: 0)


"""


class Safeguard(NamedTuple):
    """A safeguard: its file, its text there, the text without, the story and marks that show it."""

    file: str
    text: str
    without: str
    story: str = "life"
    near: str | None = None


SAFEGUARDS = {
    "a frame is on flash before it counts": Safeguard(
        NODE + "outbox.py",
        """            with open(self._path(segment), mode) as file:
                file.write(data)
""",
        """            late = getattr(self, "late", None)
            self.late = self._path(segment), mode, data
            if late:
                with open(late[0], late[1]) as file:
                    file.write(late[2])
""",
    ),
    "a segment goes when all of it is acknowledged": Safeguard(
        NODE + "outbox.py",
        "segment in self.segments and segment.is_free():",
        "segment in self.segments:",
    ),
    "a frame has a checksum": Safeguard(
        NODE + "outbox.py",
        "import binascii\n",
        NO_CHECKSUM,
    ),
    "a torn end is marked": Safeguard(
        NODE + "outbox_opening.py",
        "            _mark_end(path, segment.size)\n",
        "            pass\n",
    ),
    "a sample has a checksum": Safeguard(
        NODE + "samples.py",
        "import binascii\n",
        NO_CHECKSUM,
    ),
    "a sample is on flash before it counts": Safeguard(
        NODE + "samples.py",
        "                file.write(struct.pack(HEAD, len(body), binascii.crc32(body)) + body)",
        "                pass",
    ),
    "samples go after their frame is there": Safeguard(
        NODE + "cycle.py",
        """        self._write(self._frame(self.t0, self.batch))
        self.log.clear()
""",
        """        self.log.clear()
        self._write(self._frame(self.t0, self.batch))
""",
    ),
    "samples whose frame is there make no other": Safeguard(
        NODE + "cycle.py",
        "if not self.outbox.holds(frame.boot, frame.seq):",
        "if True:",
    ),
    "a boot has its number on flash before it measures": Safeguard(
        NODE + "boot_number.py",
        """            os.rename(root + _BOOT + ".new", root + _BOOT)
""",
        "",
    ),
    "the boot number is replaced whole": Safeguard(
        NODE + "boot_number.py",
        """            with open(root + _BOOT + ".new", "w") as file:
                file.write(str(boot))
            os.rename(root + _BOOT + ".new", root + _BOOT)
""",
        """            with open(root + _BOOT, "w") as file:
                file.write(str(boot))
""",
    ),
    "the last command is replaced whole": Safeguard(
        NODE + "configuration.py",
        """    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)
""",
        """    with open(path, "w") as file:
        file.write(text)
""",
    ),
    "a command counts as taken before it is done": Safeguard(
        NODE + "commands.py",
        """                self.record.write("begun", None, command.number)
""",
        "",
    ),
    "a trial is written before it is told of": Safeguard(
        NODE + "configuration.py",
        """    _replace(root + TRIAL, json.dumps(config))
    record.write("trial", None, number, 0, window)
""",
        """    record.write("trial", None, number, 0, window)
    _replace(root + TRIAL, json.dumps(config))
""",
        near="record",
    ),
    "a configuration is kept before it is told of": Safeguard(
        NODE + "configuration.py",
        """    os.rename(root + TRIAL, root + CONFIG)
    record.write("done")
""",
        """    record.write("done")
    os.rename(root + TRIAL, root + CONFIG)
""",
    ),
    "the old configuration stays until the new one takes its place": Safeguard(
        NODE + "configuration.py",
        """    os.rename(root + TRIAL, root + CONFIG)
""",
        """    os.remove(root + CONFIG)
    os.rename(root + TRIAL, root + CONFIG)
""",
    ),
    "a trial is undone in the books before it is removed": Safeguard(
        NODE + "configuration.py",
        """    record.write("undone", why, starts=1)
    _remove(root + TRIAL)
""",
        """    _remove(root + TRIAL)
    record.write("undone", why, starts=1)
""",
        near="record",
    ),
    "starts on trial are counted": Safeguard(
        NODE + "configuration.py",
        "record.starts + 1, record.window",
        "record.starts, record.window",
    ),
    "the end of a trial is told at the next start": Safeguard(
        NODE + "configuration.py",
        """        record.write("undone", record.more)
        ended = True
""",
        """        record.write("undone", record.more)
""",
    ),
    "a start of a trial is counted before it is one": Safeguard(
        NODE + "loader.py",
        """        os.rename("slot.new", "slot")
""",
        "",
        "update",
        "noting",
    ),
    "an update that was begun is fetched on": Safeguard(
        NODE + "update.py",
        """        elif mark == ">":
""",
        """        elif False:
""",
        "update",
        "noting",
    ),
    "the end of an update is told until it was heard": Safeguard(
        NODE + "update.py",
        """slots.note(slots.runs, "!started %s times without an answer" % slots.text[2:])""",
        "slots.note(slots.runs)",
        "update",
        "noting",
    ),
    "what is kept has its number before": Safeguard(
        NODE + "update.py",
        """            replace(slots.root + NEWEST, str(slots.head(slots.runs).number).encode())
            slots.note(slots.runs, "+")
""",
        """            slots.note(slots.runs, "+")
            replace(slots.root + NEWEST, str(slots.head(slots.runs).number).encode())
""",
        "update",
        "noting",
    ),
    "a slot that is cleared is not said to be fetched": Safeguard(
        NODE + "offer.py",
        """        slots.note(slots.runs)
        _clear(folder)
""",
        """        _clear(folder)
""",
        "update",
        "noting",
    ),
    "a file counts when its digest is right": Safeguard(
        NODE + "fetch.py",
        "if not wrong and digest(path) == file.sha256:",
        "if not wrong:",
        "update",
        "noting",
    ),
    "a slot is tried when all of its files are there": Safeguard(
        NODE + "update.py",
        """            if not self.fetch.step():
                return
            self.slots.note(self.slots.runs, self.slots.other + "0")
""",
        """            self.slots.note(self.slots.runs, self.slots.other + "0")
            if not self.fetch.step():
                self.slots.note(self.slots.runs, ">")
                return
            self.slots.note(self.slots.runs, self.slots.other + "0")
""",
        "update",
        "noting",
    ),
}

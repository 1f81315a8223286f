"""What keeps a node whole when its power is cut, and how its program reads without each of them."""

from __future__ import annotations

NODE = "firmware/node/"

#: Of each safeguard the file, its text, and the text without.
SAFEGUARDS: dict[str, tuple[str, str, str]] = {
    "a frame is on flash before it counts": (
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
    "a segment goes when all of it is acknowledged": (
        NODE + "outbox.py",
        "segment in self.segments and segment.is_free():",
        "segment in self.segments:",
    ),
    "a sample is on flash before it counts": (
        NODE + "samples.py",
        "                file.write(struct.pack(HEAD, len(body), binascii.crc32(body)) + body)",
        "                pass",
    ),
    "samples go after their frame is there": (
        NODE + "cycle.py",
        """        self._write(self._frame(self.t0, self.batch))
        self.log.clear()
""",
        """        self.log.clear()
        self._write(self._frame(self.t0, self.batch))
""",
    ),
    "samples whose frame is there make no other": (
        NODE + "cycle.py",
        "if not self.outbox.holds(frame.boot, frame.seq):",
        "if True:",
    ),
    "a boot has its number on flash before it measures": (
        NODE + "main.py",
        """            os.rename(root + BOOT + ".new", root + BOOT)
""",
        "",
    ),
    "the boot number is replaced whole": (
        NODE + "main.py",
        """            with open(root + BOOT + ".new", "w") as file:
                file.write(str(boot))
            os.rename(root + BOOT + ".new", root + BOOT)
""",
        """            with open(root + BOOT, "w") as file:
                file.write(str(boot))
""",
    ),
    "the last command is replaced whole": (
        NODE + "configuration.py",
        """    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)
""",
        """    with open(path, "w") as file:
        file.write(text)
""",
    ),
    "a command counts as taken before it is done": (
        NODE + "commands.py",
        """                self.record.write("begun", None, command.number)
""",
        "",
    ),
    "a trial is written before it is told of": (
        NODE + "configuration.py",
        """    _replace(root + TRIAL, json.dumps(config))
    record.write("trial", None, number, 0, window)
""",
        """    record.write("trial", None, number, 0, window)
    _replace(root + TRIAL, json.dumps(config))
""",
    ),
    "a configuration is kept before it is told of": (
        NODE + "configuration.py",
        """    os.rename(root + TRIAL, root + CONFIG)
    record.write("done")
""",
        """    record.write("done")
    os.rename(root + TRIAL, root + CONFIG)
""",
    ),
    "the old configuration stays until the new one takes its place": (
        NODE + "configuration.py",
        """    os.rename(root + TRIAL, root + CONFIG)
""",
        """    os.remove(root + CONFIG)
    os.rename(root + TRIAL, root + CONFIG)
""",
    ),
    "a trial is undone in the books before it is removed": (
        NODE + "configuration.py",
        """    record.write("undone", why, starts=1)
    _remove(root + TRIAL)
""",
        """    _remove(root + TRIAL)
    record.write("undone", why, starts=1)
""",
    ),
    "starts on trial are counted": (
        NODE + "configuration.py",
        "record.starts + 1, record.window",
        "record.starts, record.window",
    ),
    "the end of a trial is told at the next start": (
        NODE + "configuration.py",
        """        record.write("undone", record.more)
        ended = True
""",
        """        record.write("undone", record.more)
""",
    ),
}

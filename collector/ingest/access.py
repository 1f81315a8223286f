"""Whom a Mosquitto broker lets in and what they may there, as files made from the registry.

A node writes and reads its own topics and no others, another maker's device writes its own. Both
files are made anew as a whole, and stand complete or not at all; the broker reads them again on
SIGHUP (mosquitto.conf(5), psk_file and acl_file).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from firmware.wire.topics import topic

PSK_FILE, ACL_FILE, PASSWORD_FILE = "nodes.psk", "field.acl", "devices.passwd"
#: Kinds of topic that a node writes, and that it reads.
WRITES, READS = ("up", "evt", "ask"), ("ack", "cmd", "part")
#: First parts of the topics of other makers' devices.
STANDARDS = ("senml", "thingsboard")
MADE = "# made from the registry by `nongqing broker admit`; what is changed here is lost\n"


def acl_of(nodes: Iterable[str], devices: Iterable[str] = ()) -> str:
    """Return the text of Mosquitto's acl_file for nodes and other makers' devices."""
    parts = [MADE]
    for node in sorted(nodes):
        parts.append(f"\nuser {node}\n")
        parts += [f"topic write {topic(node, kind)}\n" for kind in WRITES]
        parts += [f"topic read {topic(node, kind)}\n" for kind in READS]
    for device in sorted(devices):
        parts.append(f"\nuser {device}\n")
        parts += [f"topic write {standard}/{device}\n" for standard in STANDARDS]
    return "".join(parts)


def write(
    folder: Path, psk_lines: Mapping[str, str], devices: Iterable[str] | None = None
) -> Changes:
    """Write the files where they differ from what stands there.

    Parameters
    ----------
    folder : Path
        Where the broker reads them; they get its owner.
    psk_lines : mapping of str
        Of each node that counts, its line of the psk_file: ``identity:key``.
    devices : iterable of str, optional
        Other makers' devices that count. In ``devices.passwd``, which people make with
        mosquitto_passwd, the lines of all others are taken out; where nothing is said, none.

    Raises
    ------
    OSError
        When a file cannot be written.
    """
    counting = set(devices or ())
    before = _lines(folder / PSK_FILE)
    gone = {node for node, line in before.items() if psk_lines.get(node) != line}
    psk = MADE + "".join(f"{psk_lines[node]}\n" for node in sorted(psk_lines))
    changed = _put(folder / PSK_FILE, psk)
    changed |= _put(folder / ACL_FILE, acl_of(psk_lines, counting))
    passwords = _lines(folder / PASSWORD_FILE)
    left = {user: line for user, line in passwords.items() if devices is None or user in counting}
    if left != passwords:
        changed |= _put(folder / PASSWORD_FILE, "".join(f"{line}\n" for line in left.values()))
    return Changes(changed, gone | (passwords.keys() - left.keys()))


class Changes:
    """What became of the files: whether any is another now, and who was taken out of them."""

    def __init__(self, changed: bool, gone: set[str]) -> None:
        self.changed = changed
        self.gone = gone


def _lines(path: Path) -> dict[str, str]:
    """Return the lines of a file by what stands before their first colon."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    lines = [line for line in text.splitlines() if ":" in line and not line.startswith("#")]
    return {line.partition(":")[0]: line for line in lines}


def _put(path: Path, text: str) -> bool:
    """Write a file whole, readable by the folder's owner alone; tell whether it was another."""
    try:
        if path.read_text("utf-8") == text:
            return False
    except FileNotFoundError:
        pass
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(file)
    owner = path.parent.stat()
    if owner.st_uid != os.geteuid():
        os.chown(draft, owner.st_uid, owner.st_gid)
    draft.replace(path)
    return True

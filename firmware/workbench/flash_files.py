"""Single files onto a board that runs MicroPython, by mpremote: `node flash --file`.

Each file is written beside the one that it replaces, compared by its SHA-256 and then renamed:
power may go at any moment. At the end the board starts anew.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware.workbench.config_check import fault
from firmware.workbench.ports import CANNOT_OPEN, trouble
from firmware.workbench.words import both, lines

CONFIG = "node.json"
ROOM = "firmware"
TIMEOUT_S = 120
#: mpremote waits without end for a board that says nothing, or never stops [s].
REPLY_S = 20
ASK_SLOT = "import os; print('slot=' + (open('slot').read() if 'slot' in os.listdir() else ''))"
SLOT = re.compile(r"^slot=([ab]?)(.*?)\r?$", re.MULTILINE)
DIGEST = re.compile(r"^([0-9a-f]{64})", re.MULTILINE)

#: What mpremote says when it fails, and what that means to who stands at the bench.
FAILURES = (
    (
        "failed to access",
        *CANNOT_OPEN,
    ),
    (
        "could not enter raw repl",
        "MicroPython 没有应答：板上没有烧录，或者停在下载模式。按一下 EN 再试；还不行就用 --image "
        "和 --micropython 重新烧录。",
        "MicroPython does not answer: nothing is flashed, or it waits in boot mode. Press EN and "
        "try again; if that does not help, flash it with --image and --micropython.",
    ),
    (
        "No such file or directory",
        "板上没有这个文件夹：先用 --image 和 --micropython 烧录。",
        "the board has no such folder: flash it with --image and --micropython first.",
    ),
    (
        "No space left",
        "板上没有地方了：请用 --image 和 --micropython 重新烧录。",
        "the board has no room: flash it with --image and --micropython.",
    ),
)


class NotWritten(Exception):  # noqa: N818 - what happened to a file
    """A file that was not written; the message says why in Chinese and in English."""


@dataclass(frozen=True)
class OneFile:
    """A file of this machine, and its path on the board."""

    path: Path
    target: str
    data: bytes

    @property
    def is_config(self) -> bool:
        """Whether it says who a node is."""
        return self.target == CONFIG

    @property
    def is_program(self) -> bool:
        """Whether it is a part of the program, which lies in the slot that runs."""
        return self.target.startswith(f"{ROOM}/")


def named(text: str) -> OneFile:
    """Read what ``--file PATH[:ON-BOARD]`` names.

    Without ON-BOARD a node's configuration becomes node.json, a part of the program keeps its place
    below ``firmware``, and anything else its name.

    Raises
    ------
    ValueError
        With what is wrong and the mend.
    """
    local, _, target = text.partition(":")
    path = Path(local)
    try:
        data = path.read_bytes()
    except OSError as error:
        said = both("读不了；请看文件名", f"cannot be read ({error.strerror}); see its name")
        raise ValueError(f"{path}: {said}") from error
    target = target.strip("/") or _place(path, data)
    if target == CONFIG and not _is_config(data):
        said = both(
            "不是设备的配置；请用 nongqing node enroll 写的文件",
            "is no configuration of a node; take the file that `nongqing node enroll` wrote",
        )
        raise ValueError(f"{path}: {said}")
    if target == CONFIG and (what := fault(json.loads(data))):
        said = both(
            f"{what} 缺了或不对，设备会启动不了；请用 nongqing node enroll 写的文件",
            f"{what} is missing or wrong, and the node would not start; take the file that "
            "`nongqing node enroll` wrote",
        )
        raise ValueError(f"{path}: {said}")
    if not re.fullmatch(r"[A-Za-z0-9_./-]{1,100}", target) or ".." in target.split("/"):
        said = both("板上的路径不对", "is no path on a board; letters, digits, . _ - and / alone")
        raise ValueError(f"{target}: {said}")
    return OneFile(path, target, data)


def _place(path: Path, data: bytes) -> str:
    if _is_config(data):
        return CONFIG
    parts = path.parts
    if ROOM in parts:
        return "/".join(parts[parts.index(ROOM) :])
    return path.name


def _is_config(data: bytes) -> bool:
    try:
        held = json.loads(data)
    except ValueError:
        return False
    return isinstance(held, dict) and {"node", "key", "broker"} <= set(held)


def is_there() -> bool:
    """Whether mpremote is installed."""
    return importlib.util.find_spec("mpremote") is not None


def write(port: str, files: Sequence[OneFile]) -> None:
    """Write files onto the board at a port, compare them, and start it anew.

    Raises
    ------
    NotWritten
    """
    if wrong := trouble(port, lines):
        raise NotWritten(wrong)
    renames = []
    slot = _slot(port, any(file.is_program for file in files))
    for file in files:
        target = slot + file.target if file.is_program else file.target
        new = target + ".new"
        said = _run(port, "fs", "cp", str(file.path), f":{new}", "+", "fs", "sha256sum", f":{new}")
        found = DIGEST.search(said)
        if found is None or found[1] != hashlib.sha256(file.data).hexdigest():
            raise NotWritten(
                f"{file.target}：板上的内容和文件不一致；请再运行一次，还这样就换板。\n"
                f"{file.target}: the board does not hold what was written; run it again, and if it "
                "is so again take another board."
            )
        renames.append(f"os.rename({new!r}, {target!r})")
    _run(port, "exec", "import os; " + "; ".join(renames), "+", "reset")


def _slot(port: str, is_changed: bool) -> str:
    """The folder of the program that the board runs, with its slash; '' where it has no slots.

    With `is_changed` something in it is to be written: not while an update is under way.
    """
    found = SLOT.search(_run(port, "exec", ASK_SLOT, timeout_s=REPLY_S))
    if not is_changed:
        return ""
    if found is None or (found[1] and found[2][:1] in ("a", "b", ">")):
        raise NotWritten(
            "板上正在升级：等它完成或退回，再换文件。\n"
            "an update is under way on the board: wait until it is kept or undone."
        )
    return f"{found[1]}/" if found[1] else ""


def _run(port: str, *words: str, timeout_s: float = TIMEOUT_S) -> str:
    command = [sys.executable, "-m", "mpremote", "connect", port, "+", *words]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotWritten(_meaning("could not enter raw repl")) from error
    if done.returncode:
        raise NotWritten(_meaning(done.stdout))
    return done.stdout


def _meaning(said: str) -> str:
    for word, chinese, english in FAILURES:
        if word in said:
            return f"{chinese}\n{english}"
    last = (said.strip().splitlines() or ["-"])[-1]
    return f"mpremote 没有成功：{last}\nmpremote did not succeed: {last}"

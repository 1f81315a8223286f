"""The note that `nongqing up` leaves in the state folder while it runs.

The other commands find the embedded database and broker by it when no other is named.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from collector.state_lock import held

NOTE = "running.json"


class RunningNoteError(ValueError):
    """The note is there, but cannot be read; the message names it and the mend."""


@dataclass(frozen=True)
class Running:
    """What runs: addresses (they hold passwords), the clock's specification, who started it."""

    dsn: str
    broker: str
    clock: str
    pid: int


def write_running(state_dir: Path, dsn: str, broker: str, clock_spec: str) -> None:
    """Leave the note of this process, readable by its user alone, complete or not at all."""
    draft = state_dir / f"{NOTE}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(Running(dsn, broker, clock_spec, os.getpid())), file)
    os.replace(draft, state_dir / NOTE)


def remove_running(state_dir: Path) -> None:
    """Take this process's note away; another's stays."""
    found = read_running(state_dir)
    if found is not None and found.pid == os.getpid():
        (state_dir / NOTE).unlink(missing_ok=True)


def read_running(state_dir: Path) -> Running | None:
    """Return what runs from this state folder, or None when nothing does.

    Raises
    ------
    RunningNoteError
        When the note belongs to another user, or is broken.
    """
    path = state_dir / NOTE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        note = Running(
            str(found["dsn"]), str(found["broker"]), str(found["clock"]), int(found["pid"])
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise RunningNoteError(
            f"{path}: cannot be read ({error.strerror}); work as the user who started "
            "`nongqing up`, or set NONGQING_DSN"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise RunningNoteError(
            f"{path}: is broken; delete it and start `nongqing up` again, or set NONGQING_DSN"
        ) from error
    return note if held(state_dir) else None

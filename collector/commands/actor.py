"""Who a command's entries in the audit log are by."""

from __future__ import annotations

import os
import pwd


def user() -> str:
    """Return the name of the user whom the operating system runs us as.

    What the environment says of it is not asked: anybody can set that. A container may have no
    name for its user.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def by_command(command: str) -> str:
    """Return the actor of what a command does, as ``system:li@items close``."""
    return f"system:{user()}@{command}"

"""Where grants hold, as statements ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from collector.permissions import Grant

CITY: dict[str, Any] = {"city": True, "counties": [], "townships": [], "villages": []}
LEVELS = (("county", "counties"), ("township", "townships"), ("village", "villages"))


def within(grants: Iterable[Grant]) -> dict[str, Any]:
    """Return the parameters of a statement that looks only where grants hold."""
    held = list(grants)
    areas = {name: [each.scope for each in held if each.level == level] for level, name in LEVELS}
    return {"city": any(each.level == "city" for each in held), **areas}

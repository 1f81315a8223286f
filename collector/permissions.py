"""What people may do, and the roles that bundle it; where they may do it is a grant's scope.

A role of an installation's own is a setting ``role.<name>``: a JSON list of permissions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Each permission, and what it lets a person do within the scope of the grant.
PERMISSIONS: Mapping[str, str] = {
    "own": "keep one's own fields, diary and reports",
    "reports": "write stage reports and scouting for the fields of others",
    "drafts": "read advice that is not released",
    "release": "release, change or hold back advice",
    "network": "read the state of nodes, jobs and refused messages",
    "people": "add people, grant roles, lock accounts, make sign-in links",
    "audit": "read the audit log",
}

ROLES: Mapping[str, tuple[str, ...]] = {
    "farmer": ("own",),
    "agent": ("own", "reports", "drafts"),
    "technician": ("network",),
    "officer": ("reports", "drafts", "release", "network"),
    "administrator": tuple(PERMISSIONS),
}
#: Those who sign in with a password and a second factor; a code by SMS lets nobody into them.
STAFF_ROLES = ("technician", "officer", "administrator")
LEVELS = ("city", "county", "township", "village")
ROLE_SETTING = "role."


class RoleError(ValueError):
    """A role or permission that does not exist; the message names it and what there is."""


@dataclass(frozen=True)
class Grant:
    """A role in one part of the tree of places.

    Attributes
    ----------
    role : str
    level : str
        One of `LEVELS`.
    scope : str
        Code of the county or township, id of the village; '' for the city.
    stands_for : int or None
        The person whose grant it is, where this one is a deputy.
    """

    role: str
    level: str
    scope: str
    stands_for: int | None = None


@dataclass(frozen=True)
class Place:
    """A village and what it lies in."""

    village: str
    township: str | None
    county: str

    def within(self, grant: Grant) -> bool:
        """Return whether a grant reaches this place."""
        if grant.level == "city":
            return True
        return bool(grant.scope) and getattr(self, grant.level) == grant.scope


def roles_with(settings: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return every role: those that are always there, and an installation's own.

    Raises
    ------
    RoleError
        When a setting is no JSON list of permissions.
    """
    found = dict(ROLES)
    for key, value in settings.items():
        if key.startswith(ROLE_SETTING):
            name = key.removeprefix(ROLE_SETTING)
            try:
                names = json.loads(value)
            except ValueError:
                names = None
            if not isinstance(names, list):
                raise RoleError(f"setting {key}: write a JSON list, such as {json.dumps(['own'])}")
            check_permissions(names)
            found[name] = tuple(names)
    return found


def check_permissions(names: Iterable[str]) -> None:
    """Refuse a permission that does not exist.

    Raises
    ------
    RoleError
    """
    for name in names:
        if name not in PERMISSIONS:
            raise RoleError(f'permission "{name}": there are {", ".join(PERMISSIONS)}')

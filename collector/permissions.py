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
    "nodes": "commission, replace, move, retire, revoke nodes; look after what is wrong with them",
    "control": "switch outputs of the fields on whose lists one is",
    "people": "add people, grant roles, lock accounts, make sign-in links",
    "audit": "read the audit log",
    "inspect": "hold and recall lots, override refused certificates, make certificates void",
}

ROLES: Mapping[str, tuple[str, ...]] = {
    "farmer": ("own", "control"),
    "agent": ("own", "reports", "drafts", "control"),
    "technician": ("network", "nodes", "control"),
    "officer": ("reports", "drafts", "release", "network", "control"),
    "inspector": ("inspect",),
    "administrator": tuple(PERMISSIONS),
}
#: Those who sign in with a password and a second factor; a code by SMS lets nobody into them.
STAFF_ROLES = ("technician", "officer", "inspector", "administrator")
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


#: The whole city, and whatever is no place any more: only a grant in the city reaches it.
CITY = Place("", None, "")


def allows(
    held: Iterable[Grant],
    known: Mapping[str, tuple[str, ...]],
    permission: str,
    place: Place | None = None,
) -> bool:
    """Return whether grants allow something at a place, or anywhere where none is given."""
    return any(
        permission in known.get(grant.role, ()) and (place is None or place.within(grant))
        for grant in held
    )


def may_give(
    held: Iterable[Grant], known: Mapping[str, tuple[str, ...]], role: str, place: Place
) -> bool:
    """Return whether somebody may give, or take back, a role in a part of the tree.

    They must be in charge of people there and hold all that the role allows there, and hold it
    themselves: what somebody may as a deputy they may until a time, and a grant has no end.
    """
    own = [grant for grant in held if grant.stands_for is None]
    return all(allows(own, known, each, place) for each in {"people", *known.get(role, ())})


def may_manage(
    held: Iterable[Grant],
    known: Mapping[str, tuple[str, ...]],
    other: Iterable[tuple[Grant, Place]],
) -> bool:
    """Return whether somebody may lock a person or make a link for them.

    Who has a link for an account is that person. So they must be able to give everything that the
    person may, also as a deputy; who holds nothing is in the charge of the city.
    """
    held = list(held)
    each = [may_give(held, known, grant.role, place) for grant, place in other]
    return all(each) if each else may_give(held, known, "", CITY)


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

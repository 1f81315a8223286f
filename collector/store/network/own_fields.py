"""Fields that people keep themselves: on no public page, shared with whom their owner chooses."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("own_fields")
SOILS = ("sand", "loam", "clay")
#: So many fields of one person, and so many people of one field: more was not meant.
MOST_FIELDS, MOST_KEEPERS = 60, 10


class TooMany(StoreError):  # noqa: N818 - named for what happened
    """A person has as many fields, or a field as many people, as there may be."""


@dataclass(frozen=True)
class OwnField:
    """A field as one of its keepers sees it.

    ``area_ha`` is in hectares; ``soil`` one of `SOILS`, None where nobody said; ``edition``
    counts its changes, ``changed_by`` names who made the last one; ``owner`` says whether the
    reader owns it. ``crop``, ``sown``, ``variety`` and ``harvested`` are of the newest season, None
    where nothing was sown.
    """

    id: str
    name: str
    village: str
    village_zh: str
    village_en: str
    kind: str
    area_ha: float | None
    soil: str | None
    edition: int
    changed: datetime
    changed_by: str | None
    owner: bool
    crop: str | None
    sown: date | None
    variety: str | None
    harvested: date | None


@dataclass(frozen=True)
class Entered:
    """What a person says of a field: name, area [ha], soil, and what was sown there when."""

    name: str
    kind: str
    area_ha: float
    soil: str | None
    crop: str
    sown: date
    variety: str | None


@dataclass(frozen=True)
class Keeper:
    """Somebody who sees a field."""

    person: int
    name: str
    owner: bool


@dataclass(frozen=True)
class Invitation:
    """A field that somebody wants to share with the reader."""

    field: str
    name: str
    village_zh: str
    village_en: str
    invited_by: str


def mine(conn: Connection, person: int) -> list[OwnField]:
    """Return the fields that a person keeps, by name."""
    return [OwnField(*row) for row in fetch(conn, SQL["mine"], person=person, field=None)]


def find(conn: Connection, field: str, person: int) -> OwnField | None:
    """Return a field that a person keeps; None where there is none, or it is another's."""
    rows = fetch(conn, SQL["mine"], person=person, field=field)
    return OwnField(*rows[0]) if rows else None


def add(conn: Connection, person: int, village: str, said: Entered, at: datetime) -> str:
    """Make a field of a person in a village of the registry and return its id.

    Raises
    ------
    TooMany
        When the person has `MOST_FIELDS` already.
    """
    fetch(conn, SQL["lock_person"], person=person)
    if len(mine(conn, person)) >= MOST_FIELDS:
        raise TooMany(f"person {person}: has {MOST_FIELDS} fields; give one up first")
    field = f"own-{secrets.token_hex(6)}"
    values = vars(said) | {"field": field, "village": village, "person": person, "at": at}
    run(conn, SQL["add_field"], **values)
    run(conn, SQL["add_own_field"], **values)
    run(conn, SQL["add_keeper"], owner=True, **values)
    run(conn, SQL["add_season"], **values)
    return field


def change(
    conn: Connection, own: OwnField, edition: int, said: Entered, person: int, at: datetime
) -> bool:
    """Change a field and what was sown there last; false where somebody changed it meanwhile.

    Parameters
    ----------
    conn : Connection
    own : OwnField
        As it stands.
    edition : int
        What the person saw when they began.
    said : Entered
    person : int
        Who changes it.
    at : datetime
        Now, aware.
    """
    values = vars(said) | {"field": own.id, "edition": edition, "person": person, "at": at}
    if not fetch(conn, SQL["next_edition"], **values):
        return False
    run(conn, SQL["change_field"], **values)
    if own.crop is None:
        run(conn, SQL["add_season"], **values)
    else:
        run(conn, SQL["change_season"], old_crop=own.crop, old_sown=own.sown, **values)
    return True


def sow(conn: Connection, field: str, crop: str, variety: str | None, sown: date) -> None:
    """Begin a season; the one before it ends on that day unless it has ended."""
    run(conn, SQL["end_open_season"], field=field, sown=sown)
    run(conn, SQL["add_season"], field=field, crop=crop, variety=variety, sown=sown)


def end_season(conn: Connection, field: str, day: date) -> None:
    """Note that what stood in a field on a local day was harvested then."""
    run(conn, SQL["end_season"], field=field, day=day)


def reopen_season(conn: Connection, field: str, day: date) -> None:
    """Take back that the crop was harvested on a local day."""
    run(conn, SQL["reopen_season"], field=field, day=day)


# Sharing --------------------------------------------------------------------------------------


def keepers(conn: Connection, field: str) -> list[Keeper]:
    """Return who sees a field, its owner first."""
    return [Keeper(*row) for row in fetch(conn, SQL["keepers"], field=field)]


def invitations_of(conn: Connection, field: str) -> list[str]:
    """Return the numbers, as E.164, that were invited to a field and have not answered."""
    return [phone for (phone,) in fetch(conn, SQL["invitations_of"], field=field)]


def invitations_to(conn: Connection, phone: str) -> list[Invitation]:
    """Return the fields that others want to share with the holder of a number."""
    return [Invitation(*row) for row in fetch(conn, SQL["invitations_to"], phone=phone)]


def invite(conn: Connection, field: str, phone: str, person: int, at: datetime) -> None:
    """Offer a field to the holder of a number, whether or not they are known.

    Raises
    ------
    TooMany
        When `MOST_KEEPERS` see it or are invited already.
    """
    there = len(keepers(conn, field)) + len(invitations_of(conn, field))
    if there >= MOST_KEEPERS:
        raise TooMany(f"field {field}: {there} people see it or are invited; remove one first")
    run(conn, SQL["invite"], field=field, phone=phone, person=person, at=at)


def accept(conn: Connection, field: str, phone: str, person: int, at: datetime) -> bool:
    """Make who was invited by their number a keeper; false where no invitation is open."""
    if not withdraw_invitation(conn, field, phone):
        return False
    run(conn, SQL["add_keeper"], field=field, person=person, owner=False, at=at)
    return True


def withdraw_invitation(conn: Connection, field: str, phone: str) -> bool:
    """Take an invitation back, or decline it; false where none is open."""
    return bool(fetch(conn, SQL["withdraw_invitation"], field=field, phone=phone))


def remove_keeper(conn: Connection, field: str, person: int) -> bool:
    """Share a field with somebody no longer; false where they are its owner or never saw it."""
    return bool(fetch(conn, SQL["remove_keeper"], field=field, person=person))


def give_up(conn: Connection, field: str, at: datetime) -> None:
    """Forget what people wrote of a field: names, diary, photos, places, who they are.

    What the skill of advice is counted from stays, of nobody's field any more: what was found on
    which day, and the stages seen.
    """
    salt = secrets.token_hex(8)  # two observers stay two, and nobody can tell who
    for name in (
        "give_up",
        "forget_names",
        "forget_keepers",
        "forget_invitations",
        "forget_seasons",
        "forget_works",
        "forget_water",
        "forget_places",
        "forget_photos",
        "forget_stages",
        "forget_answers",
        "end_advice",
    ):
        run(conn, SQL[name], field=field, at=at, salt=salt)

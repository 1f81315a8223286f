"""Roles and where they hold, in the reader's language."""

from __future__ import annotations

from collector.permissions import Grant
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.words import pick

ROLES = {
    "farmer": lazy_gettext("Farmer"),
    "agent": lazy_gettext("Village agent"),
    "technician": lazy_gettext("Technician"),
    "officer": lazy_gettext("Officer"),
    "inspector": lazy_gettext("Inspector"),
    "administrator": lazy_gettext("Administrator"),
}


def role_name(role: str) -> str:
    """Name a role; one of an installation's own has the name that it was given."""
    return str(ROLES.get(role, role))


def grant_text(grant: Grant, place: tuple[str, str] | None) -> str:
    """Say what a grant allows and where.

    Parameters
    ----------
    grant
    place
        The place's Chinese and English name; None for the city.
    """
    where = gettext("the whole city") if place is None else pick(*place)
    text = gettext("%(role)s in %(place)s", role=role_name(grant.role), place=where)
    if grant.stands_for is not None:
        return str(gettext("%(grant)s, as a deputy", grant=text))
    return str(text)

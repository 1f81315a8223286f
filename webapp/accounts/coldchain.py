"""For which party the reader speaks, and which shipments they may see."""

from __future__ import annotations

from flask import url_for

from collector.store import reads
from collector.store.coldchain import assets, shipments
from collector.store.coldchain.assets import Asset, AssetError
from collector.store.coldchain.shipments import Shipment
from collector.store.trace import members
from collector.store.trace.parties import Party
from models.trace.codes import parse_code
from webapp.accounts.access import may, reaches_area, scope
from webapp.accounts.datastore import CLOCK
from webapp.accounts.own import me
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.i18n import gettext


def known_party() -> Party | None:
    """The reader's party; None where they have done nothing that needs one."""
    return members.known_party(connection(), me().id)


def my_party() -> Party:
    """The reader's party; one of their own is made where they have none."""
    return members.party_of(connection(), me().id, now())


def inspects(found: Shipment) -> bool:
    """Whether the reader inspects where the goods of a shipment grew; who does is noted."""
    if found.village is None:
        return reaches_area(scope("inspect"), "")
    return may("inspect", found.village)


def may_see(found: Shipment) -> bool:
    """Whether the reader's party sends or gets a shipment, or they inspect it."""
    party = known_party()
    sides = (found.sender, found.receiver)
    return (party is not None and party.id in sides) or inspects(found)


def seen_shipment(code: str, page: str) -> Shipment:
    """Return a shipment of the reader's party, or one that they inspect, which is noted.

    Raises
    ------
    PageNotFound
        When there is none, or it is others': nobody is told which.
    """
    parsed = parse_code(code)
    found = shipments.find(connection(), parsed) if parsed else None
    if found is not None:
        party = known_party()
        if party is not None and party.id in (found.sender, found.receiver):
            return found
        if inspects(found):
            of = (me().id, "shipment_seen", page, found.code, CLOCK.now())
            reads.note(connection(), *of)
            return found
    back = Suggestion(url_for("shipments.page"), gettext("Shipments"))
    raise PageNotFound(gettext("You have no shipment %(code)s.", code=code[:20]), [back])


def own_asset(number: int) -> Asset:
    """Return an asset of the reader's party.

    Raises
    ------
    PageNotFound
        When there is none, or it is another party's: nobody is told which.
    """
    party = known_party()
    try:
        found = assets.asset(connection(), number) if number < 2**62 else None
    except AssetError:
        found = None
    if found is None or party is None or found.party != party.id:
        back = Suggestion(url_for("assets.page"), gettext("Trucks and stores"))
        raise PageNotFound(gettext("You have no such truck, store room or box."), [back])
    return found

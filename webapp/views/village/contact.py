"""Whom a reader can call and who issues the notice: the station entered, or the hotline."""

from collections.abc import Mapping
from dataclasses import dataclass

from collector.store.network import contacts
from collector.store.network.registry import VillageRow
from webapp.language.i18n import gettext
from webapp.language.words import pick

#: The farmers' hotline of the whole country (三农热线), kept by the agriculture ministry.
HOTLINE = "12316"


@dataclass(frozen=True)
class ShownContact:
    """Whom to call and where they are; `entered` unless it is the hotline, which stands in."""

    name: str
    phone: str
    dial: str
    address: str
    entered: bool


def show_contact(village: VillageRow, settings: Mapping[str, str]) -> ShownContact:
    """Name the nearest station that was entered, else what every farmer has.

    Parameters
    ----------
    village
        Its own contact goes before its township's and its county's.
    settings
        Of the settings table.
    """
    found = contacts.nearest(settings, village.id, village.township, village.county)
    if found is None:
        name = str(gettext("your township's agricultural station"))
        return ShownContact(name, HOTLINE, HOTLINE, "", entered=False)
    return ShownContact(
        name=pick(found.zh, found.en),
        phone=found.phone,
        dial=found.phone.replace(" ", "").replace("-", ""),
        address=pick(found.address_zh, found.address_en),
        entered=True,
    )

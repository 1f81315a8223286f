"""Villages, fields, agents and contacts from a workbook: all is taken in, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from collector.files.workbook import Form, Line, read_forms
from collector.permissions import Place
from collector.phone import PhoneError, normalise_phone
from collector.store import people
from collector.store.network import contacts, registry, sites
from collector.store.network.contacts import Contact
from collector.store.postgres.db import Connection
from field_configs.events import event
from field_configs.load import load, regions
from field_configs.reading import nearest
from field_configs.schema import FIELD_KINDS, POSITIONS, Configs, Field, Season, Village
from field_configs.words import LANGUAGES, Words
from models.sheets import cells
from models.sheets.refused import CellError, Refusals
from models.weather.local_days import local_day

FORMS = (
    Form(
        "villages",
        ("id", "name_zh", "name_en", "county", "township", "longitude", "latitude", "position"),
        ("id", "name_zh", "name_en", "county", "longitude", "latitude"),
    ),
    Form(
        "fields",
        ("id", "village", "name_zh", "name_en", "field_kind", "area_mu", "crop", "variety", "sown"),
        ("id", "village", "name_zh", "name_en", "field_kind"),
    ),
    Form("agents", ("person", "phone", "village"), ("person", "phone", "village")),
    Form(
        "contacts",
        ("place", "name_zh", "name_en", "phone", "address_zh", "address_en"),
        ("place", "name_zh", "name_en", "phone"),
    ),
)
Record = TypeVar("Record")
MU_PER_HA, MOST_MU = 15.0, 3000.0
MOST_LETTERS = 40
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{1,30}")


@dataclass(frozen=True)
class Agent:
    """Somebody who is to be agent of a village, by their number (E.164)."""

    name: str
    phone: str
    village: str


@dataclass
class Filled:
    """What a workbook brings, once all of it is right."""

    villages: list[Village] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    seasons: list[Season] = field(default_factory=list)
    agents: list[Agent] = field(default_factory=list)
    contacts: dict[str, Contact] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Return how much it is, by sheet."""
        return {form.id: len(getattr(self, form.id)) for form in FORMS}


@dataclass(frozen=True)
class Rights:
    """Where who brings it may enter places, and make agents."""

    enters: Callable[[Place], bool]
    gives: Callable[[Place], bool]


class _Reader:
    """Reads lines against what is known, and against each other."""

    def __init__(self, conn: Connection, rights: Rights, today: date) -> None:
        self.conn, self.rights, self.today = conn, rights, today
        self.site, types = sites.read_site(conn), load(site=None)
        self.counties = {**types.counties, **self.site.counties}
        self.townships = {**types.townships, **self.site.townships}
        self.crops = types.crops
        self.villages: dict[str, Village] = dict(self.site.villages)
        self.found = Filled()
        self.taken: dict[tuple[str, ...], str] = {}
        self.names = {name: id_ for id_, v in self.villages.items() for name in (v.zh, v.en)}

    # Cells --------------------------------------------------------------------------------

    def _name(self, text: str, shown: str) -> str:
        found = cells.new_name(text, shown)
        if not found:
            raise CellError(event("onboard_empty", column=shown))
        if len(found) > MOST_LETTERS:
            raise CellError(event("onboard_long", column=shown, most=MOST_LETTERS))
        return found

    def _id(self, text: str, shown: str) -> str:
        found = cells.narrow(text)
        if not _SLUG.fullmatch(found):
            raise CellError(event("onboard_id", column=shown, value=found[:40]))
        return found

    def _one_of(self, known: Mapping[str, object]) -> Callable[[str, str], str]:
        names = {getattr(record, "zh", ""): code for code, record in known.items()}
        names |= {getattr(record, "en", ""): code for code, record in known.items()}
        return lambda text, shown: cells.known_id(text, shown, list(known), names)

    def _word(self, prefix: str, keys: tuple[str, ...]) -> Callable[[str, str], str]:
        words = [Words.load(each) for each in LANGUAGES]
        names = {each.text(f"{prefix}.{key}"): key for each in words for key in keys}
        return lambda text, shown: cells.known_id(text, shown, keys, names)

    def _degree(self, text: str, shown: str) -> float:
        value = cells.number(text, shown)
        if value != value:
            raise CellError(event("onboard_empty", column=shown))
        return value

    def _village_of(self, text: str, shown: str) -> str:
        word = cells.name(text)
        found = word if word in self.villages else self.names.get(word)
        if found is None:
            near = nearest(word, [*self.villages, *self.names])
            raise CellError(event("cell_unknown", column=shown, value=word[:60], near=near))
        return found

    def _once(self, line: Line, column: str, *key: str) -> None:
        """Refuse what stands in the workbook already."""
        where = self.taken.setdefault(key, line.at(column))
        if where != line.at(column):
            line.refuse(column, CellError(event("onboard_twice", value=key[-1], cell=where)))

    def _reached(self, line: Line, column: str, place: Place) -> None:
        if not self.rights.enters(place):
            line.refuse(column, CellError(event("onboard_elsewhere")))

    # Lines --------------------------------------------------------------------------------

    def village(self, line: Line) -> None:
        """Read a village."""
        id_ = line.read("id", self._id, "")
        zh, en = line.read("name_zh", self._name, ""), line.read("name_en", self._name, "")
        county = line.read("county", self._one_of(self.counties), "")
        inside = {c: t for c, t in self.townships.items() if t.county == county}
        township = None
        if line.text("township") and county:
            township = line.read("township", self._one_of(inside), "")
        east = line.read("longitude", self._degree, 0.0)
        north = line.read("latitude", self._degree, 0.0)
        position = POSITIONS[0]
        if line.text("position"):
            position = line.read("position", self._word("position", POSITIONS), "")
        if line.sound and not any(
            r.west <= east <= r.east and r.south <= north <= r.north for r in regions()
        ):
            swapped = event("onboard_outside", longitude=east, latitude=north)
            line.refuse("longitude", CellError(swapped))
        if id_ and id_ in self.site.villages:
            line.refuse("id", CellError(event("onboard_there", value=id_)))
        if not line.sound:
            return
        self._once(line, "id", "village", id_)
        self._once(line, "name_zh", "village name", county, township or "", zh)
        there = (
            v for v in self.site.villages.values() if (v.county, v.township) == (county, township)
        )
        if any(v.zh == zh for v in there):
            line.refuse("name_zh", CellError(event("onboard_there", value=zh)))
        self._reached(line, "county", Place(id_, township, county))
        found = Village(id_, zh, en, county, township, east, north, position)
        self.villages[id_] = found
        self.names |= {zh: id_, en: id_}
        self.found.villages.append(found)

    def field(self, line: Line) -> None:
        """Read a field, and what is sown there."""
        id_ = line.read("id", self._id, "")
        village = line.read("village", self._village_of, "")
        zh, en = line.read("name_zh", self._name, ""), line.read("name_en", self._name, "")
        kind = line.read("field_kind", self._word("field_kind", FIELD_KINDS), "")
        area = line.read("area_mu", self._area, None)
        crop = sown = None
        if line.text("crop") or line.text("sown"):
            crop = line.read("crop", self._one_of(self.crops), "")
            sown = line.read("sown", lambda t, s: cells.day(t, s, self.today), self.today)
        variety = line.read("variety", cells.new_name, "")
        if id_ and (id_ in self.site.fields or self._is_own(id_)):
            line.refuse("id", CellError(event("onboard_there", value=id_)))
        if not line.sound:
            return
        self._once(line, "id", "field", id_)
        self._reached(line, "village", self._place(village))
        self.found.fields.append(
            Field(id_, village, zh, en, kind, None if area is None else area / MU_PER_HA)
        )
        if crop and sown:
            self.found.seasons.append(Season(id_, crop, variety or None, None, sown, None))

    def _is_own(self, id_: str) -> bool:
        return id_.startswith("own-")

    def _place(self, village: str) -> Place:
        found = self.villages[village]
        return Place(village, found.township, found.county)

    def _area(self, text: str, shown: str) -> float | None:
        value = cells.number(text, shown)
        if value != value:
            return None
        if not 0 < value <= MOST_MU:
            raise CellError(event("onboard_area", value=text[:40], most=f"{MOST_MU:g}"))
        return value

    def _mobile(self, text: str, _shown: str) -> str:
        try:
            return normalise_phone(text)
        except PhoneError as error:
            raise CellError(error.event) from error

    def agent(self, line: Line) -> None:
        """Read an agent of a village."""
        name = line.read("person", self._name, "")
        phone = line.read("phone", self._mobile, "")
        village = line.read("village", self._village_of, "")
        if not line.sound:
            return
        self._once(line, "phone", "agent", village, phone)
        where = self.taken.setdefault(("phone", phone, name), line.at("phone"))
        other = next(
            (v for k, v in self.taken.items() if k[:2] == ("phone", phone) and k[2] != name), ""
        )
        if other:
            line.refuse("phone", CellError(event("onboard_two_names", cell=other)))
        if not self.rights.gives(self._place(village)):
            line.refuse("village", CellError(event("onboard_no_rights")))
        person = people.find(self.conn, phone=phone)
        if person is not None and (person.name != name or not person.active):
            line.refuse("phone", CellError(event("onboard_other_person")))
        if line.sound and where:
            self.found.agents.append(Agent(name, phone, village))

    def contact(self, line: Line) -> None:
        """Read a contact of a village, township or county."""
        known: dict[str, object] = {**self.counties, **self.townships, **self.villages}
        place = line.read("place", self._one_of(known), "")
        said = {name: line.read(name, self._name, "") for name in ("name_zh", "name_en")}
        for name in ("address_zh", "address_en"):
            said[name] = line.read(name, self._name, "") if line.text(name) else ""
        phone = cells.narrow(line.text("phone"))
        found = Contact(
            said["name_zh"], said["name_en"], phone, said["address_zh"], said["address_en"]
        )
        if line.sound:
            try:
                contacts.checked(found)
            except contacts.BadContact:
                line.refuse("phone", CellError(event("onboard_phone", value=phone[:40])))
        if not line.sound:
            return
        self._once(line, "place", "contact", place)
        if place in self.villages:
            self._reached(line, "place", self._place(place))
        else:
            county = self.townships[place].county if place in self.townships else place
            township = place if place in self.townships else None
            self._reached(line, "place", Place("", township, county))
        self.found.contacts[place] = found


def read_places(
    conn: Connection, data: bytes, name: str, rights: Rights, at: datetime
) -> tuple[Filled, Refusals]:
    """Read a workbook of places and people; nothing is written.

    Parameters
    ----------
    conn : Connection
    data : bytes
        The file.
    name : str
        Its name, for messages.
    rights : Rights
        Of who brings it.
    at : datetime
        Now, aware.

    Returns
    -------
    Filled, Refusals
        What it brings, and every fault: only where there is none may it be taken in.

    Raises
    ------
    SheetError
        When the file as a whole cannot be read.
    """
    wrong = Refusals(name)
    lines = read_forms(data, name, FORMS, wrong)
    reader = _Reader(conn, rights, local_day(at))
    for form, read in zip(
        FORMS, (reader.village, reader.field, reader.agent, reader.contact), strict=True
    ):
        for line in lines[form.id]:
            read(line)
    return reader.found, wrong


def take_in(conn: Connection, found: Filled, name: str, at: datetime, by: str) -> list[int]:
    """Write what a workbook brings, and return who are agents now.

    Parameters
    ----------
    conn : Connection
    found : Filled
        Of `read_places` in this transaction, without a fault.
    name : str
        Of the file.
    at : datetime
        Now, aware.
    by : str
        Who brings it.
    """
    site, types = sites.read_site(conn), load(site=None)
    wanted: Configs = replace(
        site,
        counties={**site.counties, **_used(types.counties, {v.county for v in found.villages})},
        townships={
            **site.townships,
            **_used(types.townships, {v.township for v in found.villages}),
        },
        villages={**site.villages, **{each.id: each for each in found.villages}},
        fields={**site.fields, **{each.id: each for each in found.fields}},
        seasons=(*site.seasons, *found.seasons),
    )
    registry.import_configs(conn, wanted, at, name)
    for place, contact in found.contacts.items():
        contacts.put(conn, place, contact, at)
    numbers = []
    for each in found.agents:
        person = people.find(conn, phone=each.phone)
        if person is None:
            person = people.add(conn, each.name, at, phone=each.phone)
        people.grant(conn, person, "agent", "village", each.village, at, by)
        numbers.append(person.id)
    return numbers


def _used(known: Mapping[str, Record], codes: Iterable[str | None]) -> dict[str, Record]:
    return {code: known[code] for code in codes if code is not None and code in known}

"""A story for the bench of traceability: vegetables from the nursery to the shops, without chance.

A consignment begins with a lot of seed and ends in shops, eight steps on: seedlings, harvests of
several fields, washed together, sorted apart, stored together, packing runs, boxes (SGTIN), pallets
(SSCC). Pallets ride together in one unit with a logger, are opened at a wholesaler's, and their
boxes go to shops in cages (SSCC), where they are sold one by one. Seven kinds of parties tell it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from biip.checksums import gs1_standard_check_digit

Event = dict[str, Any]
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"farm": "https://farm.example.cn/epcis/"},
]
PARTIES = {
    "nursery": 6,
    "coop": 60,
    "packer": 16,
    "store": 12,
    "carrier": 12,
    "wholesale": 12,
    "shop": 180,
}
BEGIN = datetime(2014, 3, 1, tzinfo=UTC)
END = datetime(2016, 4, 1, tzinfo=UTC)
PER_PALLET, PER_CAGE = 50, 20
#: Boxes of a consignment, and of the one that is recalled.
BOXES, MANY = 200, 10_000
#: Events of a consignment of so many boxes, about.
EVENTS = 292
LINK = "https://id.gs1.org"
PREFIX = "6901234"


@dataclass(frozen=True)
class Recalled:
    """Names in a consignment from which it is followed.

    Attributes
    ----------
    seed, unit : str
        Its first lot, and what all its pallets rode in.
    box : str
        One of its boxes.
    packer, shop : str
        Parties with much and with little to do with it.
    """

    seed: str
    unit: str
    box: str
    packer: str
    shop: str


def _with_check_digit(digits: str) -> str:
    return f"{digits}{gs1_standard_check_digit(digits)}"


def product(number: int) -> str:
    """The GTIN of a product."""
    return f"{LINK}/01/{_with_check_digit(f'0{PREFIX}{number:05}')}"


def unit(number: int) -> str:
    """The SSCC of a pallet, a cage or a container."""
    return f"{LINK}/00/{_with_check_digit(f'0{PREFIX}{number:09}')}"


def place(party: str, gate: str = "") -> str:
    """The SGLN of a party's site, or of a gate of it."""
    kind, _, number = party.partition("-")
    code = list(PARTIES).index(kind) * 1000 + int(number)
    key = _with_check_digit(f"{PREFIX}{code:05}")
    return f"{LINK}/414/{key}/254/{gate}" if gate else f"{LINK}/414/{key}"


class Consignment:
    """One consignment: its events as (party, event), in the order of their times."""

    def __init__(self, number: int, at: datetime, boxes: int = BOXES) -> None:
        self.random = random.Random(number)
        self.number, self.at, self.boxes = number, at, boxes
        self.product = product(number % 40)
        self.told: list[tuple[datetime, str, Event]] = []
        self.units = 0
        pick = {kind: self.random.randrange(count) for kind, count in PARTIES.items()}
        self.who = {kind: f"{kind}-{number}" for kind, number in pick.items()}
        self.shops = [
            f"shop-{each}" for each in self.random.sample(range(PARTIES["shop"]), 3 + boxes // 1000)
        ]
        self._tell()

    def lot(self, name: str) -> str:
        """The name of a lot."""
        return f"{self.product}/10/{name}{self.number}"

    def box(self, number: int) -> str:
        """The name of a box."""
        return f"{self.product}/21/{self.number * 20_000 + number}"

    def unit(self) -> str:
        """The name of a new unit."""
        self.units += 1
        return unit(self.number * 2_000 + self.units)

    def recalled(self) -> Recalled:
        """Return from what it is followed."""
        return Recalled(
            self.lot("SEED"), self.ride, self.box(0), self.who["packer"], self.shops[-1]
        )

    def events(self) -> Iterator[tuple[str, Event]]:
        """Return the events and who tells each."""
        for _, party, event in sorted(self.told, key=lambda each: each[0]):
            yield party, event

    def say(
        self, party: str, hours: float, step: str, kind: str = "Object", gate: str = "", **more: Any
    ) -> None:
        """Add an event, `hours` after the one before at most."""
        self.at += timedelta(seconds=round(3600 * hours * self.random.uniform(0.5, 1.0)))
        event: Event = {
            "type": f"{kind}Event",
            "eventTime": self.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "eventTimeZoneOffset": "+08:00",
            "bizStep": step,
            "readPoint": {"id": place(party, gate or "1")},
        }
        if kind != "Transformation":
            event["action"] = more.pop("action", "OBSERVE")
        self.told.append((self.at, party, event | more))

    def made(self, party: str, hours: float, step: str, into: list[str], of: list[str]) -> None:
        """Lots are made into lots."""
        self.say(
            party,
            hours,
            step,
            "Transformation",
            bizLocation={"id": place(party)},
            inputQuantityList=[self.weight(each) for each in of],
            outputQuantityList=[self.weight(each) for each in into],
        )

    def weight(self, lot: str) -> Event:
        """A lot with how much there is of it."""
        return {
            "epcClass": lot,
            "quantity": round(self.random.uniform(50, 900), 1),
            "uom": "KGM",
        }

    def _tell(self) -> None:
        runs = self._grown()
        pallets = self._packed(runs)
        self._carried(pallets)
        self._sold(pallets)

    def _grown(self) -> list[str]:
        """Seed to packing runs."""
        who, lot = self.who, self.lot
        seed, harvests = lot("SEED"), [lot(f"H{n}.") for n in range(4)]
        self.say(
            who["nursery"],
            1,
            "commissioning",
            action="ADD",
            quantityList=[self.weight(seed)],
            ilmd={"farm:variety": f"v{self.number % 12}", "farm:sown": "2014-02-01"},
        )
        self.made(who["nursery"], 900, "creating_class_instance", [lot("YOUNG")], [seed])
        for each in harvests:
            self.made(who["coop"], 200, "commissioning", [each], [lot("YOUNG")])
        for n in range(2):
            self.made(who["coop"], 5, "accepting", [lot(f"W{n}.")], harvests[2 * n : 2 * n + 2])
        for n in range(2):
            sorts = [lot(f"S{n}{grade}.") for grade in "AB"]
            self.made(who["packer"], 5, "inspecting", sorts, [lot(f"W{n}.")])
        self.made(who["store"], 9, "storing", [lot("ST")], [lot(f"S{n}A.") for n in range(2)])
        for _ in range(6):
            self._measured(who["store"], 24, "storing", quantityList=[self.weight(lot("ST"))])
        runs = [lot(f"R{n}.") for n in range(max(1, self.boxes // 1000))]
        self.made(who["packer"], 8, "picking", runs, [lot("ST")])
        return runs

    def _packed(self, runs: list[str]) -> list[tuple[str, list[str]]]:
        """Packing runs to boxes on pallets."""
        packer, pallets = self.who["packer"], []
        for first in range(0, self.boxes, PER_PALLET):
            boxes = [self.box(first + n) for n in range(PER_PALLET)]
            run = runs[first * len(runs) // self.boxes]
            self.say(
                packer,
                0.3,
                "packing",
                "Transformation",
                bizLocation={"id": place(packer)},
                inputQuantityList=[self.weight(run)],
                outputEPCList=boxes,
                ilmd={"farm:line": f"line {first % 7}"},
            )
            pallets.append((self.unit(), boxes))
            self.say(
                packer,
                0.1,
                "loading",
                "Aggregation",
                bizLocation={"id": place(packer)},
                action="ADD",
                disposition="in_progress",
                parentID=pallets[-1][0],
                childEPCs=boxes,
            )
        return pallets

    def _carried(self, pallets: list[tuple[str, list[str]]]) -> None:
        """All pallets ride together, with a logger."""
        who, self.ride = self.who, self.unit()
        names = [name for name, _ in pallets]
        order = {"type": "po", "bizTransaction": f"urn:epc:id:gdti:{PREFIX}.00002.{self.number}"}
        way = {
            "sourceList": [{"type": "possessing_party", "source": place(who["packer"])}],
            "destinationList": [
                {"type": "possessing_party", "destination": place(who["wholesale"])}
            ],
            "bizTransactionList": [order],
        }
        self.say(
            who["packer"], 1, "shipping", disposition="in_transit", epcList=names, gate="9", **way
        )
        self.say(
            who["carrier"],
            1,
            "loading",
            "Aggregation",
            action="ADD",
            parentID=self.ride,
            childEPCs=names,
        )
        for _ in range(8):
            self._measured(who["carrier"], 1, "transporting", epcList=[self.ride])
        self.say(
            who["carrier"],
            1,
            "unloading",
            "Aggregation",
            action="DELETE",
            parentID=self.ride,
            childEPCs=names,
        )
        self.say(
            who["wholesale"],
            1,
            "receiving",
            disposition="in_progress",
            epcList=names,
            gate="2",
            bizLocation={"id": place(who["wholesale"])},
            **way,
        )

    def _measured(self, party: str, hours: float, step: str, **of: Any) -> None:
        """A logger tells the temperature."""
        report = {
            "type": "Temperature",
            "value": round(self.random.uniform(0, 8), 1),
            "uom": "CEL",
            "deviceID": f"{LINK}/8004/{PREFIX}{party.replace('-', '')}",
        }
        sensors = [{"sensorReport": [report]}]
        self.say(party, hours, step, gate="7", sensorElementList=sensors, **of)

    def _sold(self, pallets: list[tuple[str, list[str]]]) -> None:
        """Pallets are opened, cages ride to shops, boxes are sold there."""
        seller, boxes = self.who["wholesale"], []
        here = {"bizLocation": {"id": place(seller)}}
        for name, inside in pallets:
            self.say(
                seller, 0.2, "unpacking", "Aggregation", action="DELETE", parentID=name, **here
            )
            boxes += inside
        for first in range(0, self.boxes, PER_CAGE):
            inside, cage = boxes[first : first + PER_CAGE], self.unit()
            shop = self.shops[first // PER_CAGE % len(self.shops)]
            there = {"bizLocation": {"id": place(shop)}}
            self.say(
                seller,
                0.1,
                "picking",
                "Aggregation",
                action="ADD",
                parentID=cage,
                childEPCs=inside,
                **here,
            )
            self.say(seller, 0.1, "shipping", disposition="in_transit", epcList=[cage], gate="9")
            self.say(shop, 0.2, "receiving", disposition="in_progress", epcList=[cage], **there)
            self.say(shop, 0.1, "unpacking", "Aggregation", action="DELETE", parentID=cage, **there)
            self.say(
                shop,
                0.1,
                "stocking",
                disposition="sellable_accessible",
                epcList=inside,
                **there,
            )
            for box in inside:
                self.say(
                    shop,
                    0.02,
                    "retail_selling",
                    action="DELETE",
                    disposition="retail_sold",
                    epcList=[box],
                    gate="5",
                )


def consignment(number: int, count: int) -> Consignment:
    """Return one of so many consignments; number 0 has `MANY` boxes.

    Parameters
    ----------
    number : int
        From 0 on; those from `count` on come after the others.
    count : int
    """
    between = (END - BEGIN - timedelta(days=90)) / count
    return Consignment(number, BEGIN + min(number, count) * between, BOXES if number else MANY)

"""Nothing that was switched on stays on: a node's outputs, while everything around them fails.

    python -m tests.faults.leases --seed 1 --rounds 10000

Each round is a life of a pump station of its own: orders that are dropped, doubled, delayed beyond
their time and reordered, foreign ones, rules, wind; clocks of server and node moved by a day, a
program that is stuck, a link that is away; resets, and power cut at any operation of the flash. The
node's own code decides (``firmware/actuators``, `lease_rig`), pins and what is said are watched:

- an output is never on beyond its lease's end and 1 s of uptime, never after a reset, never by an
  order that nobody gave, that came too late or twice;
- limits hold: longest time on, rest, time in a day, pump behind its valve, wind;
- every ON ends in proof or alarm, or with the node's start.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from firmware.wire import outputs, seal
from firmware.wire.outputs import Order
from tests.faults.lease_rig import (
    FLOW,
    KEY,
    MOIST,
    NODE,
    PRESSURE,
    SAFEGUARDS,
    WIND,
    BrokenError,
    PowerCut,
    Rig,
    missing,
)

TOPIC = f"nq/1/{NODE}/cmd"
OTHERS = "nq/1/pump-002/cmd"
HOUR_MS = 3_600_000
DAY_S = 86400


@dataclass
class Report:
    """What came of a campaign."""

    rounds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def told(self, seed: int) -> str:
        """Return it in a line."""
        what = ", ".join(f"{self.counts[name]:,} {name}" for name in sorted(self.counts))
        return (
            f"seed {seed}: {self.rounds:,} rounds: {what}; {len(self.faults)} faults; "
            f"{self.seconds:.0f} s"
        )


class Server:
    """Who gives orders, by what it heard last; its clock is set as it likes, its counter is not."""

    def __init__(self, chance: random.Random, rig: Rig) -> None:
        self.chance, self.rig = chance, rig
        self.seq = 0
        self.number = 0
        self.heard = (0, 0, 0)  # boot, uptime [s], when [ms]
        self.given: list[Order] = []
        self.way: list[tuple[int, int, bytes]] = []  # when it comes, its order, the message

    def hear(self) -> None:
        """The node's words arrive, or are lost."""
        if self.chance.random() < 0.7:
            for event in self.rig.events:
                newer = event.kind.startswith("output") and event.boot >= self.heard[0]
                if newer and self.chance.random() < 0.8:
                    self.heard = event.boot, event.detail[1], self.rig.now
            self.rig.events.clear()

    def order(self) -> None:
        """Give an order, or an old one again."""
        chance, rig = self.chance, self.rig
        self.seq += 1
        boot, uptime, when = self.heard
        valid = chance.choice([20, 60, 300])
        until = outputs.until(uptime, (rig.now - when) // 1000, valid)
        old = [each for each in self.given[-8:] if each.act == "on"]
        if old and chance.random() < 0.25:  # nobody answered: the same, under another number
            given = chance.choice(old)._replace(seq=self.seq, boot=boot or 1, until=until)
        else:
            self.number += 1
            given = self._new(boot or 1, until)
        self.given.append(given)
        if given.act == "on":
            rig.deadlines[given.seq] = rig.now + valid * 1000
        self.send(given)

    def _new(self, boot: int, until: int) -> Order:
        kind = self.chance.random()
        output = self.chance.randrange(len(self.rig.rows))
        if kind < 0.7:
            seconds = self.chance.choice([5, 30, 60, 200, 600, 3000])
            return outputs.on(self.seq, self.number, output, seconds, boot, until)
        if kind < 0.85:
            return outputs.off(self.seq, self.number, output, self.chance.random() < 0.3)
        if kind < 0.9:
            return outputs.all_off(self.seq, self.number)
        return outputs.auto(self.seq, self.number, [], boot, until)

    def send(self, given: Order) -> None:
        """Send it: it may be lost, doubled, late, or behind others."""
        message = seal.seal(KEY, 1, TOPIC, outputs.encode_order(given))
        for _ in range(self.chance.choice([0, 1, 1, 1, 2, 3])):
            late = self.chance.choice([0, 0, 300, 20_000, 400_000, 3 * HOUR_MS, 25 * HOUR_MS])
            self.way.append((self.rig.now + late + self.chance.randrange(500), given.id, message))

    def strange(self) -> bytes:
        """A message that is none of the node's."""
        order = outputs.on(1 << 30, 1 << 40, 0, 600, self.rig.boot, 1 << 30)
        body = outputs.encode_order(order)
        return self.chance.choice(
            [
                seal.seal(bytes(32), 1, TOPIC, body),
                seal.seal(KEY, 1, OTHERS, body),
                seal.seal(KEY, 2, TOPIC, body),
                seal.seal(KEY, 1, TOPIC, body[:-1]),
                body,
            ]
        )

    def deliver(self) -> None:
        """What has come by now is heard by the node."""
        here = [each for each in self.way if each[0] <= self.rig.now]
        self.chance.shuffle(here)
        for each in here:
            self.way.remove(each)
            given = outputs.decode_order(seal.open_(KEY, TOPIC, each[2])[1])
            if given.act == "on":
                self.rig.orders[given.id] = given
                # Sent again it may begin later; each message only until its own `until`.
            self.rig.control.hear(each[2])
            self.rig.look()


def station(chance: random.Random) -> tuple[list[Any], list[Any]]:
    """Make the outputs of a station and its rules: a valve, a pump behind it, a fan."""

    def limits(pin: int) -> dict[str, Any]:
        longest = chance.choice([60, 600, 3600])
        return {
            "driver": "relay",
            "pins": [pin],
            "longest_s": longest,
            "rest_s": chance.choice([0, 10, 120]),
            "day_s": longest * chance.choice([1, 3, 8]),
        }

    rows = [
        limits(18) | {"proof": [FLOW, 3, chance.choice([20, 100]), 0]},
        limits(19) | {"proof": [PRESSURE, 100, 20, 1], "behind": [0]},
        limits(23) | {"proof": [WIND, 1, 60, 2], "forbidden": [[WIND, -1000, 120]]},
    ]
    rules = [[0, MOIST, 200, 260], [1, MOIST, 190, 260], [2, WIND, 60, 40], [2, 127, 0, 600, 0]]
    return rows, [rule for rule in rules if chance.random() < 0.4]


def live(chance: random.Random, without: str | None) -> Rig:
    """Live through a round; `BrokenError` says what did not hold."""
    rig = Rig(chance, *station(chance), without)
    server = Server(chance, rig)
    long_one = chance.random() < 0.05
    for _ in range(chance.choice([20, 60])):
        try:
            _act(chance, rig, server)
            wait = chance.choice([100, 3000, 20_000, 200_000, HOUR_MS * 2 if long_one else 60_000])
            rig.pass_until(rig.now + chance.randrange(1, wait))
            server.deliver()
        except PowerCut:
            _power_returns(chance, rig)
    rig.flash.cut, rig.flash.is_full, server.way = None, False, []
    # The rules would go on for ever.
    rig.control.hear(_all_off(1 << 31))
    rig.pass_until(rig.now + 600_000)
    rig.settled()
    return rig


def _all_off(seq: int) -> bytes:
    return seal.seal(KEY, 1, TOPIC, outputs.encode_order(outputs.all_off(seq, seq)))


def _power_returns(chance: random.Random, rig: Rig) -> None:
    rig.reset()
    rig.now += chance.choice([0, 5000, HOUR_MS])
    while True:
        try:
            rig.start()
            return
        except PowerCut:
            rig.flash.cut = None


def _act(chance: random.Random, rig: Rig, server: Server) -> None:
    """One thing happens."""
    kind = chance.random()
    if kind < 0.5:
        server.hear()
        server.order()
    elif kind < 0.56:
        rig.flash.cut = chance.randrange(4)
    elif kind < 0.60:
        raise PowerCut
    elif kind < 0.66:
        rig.pass_until(rig.now + chance.choice([2000, 30_000, 110_000]), stuck=True)
    elif kind < 0.72:  # somebody sets the node's clock
        moved = chance.choice([None, 0, DAY_S, -DAY_S, chance.randrange(DAY_S)])
        rig.clock.offset = moved if moved is None else 1_459_468_800 + moved
    elif kind < 0.80:
        rig.values[WIND] = chance.choice([0, 50, 70, 150, missing()])
        rig.values[MOIST] = chance.choice([150, 180, 195, 230, 280, missing()])
    elif kind < 0.84:
        rig.dry = not rig.dry
    elif kind < 0.87:
        rig.flash.is_full = not rig.flash.is_full
    elif kind < 0.92:
        rig.control.hear(server.strange())
    else:
        server.hear()


def campaign(
    seed: int = 1, rounds: int = 100, *, without: str | None = None, most: int = 5
) -> Report:
    """Live through so many rounds, each from a seed of its own; return what was found."""
    report, began = Report(), time.monotonic()
    for number in range(rounds):
        report.rounds += 1
        try:
            rig = live(random.Random(f"{seed} {number}"), without)
            report.counts.update(rig.counts)
            report.counts["flash operations"] += rig.flash.operations
        except BrokenError as error:
            report.faults.append(f"round {number}: {error}")
            if len(report.faults) >= most:
                break
    report.seconds = time.monotonic() - began
    return report


def main() -> int:
    """Run from the command line; exit 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--without", choices=sorted(SAFEGUARDS), help="leave a safeguard out")
    options = parser.parse_args()
    report = campaign(options.seed, options.rounds, without=options.without)
    print(report.told(options.seed))
    for fault in report.faults:
        print(f"  {fault}")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())

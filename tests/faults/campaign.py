"""A fault campaign: parts fail at random while nodes report; then the books are balanced.

    python tests/faults/campaign.py --seed 1 --rounds 20

Everything is real: MicroPython nodes on emulated boards, Mosquitto (or rumqttd), two collectors,
PgBouncer with some seeds, PostgreSQL. In each round one to three things fail at once
(`tests.faults.kinds`), last a moment and end. At the end every frame that a node wrote to its flash
must be in the store exactly once, byte for byte, with every reading that it carries, and nothing
else, and new ones must come through as quickly as before. The nodes' journals, written beside their
flash, are the truth. `--without` leaves a safeguard out (`tests.faults.sabotage`), and must fail.

What is emulated: a disk that is late by stopping the database's processes again and again;
half-open connections by a proxy that hands nothing on and still answers the kernel's probes; a
machine's clock by a library that shifts it; a power cut by an ext4 on a file, of which only what
was written out is left. Full disks are file systems in memory that are filled. These take root, the
shifted clock a C compiler, Mosquitto and PgBouncer their packages; what is wanting is left out, and
said.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faults import books as keeping
from tests.faults.books import Books
from tests.faults.disks import Powered
from tests.faults.kinds import BROKER_LOSES, KINDS, PARTS, SPECIAL
from tests.faults.rig import FLOW_SECONDS, RATE, Rig, Setting
from tests.faults.sabotage import SAFEGUARDS
from tests.mosquitto import MOSQUITTO

SETTLE_SECONDS = 240.0
#: A node that has nobody for its frames waits longer and longer, and so long for a dead connection.
STILL_SECONDS = 150.0
LAG_SECONDS = 10.0
QUIET_SECONDS, WATCHED_SECONDS = 3.0, 10.0
#: A node that starts again sends what is in the segment that it was writing, of 16,000 bytes.
#: The newest frame of a node is not older, and its clock not further off [s of the machine].
OFF_SECONDS = 60.0
SEGMENT_FRAMES, SEGMENTS_DAYS = 160, 10.0
PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
Say = Callable[[str], None]


def setting_of(seed: int, kinds: Sequence[str], without: str | None) -> Setting:
    """Return how a seed puts the parts together."""
    return Setting(
        broker="mosquitto" if seed % 4 and Path(MOSQUITTO).exists() else "rumqttd",
        group=seed % 2 == 0,
        pooler=seed % 3 == 0 and PGBOUNCER is not None,
        once=not BROKER_LOSES & set(kinds),
        powered="power" in kinds,
        backlog_days=SAFEGUARDS[without].backlog_days if without else 0.5,
    )


def possible(rig: Rig, kinds: Sequence[str], say: Say) -> list[str]:
    """Return which kinds of faults can be had here; say which not, and why."""
    small = not isinstance(rig.disk, Powered) and rig.disk.is_small
    wanting = {
        "disk-full": None if small else "a small file system takes root",
        "state-full": None if rig.state.is_small else "a small file system takes root",
        "clock": None if rig.library is not None else "a shifted clock takes a C compiler",
    }
    for kind in kinds:
        if wanting.get(kind):
            say(f"left out: {kind}: {wanting[kind]}")
    return [kind for kind in kinds if not wanting.get(kind)]


def choose(kinds: Sequence[str], first: str, chance: random.Random, most: int) -> list[str]:
    """Return the kinds of a round: one, and up to `most` that do not touch its parts."""
    found, taken = [first], set(PARTS[first])
    for kind in chance.sample(list(kinds), len(kinds)):
        if len(found) < chance.randint(1, most) and not taken & PARTS[kind]:
            found.append(kind)
            taken |= PARTS[kind]
    return found


def flow(rig: Rig) -> None:
    """Wait until frames pass all the way, so that a fault meets parts that are at work."""
    begun = len(keeping.kept(rig.postgres.dsn))
    deadline = time.monotonic() + FLOW_SECONDS
    while len(keeping.kept(rig.postgres.dsn)) <= begun:
        rig.ended += rig.revive()
        if time.monotonic() > deadline:
            raise RuntimeError(f"no frame was stored for {FLOW_SECONDS:g} s")
        time.sleep(0.1)


def settle(rig: Rig, still: float) -> Books:
    """Wait until all that was written by now is stored, then compare."""
    dsn = rig.postgres.dsn
    if rig.once is not None:
        rig.once.stop()
    rig.ended += rig.revive()
    written = keeping.written(rig.journal)
    keeping.wait_until_kept(dsn, written, SETTLE_SECONDS, still)
    kept = keeping.kept(dsn)
    books = Books(len(written), missing=[f"{name}" for name in written if name not in kept])
    if not books.missing:
        books.lag_s = keeping.wait_until_kept(dsn, keeping.written(rig.journal), LAG_SECONDS)
        if books.lag_s >= LAG_SECONDS:
            books.slow = [f"new frames take more than {LAG_SECONDS:g} s"]
        off_s = OFF_SECONDS * RATE
        books.mistimed = _once_more(partial(keeping.mistimed, dsn, rig.fleet.nodes, off_s))
        books.resent = _resent(rig)
    rig.fleet.stop()
    known = keeping.written(rig.journal)
    kept = keeping.kept(dsn)
    books.altered = [f"{name}" for name in known if kept.get(name, known[name]) != known[name]]
    books.doubled = keeping.doubled(dsn)
    own = {name for name in kept if rig.once is not None and name[0] == rig.once.key.node}
    books.invented = [
        f"{name}"
        for name in kept.keys() - known.keys() - own  # it forgets what is not acknowledged
        if not keeping.torn(name, known)
    ]
    books.misread = _once_more(partial(keeping.misread, dsn))
    books.ended = rig.ended
    return books


def _once_more(ask: Callable[[], list[str]]) -> list[str]:
    """What is still wrong after a moment: a clock that was is not set right at once."""
    deadline = time.monotonic() + LAG_SECONDS
    while (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def _resent(rig: Rig) -> list[str]:
    """Frames that a node sends again after a start though it was told that these are stored.

    Some are right: it notes on flash only that all of a segment is.
    """
    if rig.setting.backlog_days < SEGMENTS_DAYS:
        return []
    time.sleep(QUIET_SECONDS)
    stored = set(keeping.kept(rig.postgres.dsn).values())
    one = rig.fleet.nodes[min(rig.fleet.nodes)]
    one.cut_power()
    one.start()
    again = sorted(stored & set(rig.repeater.listen(WATCHED_SECONDS)))
    return again if len(again) > SEGMENT_FRAMES else []


def campaign(
    seed: int,
    rounds: int,
    *,
    without: str | None = None,
    kinds: Sequence[str] | None = None,
    setting: Setting | None = None,
    most: int = 3,
    still: float = STILL_SECONDS,
    say: Say = print,
) -> tuple[Books, tuple[int, int]]:
    """Run a campaign and return the balanced or unbalanced books, and readings and conflicts."""
    chance = random.Random(seed)
    wanted = [kind for kind in kinds or KINDS if kinds or kind not in SPECIAL]
    folder = Path(tempfile.mkdtemp(prefix="nongqing-faults-"))
    folder.chmod(0o755)
    setting = setting or setting_of(seed, wanted, without)
    say(f"seed {seed}: {setting}")
    rig = Rig(folder, setting, without)
    done = False
    try:
        rig.start()
        wanted = possible(rig, wanted, say)
        order = chance.sample(wanted, len(wanted))
        for number in range(rounds):
            flow(rig)
            first = order[number] if number < len(order) else chance.choice(wanted)
            struck = choose(wanted, first, chance, most)
            begun = time.monotonic()
            ends = [KINDS[kind](rig, chance) for kind in struck]
            time.sleep(chance.uniform(0.2, 1.5))
            for end in ends:
                end()
            say(
                f"round {number + 1}/{rounds}: {', '.join(struck)} for "
                f"{time.monotonic() - begun:.1f} s; {len(keeping.written(rig.journal))} frames"
            )
            time.sleep(chance.uniform(0.2, 1.0))
        found = settle(rig, still)
        done = found.balanced or without is not None
        return found, keeping.readings(rig.postgres.dsn)
    finally:
        rig.stop()
        if done:
            shutil.rmtree(folder)
        else:
            say(f"what the parts said stays in {folder}")


def main() -> int:
    """Run from the command line; exit 1 when a frame was lost, altered or invented."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--most", type=int, default=3, help="most faults at once")
    parser.add_argument("--kind", action="append", choices=sorted(KINDS), help="only these")
    parser.add_argument("--without", choices=sorted(SAFEGUARDS), help="leave a safeguard out")
    parser.add_argument("--list-safeguards", action="store_true", help="name them, and end")
    parser.add_argument("--journal", type=Path, help="append a line of JSON with what was found")
    options = parser.parse_args()
    if options.list_safeguards:
        print("\n".join(sorted(SAFEGUARDS)))
        return 0
    kinds = options.kind or (SAFEGUARDS[options.without].kinds if options.without else None)
    books, (readings, conflicts) = campaign(
        options.seed, options.rounds, without=options.without, kinds=kinds, most=options.most
    )
    print(
        f"seed {options.seed}, {options.rounds} rounds: {books.written} frames written; "
        f"missing {len(books.missing)}, altered {len(books.altered)}, "
        f"doubled {len(books.doubled)}, invented {len(books.invented)}, with other readings "
        f"{len(books.misread)}, sent again {len(books.resent)}; "
        f"{len(books.mistimed)} nodes with a wrong clock; new ones within "
        f"{books.lag_s:.1f} s; {readings} readings, {conflicts} conflicts"
    )
    for name in books.wrong[:20]:
        print(f"  {name}")
    if options.journal is not None:
        line = {"seed": options.seed, "rounds": options.rounds, "without": options.without}
        with options.journal.open("a") as file:
            file.write(json.dumps(line | {"readings": readings} | vars(books)) + "\n")
    return 0 if books.balanced else 1


if __name__ == "__main__":
    sys.exit(main())

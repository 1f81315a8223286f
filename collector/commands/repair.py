"""The command `db repair`: dead letters that can be read by now, and boots at wrong times."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, moment, plain_errors
from collector.ingest.known_nodes import read_known_nodes
from collector.ingest.moving import Apart, MoveError, find_apart, move
from collector.ingest.repairing import REASONS, Repaired, repair
from collector.keys import load_master_key
from collector.store import audit
from collector.store.measured import misplaced
from collector.store.network import frames, letters
from collector.store.postgres.db import Connection, Pool

WHY = "most frames of its boot say so; nongqing db repair"


@dataclass
class _Work:
    """What is done, or would be, and for whom."""

    parts: Parts
    pool: Pool
    by: str | None
    letters: Repaired = field(default_factory=Repaired)
    moved: list[tuple[Apart, int]] = field(default_factory=list)
    stay: list[tuple[Apart, str]] = field(default_factory=list)

    def each(self, work: Callable[[Connection, Any, datetime], None]) -> None:
        """Do something in a transaction; where nobody asked for it to be done, undo it."""
        settings = self.parts.settings()
        master = load_master_key(settings.state_dir, settings.master_key)
        with self.pool.connection() as conn:
            work(conn, read_known_nodes(conn, master), self.parts.clock().now())
            if self.by is None:
                conn.rollback()

    def replay(self, node: str | None) -> None:
        """Take dead letters in, some hundred at a time."""
        after = 0
        while True:
            with self.pool.connection() as conn:
                found = letters.still_open(conn, REASONS, after, node=node)
            if not found:
                return
            after = found[-1].number

            def take(conn: Connection, known: Any, now: datetime) -> None:
                done = repair(conn, known, found, now)  # noqa: B023 - is called at once
                self.letters.add(done)
                if self.by and done.done:
                    told = {**done.done, "readings": done.readings, "by": self.by}
                    actor = by_command("db repair")
                    audit.append(conn, actor, "letters_replayed", node or "", told, at=now)

            self.each(take)

    def place(self, node: str, since: datetime | None) -> None:
        """Move frames of a node to where most of their boot's are."""
        folder = self.parts.settings().archive_folder
        with self.pool.connection() as conn:
            stored = misplaced.frames(conn, node, since=since, archive=folder)
        for one in find_apart(stored):
            there = [x for x in stored if x.id.boot_id == one.boot]
            there = [x for x in there if one.first <= x.id.seq <= one.last]

            def put(conn: Connection, known: Any, now: datetime) -> None:
                by, to_s = self.by or "?", one.most_say_s  # noqa: B023 - is called at once
                moved = move(conn, known, there, to_s, by=by, reason=WHY, at=now)  # noqa: B023
                self.moved.append((one, moved))  # noqa: B023
                if self.by:
                    told = {"boot": one.boot.boot, "readings": moved, "by": self.by}  # noqa: B023
                    told["reason"] = WHY
                    actor = by_command("db repair")
                    audit.append(conn, actor, "readings_moved", node, told, at=now)

            try:
                self.each(put)
            except MoveError as error:
                self.stay.append((one, str(error)))


@click.command("repair")
@click.option("--node", help="Only this node's.")
@click.option("--since", callback=moment, help="Boots: only frames received from then on.")
@click.option("--yes", is_flag=True, help="Do it; else it is only said what would be done.")
@click.option("--by", type=NAME, help="Who has it done; kept. Goes with --yes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def repair_(
    parts: Parts, node: str | None, since: datetime | None, yes: bool, by: str | None, as_json: bool
) -> None:
    """Take in dead letters that can be read by now, and move boots that stand at wrong times.

    After an update that reads more, or after a channel was given a place for the past. Boots are
    those of `nongqing clock misplaced`: frames that say another start than most of their boot go
    to that of most. Nothing is changed without --yes; what was done is not done again.

    \b
    Example:
      nongqing db repair
      nongqing db repair --yes --by "Li"
    """
    if yes != (by is not None):
        raise click.UsageError("--yes and --by belong together: say both, or none to look only")
    with plain_errors(), parts.store() as pool:
        work = _Work(parts, pool, by)
        work.replay(node)
        with pool.connection() as conn:
            nodes = [node] if node else sorted(frames.count_by_node(conn))
        for each in nodes:
            work.place(each, since)
    if as_json:
        told = {"done": yes, "letters": vars(work.letters)}
        told["moved"] = [{**_named(one), "readings": count} for one, count in work.moved]
        told["stay"] = [{**_named(one), "why": why} for one, why in work.stay]
        click.echo(json.dumps(told))
    else:
        click.echo("\n".join(_lines(work, yes)))


def _named(one: Apart) -> dict[str, Any]:
    return asdict(one) | {"boot": one.boot._asdict()}


def _lines(work: _Work, yes: bool) -> Iterator[str]:
    verb = "were" if yes else "would be"
    done, left = work.letters.done, work.letters.left
    readings = work.letters.readings
    yield f"dead letters that {verb} taken in: {done.total()}, with {readings} readings"
    yield from (f"  {reason}: {count}" for reason, count in sorted(done.items()))
    yield f"dead letters that stay: {left.total()}"
    yield from (f"  {why}: {count}" for why, count in left.most_common())
    yield f"runs of frames that {verb} moved: {len(work.moved)}"
    for one, count in work.moved:
        by_s = one.most_say_s - one.says_s
        yield f"  {_place(one)}: {count} readings by {by_s:+d} s"
    yield from (f"  {_place(one)}: stay: {why}" for one, why in work.stay)
    if not yes and (done or work.moved):
        yield 'nothing is changed yet; to do it: nongqing db repair --yes --by "NAME"'


def _place(one: Apart) -> str:
    return f"node {one.boot.node}, boot {one.boot.boot}, frames {one.first} to {one.last}"

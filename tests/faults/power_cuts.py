"""A node's power is cut before and in the middle of every write; then the books are balanced.

    python -m tests.faults.power_cuts --every 1 --seed 1

The real program of a node lives through a story (``tests/micropython/cuts/story.py``) under
MicroPython's Unix port, on littlefs2 over a NOR flash that notes every program and erase. Then the
node is started from what is on flash before each of them, and from what is there when it was half
done. `cut_books` says what must be found.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import cut_programs
from tests.faults.cut_books import Books
from tests.faults.cut_check import faults
from tests.faults.cut_safeguards import SAFEGUARDS

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "tests" / "micropython" / "cuts"
LAUNCH = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
HEAD = ">BHHH"
HEAD_BYTES = 7
ERASE, MARK = 2, 3
LENGTH = 10
STORIES = ("life", "update")
TWICE, WEAK = 4, 5  # ways of looks.py
CHUNK = 250  # operations that one MicroPython goes through
ABOUT = 8  # operations before and behind a mark
WAYS = {
    "program": ("its first bytes", "its first pages, bits of the next", "some of its bits"),
    "erase": ("a part, the rest random", "a part", "a part, the rest all 0"),
}


@dataclass
class Report:
    """What came of a campaign."""

    operations: int = 0
    images: int = 0
    started: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def told(self, every: int, seed: int) -> str:
        """Return it in a line."""
        return (
            f"seed {seed}, every {every}: {self.operations} operations, {self.images} images, "
            f"{self.started} of them started; {len(self.faults)} faults; {self.seconds:.0f} s"
        )


@dataclass(frozen=True)
class Operation:
    """A program or an erase, and the marks between the one before it and itself."""

    marks: list[list[Any]]
    kind: str
    place: str


def program(folder: Path, without: str | None) -> Path:
    """Copy the node's program into `folder`, without a safeguard; return where it is."""
    for room in ("wire", "node", "sensors", "actuators"):
        shutil.copytree(ROOT / "firmware" / room, folder / "firmware" / room)
    shutil.copy(ROOT / "firmware" / "__init__.py", folder / "firmware")
    shutil.copytree(SCRIPTS, folder / "scripts")
    if without:
        name, old, new, *_ = SAFEGUARDS[without]
        text = (folder / name).read_text()
        if text.count(old) != 1:
            raise ValueError(f"{name}: the text of {without!r} is there {text.count(old)} times")
        (folder / name).write_text(text.replace(old, new))
    return folder


def micropython(where: Path, script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a script of ours under MicroPython, with the node's program below `where`."""
    command = [sys.executable, "-c", LAUNCH, "-X", "heapsize=4m", str(where / "scripts" / script)]
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        env={"MICROPYPATH": f"{where / 'scripts'}:{where}:.frozen", "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tell(where: Path, story: str, length: int) -> None:
    """Let the node live through a story; what its flash did goes to the file `journal`."""
    cut_programs.make(where / "programs")
    process = micropython(where, "story.py", where, story, length)
    said = "".join(process.communicate())
    if process.returncode:
        raise RuntimeError(f"the story did not come to its end:\n{said}")


def operations(journal: Path) -> list[Operation]:
    """Read a journal; the last operation is none, behind it nothing happens."""
    data, at, marks, rows = journal.read_bytes(), 0, [], []
    while at < len(data):
        kind, block, offset, size = struct.unpack_from(HEAD, data, at)
        at += HEAD_BYTES
        if kind == MARK:
            mark = json.loads(data[at : at + size])
            marks += [mark] if mark[0] != "flash" else []
        elif marks or rows:
            name = "erase" if kind == ERASE else "program"
            rows.append(Operation(marks, name, f"block {block}, {size} bytes at {offset}"))
            marks = []
        at += size
    return [*rows, Operation(marks, "end", "")]


def looks(where: Path, first: int, last: int, every: int, seed: int) -> Iterator[Any]:
    """Start the node from what is on flash at operations; give each row that looks.py says."""
    process = micropython(where, "looks.py", where, first, last, every, seed)
    assert process.stdout is not None
    other = []  # files left open by a start whose power was cut are closed loudly
    try:
        for line in process.stdout:
            if line.startswith("["):
                yield json.loads(line)
            else:
                other.append(line)
        raise RuntimeError("looks.py: ended early\n" + "".join(other[-20:]))
    finally:
        process.kill()
        process.communicate()


def balance(
    rows: list[Operation], said: Iterator[Any], first: int, last: int, every: int
) -> Iterator[tuple[bool, str | None]]:
    """Compare what was found at operations with the books; give of each whether the node was
    started for it, and what is wrong."""
    books, base = Books(), None
    for number, row in enumerate(rows[:last]):
        if number < first or (number - first) % every:
            for mark in row.marks:
                books.mark(*mark)
            continue
        for way in (0,) if row.kind == "end" else (0, 1, 2, 3, TWICE, WEAK):
            at, told_way, found = next(said)
            assert (at, told_way) == (number, way), (at, told_way, number, way)
            was_started = found is not None
            if way in (TWICE, WEAK) and not was_started:
                continue
            found = found or base
            name = f"operation {number}, {row.kind} of {row.place}"
            if way == 0:
                base = found
                wrong = faults(books, found)
                for mark in row.marks:  # power may go behind each of them
                    books.mark(*mark)
                    wrong = wrong or faults(books, found)
            elif way == TWICE:
                name += ", and again in the start after it"
                wrong = faults(books, found)
            elif way == WEAK:
                name += ", done, and the data before it do not hold"
                wrong = faults(books, found, is_weak=True)
            else:
                name += f", half done ({WAYS[row.kind][way - 1]})"
                wrong = faults(books, found)
            yield was_started, f"{name}: {wrong[0]}" if wrong else None


def parts(rows: list[Operation], near: str | None) -> list[tuple[int, int]]:
    """Return the first of the operations of each part, and the first that is none of it."""
    if near is None:
        return [(at, min(at + CHUNK, len(rows))) for at in range(0, len(rows), CHUNK)]
    found: list[tuple[int, int]] = []
    for number, row in enumerate(rows):
        if any(mark[0] == near for mark in row.marks):
            first = max(number - ABOUT, found[-1][1] if found else 0)
            found.append((first, min(number + ABOUT, len(rows))))
    return found


def campaign(
    every: int = 1,
    seed: int = 1,
    *,
    story: str = "life",
    length: int = LENGTH,
    without: str | None = None,
    near: str | None = None,
    most_faults: int = 20,
    workers: int = 2,
) -> Report:
    """Tell the story, cut its power at every `every`-th operation, return what was found.

    With `near`, at those alone that lie about a mark of this name.
    """
    began = time.monotonic()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="nongqing-cuts-") as name:
        where = program(Path(name), without)
        tell(where, story, length)
        rows = operations(where / "journal")
        report.operations = len(rows) - 1

        def part(bounds: tuple[int, int]) -> None:
            if len(report.faults) >= most_faults:
                return
            first, last = bounds
            # the first one of each part is another one with each seed
            first += (seed + first // CHUNK) % every
            said = looks(where, first, last, every, seed)
            for was_started, fault in balance(rows, said, first, last, every):
                report.images += 1
                report.started += was_started
                if fault:
                    report.faults.append(fault)
                if len(report.faults) >= most_faults:
                    break
            said.close()

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(part, parts(rows, near)))
    report.seconds = time.monotonic() - began
    return report


def main() -> int:
    """Run from the command line; exit 1 when a node did not start, or lost or made up something."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="of the operations, every n-th")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--story", choices=STORIES, help="one of them alone")
    parser.add_argument("--length", type=int, default=LENGTH)
    parser.add_argument("--without", choices=sorted(SAFEGUARDS), help="leave a safeguard out")
    options = parser.parse_args()
    is_whole = True
    for story in [options.story] if options.story else STORIES:
        report = campaign(
            options.every,
            options.seed,
            story=story,
            length=options.length,
            without=options.without,
        )
        print(f"{story}: {report.told(options.every, options.seed)}", flush=True)
        for fault in report.faults:
            print(f"  {fault}")
            is_whole = False
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())

"""What the pages cost: bytes, time on slow lines, questions to the database, readers at once.

One run: 3,000 villages with 10,000 fields, twelve answers in each village with seven days ahead, on
an embedded PostgreSQL, and the real server as a process of its own; a headless Chromium through a
line of 150 ms and 1.6 Mbit/s, and one of 400 ms and 400 kbit/s. The pages of technicians are
measured with 10,000 nodes and with a hundred, and so is the job that issues advice by the hour
(these alone: `web.py staff`). Prints each figure beside its bar; exit code 1 when a bar is missed.
"""

from __future__ import annotations

import importlib.util
import logging
import multiprocessing
import os
import shutil
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg2.extensions

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent))  # what the fixtures import

from _advice import advice  # noqa: E402 - of this folder
from _readers import Found, read  # noqa: E402
from _shaped import Line  # noqa: E402
from _staff import staff  # noqa: E402
from _web_world import FIELDS, VILLAGES, fill  # noqa: E402

from collector.one_machine.embedded import EmbeddedPostgres  # noqa: E402
from collector.store.postgres import db  # noqa: E402
from webapp import create_app  # noqa: E402
from webapp.app import server as web_server  # noqa: E402

PAGE = "/v/v-1"
ROLES = ("farmer", "agent", "officer")
#: The world from which growth is told: villages, and fields with a node each.
SMALL = 30, 100
READERS, SECONDS, ROUNDS = 50, 4.0, 3
FIRST_KB, VISIT_KB, REPEAT_KB = 14.0, 60.0, 3.0
QUERIES, STATIC_SHARE, TIMES_FLOOR = 6, 0.15, 1.5
#: Readers of slow pages at once, and how many times as long the others may wait for theirs.
SLOW_READERS, SLOWER = 6, 3.0
START_MS, FIRST_START_MS = 150.0, 1500.0
#: Server time of the officers' desk [ms].
REGION_QUERIES, REGION_KB = 8, 60.0
#: Round trip [s] and width [bit/s].
LINES = ((0.150, 1.6e6), (0.400, 400e3))
#: Opening the connection, the page, the sheet that it cannot be painted without.
ROUND_TRIPS = 3
QUIET_S = 4.0
LCP = """() => new Promise(done => new PerformanceObserver(list =>
    done(list.getEntries().pop().startTime)).observe({type: 'largest-contentful-paint',
    buffered: true}))"""


def module(path: Path) -> ModuleType:
    """Load a module of the tests, which are no package."""
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


class Clock:
    """A clock that stands still."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def spec(self) -> str:
        return "fixed"

    def real_seconds(self, seconds: float) -> float:
        return seconds


class Counting(psycopg2.extensions.cursor):
    """A cursor that counts what is sent to the database."""

    sent: Counter[str] = Counter()

    def execute(self, query: Any, params: Any = None) -> None:
        self.sent["all"] += 1
        super().execute(query, params)


def say(name: str, figure: str, bar: str, good: bool) -> bool:
    """Print a figure beside its bar."""
    print(f"{name:<58} {figure:>16}   bar {bar:<12} {'ok' if good else 'MISSED'}", flush=True)
    return good


def at_most(name: str, figure: float, bar: float, unit: str = "", digits: int = 1) -> bool:
    """Print a figure that must not be above its bar."""
    return say(name, f"{figure:.{digits}f} {unit}", f"<= {bar:g} {unit}", figure <= bar)


def serve(dsn: str, at: datetime, folder: str, ready: Any) -> None:
    """Serve the pages as `nongqing web` does, until this process is ended."""
    people = module(TESTS / "webapp/people.py")
    app = create_app(db.Pool(dsn), Clock(at))
    app.static_folder = folder
    cookies = {}
    for role in (*ROLES, "technician"):
        cookie = people.cookie_of(people.client_of(app, role))
        cookies[role] = f"{cookie['name']}={cookie['value']}"
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = web_server.make_server(app, "127.0.0.1", 0)
    ready.send((server.effective_port, cookies))
    web_server.serve(server)


@contextmanager
def served(dsn: str, at: datetime, folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A server in a process of its own: its port and the cookies of people of each role."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(dsn, at, str(folder), there)
    )
    process.start()
    try:
        port, cookies = here.recv()
        yield port, cookies
    finally:
        process.terminate()
        process.join()


def weigh(dsn: str, at: datetime) -> bool:
    """Bytes of the first answer, and questions to the database for each kind of reader."""
    people = module(TESTS / "webapp/people.py")
    app = create_app(db.Pool(dsn), Clock(at))
    good = True
    for lang in ("zh", "en"):
        for coding in ("gzip", "br"):
            asked = {"Accept-Encoding": coding}
            answer = app.test_client().get(f"{PAGE}?lang={lang}", headers=asked)
            assert answer.headers["Content-Encoding"] == coding
            name = f"first answer, {lang}, {coding}"
            good &= at_most(name, len(answer.data) / 1024, FIRST_KB, "KB")
    with app.pool.connection() as conn:
        conn.cursor_factory = Counting
    clients = {"nobody": app.test_client()}
    clients |= {role: people.client_of(app, role) for role in ROLES}
    for name, client in clients.items():
        Counting.sent.clear()
        assert client.get(PAGE).status_code == 200
        good &= at_most(
            f"questions for a village page, {name}", Counting.sent["all"], QUERIES, "", 0
        )
    start = time.perf_counter()
    assert clients["nobody"].get("/").status_code == 200
    first = 1000 * (time.perf_counter() - start)
    later = []
    for _ in range(10):
        start = time.perf_counter()
        clients["nobody"].get("/")
        later.append(1000 * (time.perf_counter() - start))
    good &= at_most(f"start page, {VILLAGES} villages, first", first, FIRST_START_MS, "ms", 0)
    good &= at_most("start page, later", statistics.median(later), START_MS, "ms", 0)
    clients["officer"].get("/region?ahead=-1")  # the first in an hour is written down: three more
    Counting.sent.clear()
    region = clients["officer"].get("/region?ahead=-1", headers={"Accept-Encoding": "br"})
    asked = Counting.sent["all"]
    good &= at_most("/region, questions to the database", asked, REGION_QUERIES, "", 0)
    good &= at_most("/region, packed", len(region.data) / 1024, REGION_KB, "KB")
    app.pool.close()
    return good


def crowd(port: int, cookies: dict[str, str]) -> bool:
    """Fifty readers of all villages beside fifty of a file; then readers beside slow pages."""
    villages = [f"/v/v-{1 + 7 * n % VILLAGES}" for n in range(VILLAGES)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as others:

        def run(paths: list[str], readers: int, seconds: float = SECONDS, who: str = "") -> Any:
            return others.submit(read, port, paths, readers, seconds, cookies.get(who, ""))

        run(villages, READERS, 2 * SECONDS).result()  # the database has its pages in memory then
        ratios, pages, files = [], [], []
        for _ in range(ROUNDS):
            pages.append(run(villages, READERS).result())
            files.append(run(["/static/page.html"], READERS).result())
            ratios.append(pages[-1].rate / files[-1].rate)
        assert all(set(found.statuses) == {200} for found in pages + files)
        signed: dict[str, Found] = {
            role: run(villages, READERS, who=role).result() for role in ROLES
        }
        alone = run(villages, 4).result()
        slow = run(["/skill"], SLOW_READERS, 2.5 * SECONDS, "officer")
        beside = run(villages, 4, 2 * SECONDS).result()
        slows = slow.result()

    def middle(found: list[Found], what: str) -> float:
        return statistics.median(getattr(each, what) for each in found)

    print(f"{'village pages':<58} {middle(pages, 'rate'):>14.0f} / s")
    print(f"{'a file of the same size':<58} {middle(files, 'rate'):>14.0f} / s")
    for name, found in ({"nobody": pages[0]} | signed).items():
        print(
            f"{f'village page, {READERS} readers, {name}':<58} {found.rate:>14.0f} / s"
            f"   median {found.share(0.5):.0f} ms, p95 {found.share(0.95):.0f} ms"
        )
    share = statistics.median(ratios)
    good = say(
        "village pages, of the file", f"{share:.3f}", f">= {STATIC_SHARE}", share >= STATIC_SHARE
    )
    print(f"{'/skill answered beside, by status':<58} {slows.statuses!s:>16}")
    print(
        f"{'village page beside slow ones, p95':<58} {beside.share(0.95):>13.0f} ms"
        f"   alone {alone.share(0.95):.0f} ms"
    )
    ratio = beside.share(0.5) / alone.share(0.5)
    return good & at_most("village page beside slow ones, times its own", ratio, SLOWER)


def visit(port: int, rtt: float, bandwidth: float) -> bool:
    """The first visit of a phone on a slow line, and the second."""
    browser_fixtures = module(TESTS / "browser/conftest.py")
    from playwright.sync_api import sync_playwright

    name = f"{1000 * rtt:.0f} ms, {bandwidth / 1e3:.0f} kbit/s"
    paints, firsts, again, floor = [], [], [], 0.0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(browser_fixtures.CHROMIUM), args=browser_fixtures.ARGUMENTS
        )
        own = _paint_without_a_line(browser, port)
        for number in range(ROUNDS + 2):
            with Line(port, rtt, bandwidth).open() as line:
                context = browser.new_context(
                    viewport={"width": 360, "height": 740}, base_url=f"http://127.0.0.1:{line.port}"
                )
                page = context.new_page()
                sizes = {}
                page.on("response", lambda r, sizes=sizes: sizes.update({r.url: r}))
                page.goto(PAGE)
                paints.append(page.evaluate(LCP))
                needed = [r for url, r in sizes.items() if url.endswith(PAGE) or ".css" in url]
                weight = sum(
                    r.request.sizes()["responseBodySize"] + r.request.sizes()["responseHeadersSize"]
                    for r in needed
                )
                floor = 1000 * (ROUND_TRIPS * rtt + 8 * weight / bandwidth)
                if number >= ROUNDS:  # bytes are the same each time; two visits tell
                    firsts.append(_quiet(line))
                    page.close()
                    line.down = 0
                    page = context.new_page()
                    page.goto(PAGE)
                    again.append(_quiet(line))
                context.close()
        browser.close()
    print(f"{f'floor at {name}':<58} {floor:>13.0f} ms")
    print(f"{'largest paint without a line: this machine alone':<58} {own:>13.0f} ms")
    lcp = statistics.median(paints)
    print(f"{f'largest paint at {name}':<58} {lcp:>13.0f} ms   all {[round(p) for p in paints]}")
    good = at_most(f"largest paint at {name}, of the floor", lcp / floor, TIMES_FLOOR, "", 2)
    good &= at_most(f"whole first visit at {name}", max(firsts) / 1024, VISIT_KB, "KB")
    return good & at_most(f"second visit at {name}", max(again) / 1024, REPEAT_KB, "KB")


def _paint_without_a_line(browser: Any, port: int) -> float:
    """The largest paint [ms] with nothing in between, at the third visit of a fresh browser."""
    lcp = 0.0
    for _ in range(3):
        page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
        page.goto(f"http://127.0.0.1:{port}{PAGE}")
        lcp = page.evaluate(LCP)
        page.context.close()
    return lcp


def _quiet(line: Line) -> int:
    """Bytes that came down a line until it was quiet."""
    before, since = line.down, time.monotonic()
    while time.monotonic() - since < QUIET_S:
        time.sleep(0.1)
        if line.down != before:
            before, since = line.down, time.monotonic()
    return before


def made(dsn: str, seed: ModuleType, villages: int, fields: int) -> None:
    """Make a world in an empty database."""
    conn = db.connect(dsn)
    db.migrate(conn)
    start = time.perf_counter()
    fill(conn, seed, villages, fields)
    conn.close()
    print(f"{villages} villages, {fields} fields and nodes, {os.cpu_count()} processors;", end=" ")
    print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)


def second(dsn: str, name: str) -> str:
    """Make a second database on the same server, and return its connection string."""
    conn = db.connect(dsn)
    conn.autocommit = True
    conn.cursor().execute(f"CREATE DATABASE {name}")
    conn.close()
    return psycopg2.extensions.make_dsn(dsn, dbname=name)


def measure(dsn: str, folder: Path) -> bool:
    """Measure on an empty database; tell whether every bar is met."""
    seed = module(TESTS / "webapp/seed.py")
    static = folder / "static"
    shutil.copytree(TESTS.parent / "webapp/static", static)
    small = second(dsn, "nongqing_small")
    made(small, seed, *SMALL)
    made(dsn, seed, VILLAGES, FIELDS)
    good = staff((dsn, small), seed.NOW, static, served, say)
    if "staff" not in sys.argv[1:]:
        good &= village(dsn, seed.NOW, static)
    pool = db.Pool(dsn)
    good &= advice(pool, seed.NOW, at_most)
    pool.close()
    return good


def village(dsn: str, at: datetime, static: Path) -> bool:
    """Measure the page of a village; tell whether every bar is met."""
    good = weigh(dsn, at)
    app = create_app(db.Pool(dsn), Clock(at))
    (static / "page.html").write_bytes(app.test_client().get(PAGE).data)
    app.pool.close()
    with served(dsn, at, static) as (port, cookies):
        for rtt, bandwidth in LINES:
            good &= visit(port, rtt, bandwidth)
        good &= crowd(port, cookies)
    return good


def main() -> int:
    """Run on an embedded PostgreSQL."""
    with module(TESTS / "conftest.py").open_folder() as folder:
        server = EmbeddedPostgres(folder)
        try:
            return 0 if measure(server.start(), folder) else 1
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())

"""What the pages of staff cost: with 10,000 nodes and fields, and how that grew from a hundred."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from _readers import read

#: Address of a page, who opens it, and the most that it may take [ms].
PAGES = {
    "/nodes": ("technician", 150.0),
    "/nodes?order=route": ("technician", 150.0),
    "/nodes?q=n-99&county=410922": ("technician", 150.0),
    "/nodes?cause=battery_falling&page=3": ("technician", 150.0),
    "/nodes/n-20": ("technician", 150.0),
    "/status": ("technician", 250.0),
    "/metrics": ("technician", 250.0),
    "/desk": ("officer", 250.0),
    "/region?ahead=-1": ("officer", 150.0),
    "/region?ahead=-1&county=410922": ("officer", 150.0),
    "/watch": ("officer", 250.0),
}
GROWTH, METRICS_KB, SECONDS = 8.0, 16.0, 3.0
FILE = "/static/staff.html"


def medians(port: int, cookies: dict[str, str]) -> dict[str, float]:
    """The median time [ms] of each page for one reader, one page after the other."""
    found = {}
    for path, (role, _) in (PAGES | {FILE: ("technician", 0.0)}).items():
        asked = read(port, [path], 1, SECONDS, cookies[role])
        assert set(asked.statuses) == {200}, (path, asked.statuses)
        found[path] = asked.share(0.5)
    return found


def staff(worlds: tuple[str, str], at: datetime, folder: Path, served: Any, say: Any) -> bool:
    """Measure a large world and a small one; tell whether every bar is met.

    Parameters
    ----------
    worlds
        Connection strings of the large and the small one.
    at
        Time of the worlds.
    folder
        Static files; the page of all nodes is put there as a file to compare with.
    served, say
        The bench's own: a server of its own process; a figure beside its bar.
    """
    times: list[dict[str, float]] = []
    size = 0
    for dsn in worlds:
        with ExitStack() as stack:
            port, cookies = stack.enter_context(served(dsn, at, folder))
            cookie = cookies["technician"]
            if not times:
                page = _body(port, "/nodes", cookie)
                (folder / "staff.html").write_bytes(page)
                size = len(_body(port, "/metrics", cookie))
            times.append(medians(port, cookies))
    good = True
    large, small = times
    for path, (_, bar) in PAGES.items():
        beside = f"file {large[FILE]:.1f} ms, small world {small[path]:.1f} ms"
        name = f"{path}, one reader ({beside})"
        good &= say(name, f"{large[path]:.1f} ms", f"<= {bar:g} ms", large[path] <= bar)
        growth = large[path] / small[path]
        good &= say(f"{path}, growth", f"{growth:.2f}", f"<= {GROWTH:g}", growth <= GROWTH)
    name = "/metrics with 10,000 nodes"
    return good & say(
        name, f"{size / 1024:.1f} KB", f"<= {METRICS_KB:g} KB", size <= 1024 * METRICS_KB
    )


def _body(port: int, path: str, cookie: str) -> bytes:
    conn = HTTPConnection("127.0.0.1", port)
    conn.request("GET", path, headers={"Cookie": cookie})
    answer = conn.getresponse()
    assert answer.status == 200, (path, answer.status)
    body = answer.read()
    conn.close()
    return body

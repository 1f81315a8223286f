"""The demonstration's people: one for each role, who come in by links printed at its start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collector.permissions import ROLES
from collector.store import people
from collector.store.postgres import db

#: Where each role holds; the others hold in the whole city.
WHERE = {"agent": ("village", "qf-liuge"), "officer": ("county", "410922")}
NAMES = {
    "farmer": "演示农户",
    "agent": "演示村级信息员",
    "technician": "演示技术员",
    "officer": "演示农技干部",
    "inspector": "演示监管人员",
    "administrator": "演示管理员",
}


def links(pool: db.Pool, at: datetime) -> Iterator[tuple[str, str]]:
    """Yield each role and the path that signs its person in once, made now.

    Parameters
    ----------
    pool : Pool
    at : datetime
        The machine's time, aware: sessions do not live on the demonstration's clock.
    """
    for role in ROLES:
        with pool.connection() as conn:
            name = f"demo-{role}"
            person = people.find(conn, username=name)
            if person is None:
                person = people.add(conn, NAMES[role], at, username=name)
                people.grant(conn, person, role, *WHERE.get(role, ("city", "")), at, "demo")
            token = people.make_link(conn, person, at)
        yield role, people.LINK_PATH + token

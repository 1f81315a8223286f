"""The page on other makers' devices: its commands and messages, run with the real parts."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from collector.commands.network.devices import device_group
from collector.ingest.broker import MqttLink
from collector.ingest.service import started
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load
from tests.collector.conftest import MASTER, NOW, FixedClock, Parts
from tests.mosquitto import mosquitto
from tests.paths import ROOT
from webapp import create_app

PAGE = (ROOT / "docs" / "third-party-devices.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WAIT_S = 20


def matches(said: str, page: str) -> bool:
    """Compare what was printed with the page, on which … stands for anything."""
    parts = [re.escape(part) for part in page.strip().split("…")]
    return re.fullmatch(".*".join(parts), said.strip(), re.DOTALL) is not None


class Reader:
    """Does what the page says."""

    def __init__(self, dsn: str, link: MqttLink) -> None:
        self.dsn, self.link = dsn, link
        self.parts = Parts(dsn)
        self.app = create_app(db.Pool(dsn), FixedClock())
        self.token = self.number = ""

    def console(self, text: str) -> None:
        for part in re.split(r"^\$ nongqing device ", text, flags=re.MULTILINE)[1:]:
            line, _, wanted = part.partition("\n")
            words = shlex.split(line.replace("NUMBER", self.number))
            said = CliRunner().invoke(device_group, words, obj=self.parts)
            assert matches(said.output, wanted), f"{line}\n{said.output}{said.exc_info}"
            assert said.exit_code == 0, line
            token, number = (
                re.search(pattern, said.output) for pattern in (r"Bearer (\S+)", r"number (\d+)")
            )
            self.token = token[1] if token else self.token
            self.number = number[1] if number else self.number

    def publish(self, topic: str, payload: bytes) -> None:
        before = self.kept()
        self.link.publish(topic, payload)
        until = time.monotonic() + WAIT_S
        while self.kept() == before:
            assert time.monotonic() < until, topic
            time.sleep(0.02)

    def post(self, text: str) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.app.test_client().post("/uplinks?event=up", data=text, headers=headers)
        assert answer.status_code == 200, answer.text

    def kept(self) -> int:
        return self.rows("SELECT count(*)::int FROM external_message")[0][0]

    def rows(self, statement: str) -> list[tuple[int, ...]]:
        with self.parts.store() as pool, pool.connection() as conn, conn.cursor() as cur:
            cur.execute(statement)
            return cur.fetchall()


@contextmanager
def reading(dsn: str, folder: Path) -> Iterator[Reader]:
    conn = db.connect(dsn)
    with conn:
        registry.import_configs(conn, load(site="demo"), NOW - timedelta(days=1))
    conn.close()
    pool = db.Pool(dsn)
    with mosquitto(folder, "allow_anonymous true") as port:
        url = f"mqtt://127.0.0.1:{port}"
        link = MqttLink(url, lambda message: None)
        with started(pool, MASTER, FixedClock(), url) as (_, listening):
            link.start()
            assert listening.subscribed.wait(WAIT_S)
            assert link.subscribed.wait(WAIT_S)
            reader = Reader(dsn, link)
            try:
                yield reader
            finally:
                link.stop()
                reader.app.pool.close()
    pool.close()


def test_the_page_says_what_happens(dsn: str, tmp_path: Path) -> None:
    kinds = [kind for kind, _, _ in BLOCKS]
    assert kinds.count("console") >= 6
    assert {"mqtt", "cbor", "uplink"} <= set(kinds)
    with reading(dsn, tmp_path) as reader:
        for kind, where, text in BLOCKS:
            if kind == "console":
                reader.console(text)
            elif kind == "mqtt":
                reader.publish(where, text.encode())
            elif kind == "cbor":
                reader.publish(where, bytes.fromhex(text))
            elif kind == "uplink":
                reader.post(text)
            else:
                pytest.fail(f"nobody runs blocks of {kind}")
        found = reader.rows(
            "SELECT s.placement, r.value::float8 FROM reading r "
            "JOIN series s ON s.id = r.series_id ORDER BY s.placement, r.time"
        )
    assert found == [
        ("qf-liuge-1-gauge-7-1", 21.5),
        ("qf-liuge-1-gauge-7-1", 21.75),
        ("qf-liuge-1-gauge-7-1", 22.5),
        ("qf-liuge-1-gauge-7-2", 60.0),
        ("qf-liuge-1-rain-5-1", pytest.approx(1.0)),
        ("qf-liuge-1-tb-3-1", 14.5),
    ]

"""What the workbench is handed by the web: labels and the self-test of nodes, as commands."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from click.testing import CliRunner
from flask.testing import FlaskClient
from PIL import Image

import nongqing
from tests.webapp.conftest import FixedClock, make_app, seed_module
from tests.webapp.people import client_of
from webapp.views.trace import label

HOME = "https://nongqing.example"
ADDRESS = f"{HOME}/nodes/qf-001/commission"
Run = Callable[..., Any]


class Parts(nongqing.Parts):
    """The front door's own, at a fixed time."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def clock(self) -> Any:
        return FixedClock(self.at)


@pytest.fixture
def run(seeded_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NONGQING_DSN", seeded_dsn)
    monkeypatch.delenv("NONGQING_URL", raising=False)

    def invoke(*arguments: str, at: datetime = seed_module.NOW) -> Any:
        return CliRunner().invoke(nongqing.main, ["node", *arguments], obj=Parts(at))

    return invoke


def read(picture: Image.Image) -> list[str]:
    return [each.text for each in zxingcpp.read_barcodes(picture.convert("L"))]


def test_a_label_as_a_picture(run: Run, tmp_path: Path) -> None:
    result = run("label", "qf-001", "--out", "qf-001.png", "--url", HOME)
    assert result.output == f"qf-001.png: 标签 | labels: qf-001 ({HOME})\n"
    with Image.open(tmp_path / "qf-001.png") as picture:
        assert picture.size == (480, 320)
        assert read(picture) == [ADDRESS]


def test_the_code_is_the_one_that_the_web_shows(
    run: Run, seeded_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NONGQING_URL", "http://localhost")
    run("label", "qf-001", "--out", "qf-001.svg")
    drawn = ET.fromstring((tmp_path / "qf-001.svg").read_text())
    assert (drawn.get("width"), drawn.get("height")) == ("60mm", "40mm")
    paths = [each.get("d") for each in drawn.iter() if each.tag.endswith("path")]
    words = [each.text for each in drawn.iter() if each.tag.endswith("text")]
    assert words[:2] == ["qf-001", "柳格示范村"]
    sizes = [float(each.get("font-size", "")) for each in drawn.iter() if each.tag.endswith("text")]
    assert sizes[1] == 3
    assert sizes[2] < 2, "a long name is made smaller until it has room"
    app = make_app(seeded_dsn)
    client: FlaskClient = client_of(app, "technician")
    assert f'd="{paths[0]}"' in client.get("/nodes/qf-001/label").text
    app.pool.close()


def test_labels_on_sheets_of_a4(run: Run, tmp_path: Path) -> None:
    names = ["qf-001", "qf-002", "py-001"] * 8
    result = run("label", *names, "--out", "all.pdf", "--url", HOME)
    assert result.exit_code == 0, result.output
    pdf = (tmp_path / "all.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 2
    assert b"[ 0 0 595." in pdf.replace(b"MediaBox [0", b"MediaBox [ 0")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "a.jpg"], " | no label is made of that kind; end its name with .svg, .png"),
        (
            ["qf-002", "--out", "a.png", "--url", HOME],
            " | holds one label, and 2 nodes are named; write sheets of A4 with --out a.pdf",
        ),
        (["--out", "a.svg"], " | the address of the web is not known; give it: --url https://"),
        (["--out", "a.svg", "--url", "x"], " | is no address of a web; write https:"),
        (["--out", "none/a.svg", "--url", HOME], " | cannot be written (No such file or"),
        (["qf-999", "--out", "a.pdf", "--url", HOME], "node qf-999: not in the registry; it has "),
    ],
)
def test_a_label_that_cannot_be_drawn(run: Run, arguments: list[str], said: str) -> None:
    result = run("label", "qf-001", *arguments)
    assert result.exit_code == 1
    assert said in result.output, result.output
    assert len(result.output.splitlines()) == 1


def test_without_a_font_the_mend_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    label._font.cache_clear()
    monkeypatch.setattr(label, "PLACES", ())
    result = run("label", "qf-001", "--out", "a.png", "--url", HOME)
    label._font.cache_clear()
    assert result.exit_code == 1
    assert (
        "install fonts-noto-cjk, name a font in NONGQING_FONT, or draw one label" in result.output
    )
    assert run("label", "qf-001", "--out", "a.svg", "--url", HOME).exit_code == 0


def test_a_self_test_that_passes_is_told_in_both_languages(run: Run, seeded_dsn: str) -> None:
    result = run("selftest", "qf-001", "--minutes", "720")
    lines = result.output.splitlines()
    print(result.output)
    assert lines[0].startswith("自检：qf-001 柳格示范村；")
    assert lines[1].split() == ["检查项", "结果", "数值", "合理范围"]
    assert any(line.startswith("Self-test: qf-001 Liuge demonstration village; ") for line in lines)
    assert "Checked" in result.output
    app = make_app(seeded_dsn)
    since = seed_module.NOW - timedelta(hours=12)
    path = f"/nodes/qf-001/commission?since={since:%Y-%m-%dT%H:%M:%SZ}&lang=en"
    page = client_of(app, "technician").get(path).text
    app.pool.close()
    verdicts = [word for word in ("fail", "missing") if f'"status">{word}<' in page]
    assert [word for word in ("fail", "missing") if f"  {word}" in result.output] == verdicts
    assert result.exit_code == (1 if verdicts else 0)


def test_a_self_test_with_nothing_new_fails(run: Run) -> None:
    result = run("selftest", "qf-001", "--minutes", "0", at=seed_module.NOW + timedelta(days=1))
    assert result.exit_code == 1
    assert "没有全部通过。" in result.output
    assert "Not all has passed." in result.output
    assert "Frame received" in result.output


def test_a_self_test_of_no_node(run: Run) -> None:
    result = run("selftest", "qf-999")
    assert result.exit_code == 1
    assert result.output.startswith("Error: node qf-999: not in the registry; it has ")


def test_minutes_are_checked(run: Run) -> None:
    assert run("selftest", "qf-001", "--minutes", "-1").exit_code == 2


@pytest.mark.parametrize("command", ["label", "selftest"])
def test_every_command_has_an_example(run: Run, command: str) -> None:
    assert f"nongqing node {command} qf-001" in run(command, "--help").output

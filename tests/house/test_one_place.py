"""One place each: a quantity, a crop, a hazard, a page and a job are planted into a copy.

What is written here is all that is written: the new files, one row of the vocabulary, and the words
that CONTRIBUTING.md and docs/field_configs.md ask for. Then everything that should find them is
asked, by way of a real frame, a real database, the jobs and the pages.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import TEMPLATE
from tests.paths import ROOT

if TYPE_CHECKING:
    from tests.conftest import Server

LANGUAGES = ("en", "zh_CN")

QUANTITY_ROW = """    # unverified: planted by a test
    Quantity(
        90, "snow_depth", "surface_snow_thickness", "cm", None, "CMT", 10, 0, 300, 60, None, "mean"
    ),
)

MISSING = {"""

BOARD = """
zh = "雪深板"
en = "Snow board"
sample_s = 600
samples_per_frame = 6

[[channels]]
number = 0
quantity = "air_temperature"
driver = "sht4x"
bus = "i2c"
address = 0x44
height_m = 2.0

[[channels]]
number = 1
quantity = "snow_depth"
driver = "planted_ruler"
bus = "adc"
"""

SENSOR = '''"""A planted sensor: depth of snow by a ruler on an ADC pin; a quantity needs one."""

BUS = "adc"
QUANTITIES = (90,)
(SNOW_DEPTH,) = QUANTITIES


def make(board, bus, address):
    """Make the driver."""
    return Ruler(bus)


class Ruler:
    """A ruler on `adc` (``read_uv``)."""

    def __init__(self, adc):
        self.adc = adc

    def measure(self):
        """Return {90: depth of snow [cm]}."""
        return {SNOW_DEPTH: self.adc.read_uv() / 10000}
'''

SITE = """
[[villages]]
id = "planted"
zh = "新种村"
en = "Planted village"
county = "410922"
longitude = 115.1
latitude = 36.0
position = "illustrative"

[[fields]]
id = "planted-1"
village = "planted"
zh = "一号地"
en = "Field 1"
kind = "open"

[[fields]]
id = "planted-2"
village = "planted"
zh = "二号地"
en = "Field 2"
kind = "open"

[[seasons]]
field = "planted-1"
crop = "winter_rape"
sown = 2015-10-01

[[seasons]]
field = "planted-2"
crop = "winter_wheat"
sown = 2015-10-08

[[placements]]
id = "planted-1-t"
field = "planted-1"
quantity = "air_temperature"
height_m = 2.0

[[placements]]
id = "planted-1-snow"
field = "planted-1"
quantity = "snow_depth"

[[nodes]]
id = "planted-1"
board = "planted-1"
field = "planted-1"

[nodes.channels]
0 = "planted-1-t"
1 = "planted-1-snow"
"""

CROP = """
eppo = "BRSNW"
zh = "冬油菜"
en = "winter rape"
base_c = 5.0
season = "autumn"
shortest_days = 200
longest_days = 270
source = "planted by a test"

[[sow_window]]
start = "09-15"
end = "10-10"
source = "planted by a test"

[[stages]]
bbch = 0
zh = "播种"
en = "sowing"
degree_days = 0
verified = true
source = "by definition"

[[stages]]
bbch = 60
zh = "初花"
en = "first flowers"
verified = false
source = "planted by a test"
"""

HAZARD_TEST = '''"""The published example of the planted hazard."""

from models.hazards.catalogue import catalogue


def test_it_is_there():
    assert catalogue()["planted_cold"].medium == 0.0
'''

PAGE = '''"""A planted page."""

from flask import Blueprint, render_template
from flask_babel import lazy_gettext

from webapp.accounts.access import public
from webapp.app.menu import NavItem

bp = Blueprint("planted", __name__)
NAV = NavItem(99, "planted.page", lazy_gettext("Planted page"))


@bp.get("/planted")
@public
def page() -> str:
    """Say that it is there."""
    return render_template("technician/planted.html")
'''

TEMPLATE_TEXT = """{% extends "base.html" %}
{% block title %}{{ _("Planted page") }}{% endblock %}
{% block main %}<h1>{{ _("Planted page") }}</h1>{% endblock %}
"""

JOB = '''"""A planted job: counts the villages."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.store.network import registry
from field_configs.events import Event, event


def count_villages(context: Context) -> Event:
    """Count the villages."""
    with context.pool.connection() as conn:
        return event("villages_counted", villages=len(registry.villages(conn)))


JOBS = (Job("planted_count", timedelta(hours=1), count_villages),)
'''

# A path of the copy -> the text of a new file.
NEW = {
    "firmware/sensors/planted_ruler.py": SENSOR,
    "field_configs/boards/planted-1.toml": BOARD,
    "field_configs/sites/planted.toml": SITE,
    "field_configs/crops/winter_rape.toml": CROP,
    "tests/models/hazards/wheat/test_planted_cold.py": HAZARD_TEST,
    "webapp/pages/technician/planted.py": PAGE,
    "webapp/templates/technician/planted.html": TEMPLATE_TEXT,
    "collector/jobs/planted.py": JOB,
    "field_configs/words/en/events/planted.toml": 'villages_counted.text = "{villages} there"\n',
    "field_configs/words/zh_CN/events/planted.toml": 'villages_counted.text = "{villages} 个村"\n',
}
# A new hazard, as people begin one: an existing file under another name. Path -> what is copied,
# and what is changed in it.
COPIED = {
    "models/hazards/wheat/planted_cold.py": (
        "models/hazards/wheat/wheat_late_frost.py",
        'id="wheat_late_frost"',
        'id="planted_cold"',
    ),
    "field_configs/words/en/hazards/planted_cold.toml": (
        "field_configs/words/en/hazards/wheat_late_frost.toml",
        'name = "Late frost on wheat"',
        'name = "Planted cold"',
    ),
    "field_configs/words/zh_CN/hazards/planted_cold.toml": (
        "field_configs/words/zh_CN/hazards/wheat_late_frost.toml",
        'name = "小麦晚霜冻"',
        'name = "新种的寒害"',
    ),
}
# A path of the copy -> what is added at its end: words of what has no file of its own.
ADDED = {
    "field_configs/words/en/quantity.toml": 'snow_depth = "snow depth"\n',
    "field_configs/words/zh_CN/quantity.toml": 'snow_depth = "积雪深度"\n',
    "field_configs/words/en/unit.toml": 'snow_depth = "cm"\n',
    "field_configs/words/zh_CN/unit.toml": 'snow_depth = "厘米"\n',
    "field_configs/words/en/job.toml": 'planted_count = "count of villages"\n',
    "field_configs/words/zh_CN/job.toml": 'planted_count = "数村子"\n',
    "webapp/translations/zh_CN/LC_MESSAGES/messages.po": (
        '\nmsgid "Planted page"\nmsgstr "新种的页"\n'
    ),
}
VOCABULARY = "firmware/wire/quantities.py"

# Runs in the copy; prints what was found.
PROBE = """
import json, sys
from datetime import timedelta
from pathlib import Path

import webapp
from collector.ingest.batches import Collector
from collector.jobs.judging.risk import current_seasons
from collector.jobs.schedule import Jobs
from collector.store.postgres import db
from collector.store import job_runs
from collector.store.measured import readings
from collector.store.network import registry
from collector.store.advice import risk
from field_configs.load import load
from firmware.wire import codec
from models.hazards.catalogue import catalogue
from tests.collector.conftest import MASTER, NOW, Bench, FixedClock
from tests.collector.ingest.test_batches import Sent

found = {"root": str(Path(webapp.__file__).parents[1])}
configs = load(site="planted")
found["crops"] = sorted(configs.crops)
found["hazards"] = sorted(catalogue())

pool, clock = db.Pool(sys.argv[1]), FixedClock(NOW)
with pool.connection() as conn:
    registry.import_configs(conn, configs, NOW - timedelta(days=1))
    key = registry.enroll(conn, MASTER, "planted-1", at=NOW - timedelta(days=1))
    layout = registry.layouts(conn)[registry.nodes(conn, "planted-1")[0].layout]
found["layout"] = [list(channel) for channel in layout.channels]
bench = Bench(key, layout)
# six samples in tenths of a centimetre, one of them beyond the limit of the vocabulary
values = {0: [1500] * 6, 1: [100, 110, 120, 130, 140, 9000]}
sent = Sent()
Collector(pool, MASTER, clock, sent).store([bench.frame(values=values)])
found["acknowledged"] = len(sent.acked(bench))

jobs = Jobs(pool, clock)
jobs.elect()
for turn in range(len(jobs.runners)):
    for runner in jobs.runners:
        jobs.tick(runner)
with pool.connection() as conn:
    ran = {run.job: run.outcome for run in job_runs.latest(conn)}
    hours = readings.hourly_dataset(conn, ["snow_depth"], NOW - timedelta(hours=6), NOW)
    seasons = current_seasons(conn).seasons
    statuses = {(s.hazard, s.crop) for s in risk.latest_statuses(conn, NOW)}
found["jobs"] = ran
found["grown"] = {season.site: season.crop for season in seasons}
snow = hours["snow_depth"].sel(site="planted-1").isel(time=0)
found["hour"] = [float(snow), snow.attrs["units"], snow.attrs["standard_name"]]
found["quality"] = int(hours["snow_depth_qc"].sel(site="planted-1").isel(time=0))
found["statuses"] = sorted(hazard for hazard, crop in statuses if hazard == "planted_cold")
jobs.election.resign()

from tests.webapp.people import client_of
client = client_of(webapp.create_app(pool, clock), "administrator")
found["pages"] = {}
for path in ("/", "/planted", "/status", "/v/planted", "/v/planted/details", "/models"):
    answer = client.get(path)
    found["pages"][path] = [answer.status_code, answer.get_data(as_text=True)]
pool.close()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of this repository, with everything planted."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git checkout, so it is not known which files are the repository's")
    folder = tmp_path_factory.mktemp("copy")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    plant(folder)
    return folder


def plant(folder: Path) -> None:
    """Write what is new into a copy."""
    for name, (source, old, new) in COPIED.items():
        text = (folder / source).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    for name, text in NEW.items():
        assert not (folder / name).exists()
        assert (folder / name).parent.is_dir(), "a new room would be a second place"
        (folder / name).write_text(text, encoding="utf-8")
    for name, text in ADDED.items():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(text)
    vocabulary = folder / VOCABULARY
    text = vocabulary.read_text(encoding="utf-8")
    assert text.count(")\n\nMISSING = {") == 1
    planted = text.replace(")\n\nMISSING = {", QUANTITY_ROW)
    vocabulary.write_text(planted, encoding="utf-8")


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, whose packages go before the installed ones."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(copy), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def found(copy: Path, postgres: Server) -> dict[str, Any]:
    """What the probe finds in the copy."""
    done = run(copy, "-c", PROBE, postgres.create(TEMPLATE))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["root"] == str(copy)
    return found


def page(found: dict[str, Any], path: str) -> str:
    status, text = found["pages"][path]
    assert status == 200
    return str(text)


def test_the_quantity_travels_is_checked_and_becomes_hours(found: dict[str, Any]) -> None:
    assert found["layout"] == [[0, 1, 100], [1, 90, 10]]
    assert found["acknowledged"] == 1
    assert found["hour"] == [12.0, "cm", "surface_snow_thickness"]
    assert found["quality"] & 8, "900 cm is beyond the limit of its row"
    assert "积雪深度" in page(found, "/v/planted")


def test_the_crop_is_grown(found: dict[str, Any]) -> None:
    assert "winter_rape" in found["crops"]
    assert found["grown"] == {"planted-1": "winter_rape", "planted-2": "winter_wheat"}


def test_the_hazard_answers_and_is_shown(found: dict[str, Any]) -> None:
    assert "planted_cold" in found["hazards"]
    assert found["statuses"] == ["planted_cold"]
    assert "新种的寒害" in page(found, "/models")
    assert "新种的寒害" in page(found, "/v/planted/details")


def test_the_page_answers_and_is_in_the_menu(found: dict[str, Any]) -> None:
    assert "<h1>新种的页</h1>" in page(found, "/planted")
    assert 'href="/planted"' in page(found, "/")


def test_the_job_runs_and_its_outcome_is_worded(found: dict[str, Any]) -> None:
    assert found["jobs"]["planted_count"] == "ok"
    assert set(found["jobs"].values()) == {"ok"}
    assert "数村子" in page(found, "/status")
    assert "1 个村" in page(found, "/status")


def test_the_check_knows_them(copy: Path) -> None:
    door = "import nongqing; nongqing.main()"
    done = run(copy, "-c", door, "check")
    assert (done.returncode, done.stdout.split(",")[-4:-1]) == (
        0,
        [" 7 crops", " 8 boards", " 1 villages"],
    ), done.stdout + done.stderr
    site = copy / "field_configs" / "sites" / "planted.toml"
    text = site.read_text(encoding="utf-8")
    try:
        site.write_text(text.replace('quantity = "snow_depth"', 'quantity = "snow_dept"'))
        done = run(copy, "-c", door, "check")
    finally:
        site.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    assert 'unknown quantity "snow_dept"' in done.stdout
    assert '(did you mean "snow_depth"?)' in done.stdout


@pytest.mark.parametrize(
    "paths",
    [
        (
            "tests/field_configs/test_words.py",
            "tests/house/test_events.py",
            "tests/house/test_imports.py",
            "tests/house/test_packages.py",
            "tests/models/hazards/test_catalogue_words.py",
            "tests/models/hazards/wheat/test_planted_cold.py",
            "tests/webapp/language",
            "tests/wire/test_quantities.py",
            "tests/wire/test_vectors.py",
        ),
        ("tests/models/hazards/test_catalogue.py", "-k", "planted_cold"),
    ],
    ids=["each of a kind", "the catalogue's rules"],
)
def test_what_looks_at_all_of_a_kind_is_content(copy: Path, paths: tuple[str, ...]) -> None:
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr

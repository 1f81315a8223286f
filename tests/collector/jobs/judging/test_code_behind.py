"""What kept states are void with: found by following imports, data beside the code included."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.jobs.judging import code_behind
from collector.jobs.judging.code_behind import code_files
from tests.paths import ROOT

BEHIND = [path.relative_to(ROOT).as_posix() for path in code_files(ROOT, code_behind.JOB)]


@pytest.mark.parametrize(
    "path",
    [
        "collector/jobs/judging/risk.py",
        "collector/jobs/judging/field_hours.py",
        "collector/store/postgres/binary.py",
        "collector/store/measured/weather.py",
        "collector/store/sql/queries/readings.sql",
        "collector/store/sql/queries/weather.sql",
        "firmware/wire/quantities.py",
        "models/crops/phenology.py",
        "models/hazards/catalogue.py",
        "models/hazards/maize/maize_southern_rust.py",
        "models/hazards/_cereal_insects.py",
        "models/risk/fold.py",
        "models/trained/artefacts/wheat_fhb_post.skops",
        "models/weather/interpolate.py",
    ],
)
def test_what_feeds_the_states_is_behind_them(path: str) -> None:
    assert path in BEHIND


@pytest.mark.parametrize(
    "path",
    [
        "models/cli.py",
        "models/evaluations/leaf_wetness.py",
        "collector/ingest/intake.py",
        "collector/commands/judging/risk.py",
        "webapp/views/village/risks.py",
    ],
)
def test_what_does_not_feed_them_voids_nothing(path: str) -> None:
    assert (ROOT / path).exists()
    assert path not in BEHIND


@pytest.fixture
def house(tmp_path: Path) -> Path:
    files = {
        "job/__init__.py": "",
        "job/run.py": "import json\nfrom room import shelf\n",
        "room/__init__.py": "",
        "room/shelf.py": "def f():\n    from room.deep.box import lid\n",
        "room/deep/__init__.py": "",
        "room/deep/box.py": "lid = 1\n",
        "room/deep/box.sql": "SELECT 1\n",
        "room/deep/notes.txt": "x\n",
        "room/unused.py": "import attic\n",
        "attic/__init__.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def names(house: Path, *looked_into: str) -> set[str]:
    found = code_files(house, "job.run", looked_into)
    return {path.relative_to(house).as_posix() for path in found}


def test_imports_are_followed_also_from_inside_functions(house: Path) -> None:
    assert names(house) == {
        "job/run.py",
        "room/__init__.py",
        "room/shelf.py",
        "room/deep/__init__.py",
        "room/deep/box.py",
        "room/deep/box.sql",
    }


def test_a_folder_that_is_looked_into_counts_whole(house: Path) -> None:
    assert {"room/unused.py", "attic/__init__.py"} <= names(house, "room")


def test_the_hash_changes_with_a_query(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_behind, "ROOT", house)
    before = code_behind.code.__wrapped__("job.run")
    assert code_behind.code.__wrapped__("job.run") == before
    (house / "room/unused.py").write_text("# a comment where the job does not come by\n")
    assert code_behind.code.__wrapped__("job.run") == before
    (house / "room/deep/box.sql").write_text("SELECT 2\n")
    assert code_behind.code.__wrapped__("job.run") != before

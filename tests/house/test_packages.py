"""What is installed is what stands here: every package folder, every file that is read."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.paths import ROOT

ROOMS = ("firmware", "field_configs", "models", "collector", "webapp")
# The firmware of an emulated board is run by MicroPython from its files; it is no package.
NO_PACKAGE = {"firmware/workbench/shims"}


def listed() -> list[str]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup["options"]["packages"].split()


def package_folders() -> list[str]:
    found = [path.parent for room in ROOMS for path in (ROOT / room).rglob("__init__.py")]
    return sorted(folder.relative_to(ROOT).as_posix() for folder in found)


def test_every_package_folder_is_listed() -> None:
    names = sorted(folder.replace("/", ".") for folder in package_folders())
    assert sorted(listed()) == names, "setup.cfg [options] packages"


def test_every_folder_with_python_is_a_package() -> None:
    """One without __init__.py would be found here, and missing where it is installed."""
    with_python = {
        path.parent.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
    }
    assert with_python - NO_PACKAGE == set(package_folders())


def files_of_rooms(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for room in ROOMS
        for path in (folder / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def copy_rooms(folder: Path) -> None:
    """Copy what a wheel is made of; a build leaves files behind, and not here."""
    for name in ("nongqing.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, folder / name)
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )


def build(folder: Path) -> set[str]:
    """Build a wheel without a network and return what is in it, the metadata left out."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--no-index", "--wheel-dir", str(folder / "out"), "."],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (folder / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """What stands in the rooms, and what a wheel holds of it; with a page family of tomorrow."""
    folder = tmp_path_factory.mktemp("wheel")
    copy_rooms(folder)
    tomorrow = folder / "webapp" / "templates" / "water" / "plans"
    tomorrow.mkdir(parents=True)
    (tomorrow / "plan.html").write_text("{# tomorrow #}")
    words = folder / "field_configs" / "words" / "en" / "events" / "tomorrow.toml"
    words.write_text("")
    return files_of_rooms(folder), build(folder)


def test_a_wheel_holds_every_file_of_the_rooms(wheel: tuple[set[str], set[str]]) -> None:
    here, packed = wheel
    assert sorted(here - packed) == [], "setup.cfg [options.package_data] passes these over"


def test_a_wheel_holds_nothing_else(wheel: tuple[set[str], set[str]]) -> None:
    here, packed = wheel
    assert sorted(packed - here) == ["nongqing.py"]

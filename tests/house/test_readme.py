"""The README names only what exists."""

import re
import subprocess

import pytest

from tests.paths import ROOT

TEXTS = ("README.md", "CONTRIBUTING.md")


def commands(pattern: str) -> list[str]:
    found: set[str] = set()
    for name in TEXTS:
        found |= set(re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
    return sorted(found)


@pytest.mark.parametrize("target", commands(r"^\s*(?:\$ )?make ([a-z]+)") or ["none named"])
def test_make_target_exists(target):
    result = subprocess.run(
        ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "words", commands(r"^\s*(?:\$ )?nongqing ((?:[a-z]+ ?){1,2})") or ["none named"]
)
def test_command_exists(words):
    from click.testing import CliRunner

    import nongqing

    # a trailing word may be an argument: then the command before it answers --help
    result = CliRunner().invoke(nongqing.main, [*words.split(), "--help"])
    assert result.exit_code == 0, result.output


def test_ci_calls_the_readmes_test_command():
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("\nmake test")


def test_links_lead_somewhere():
    dead = []
    for page in [ROOT / name for name in TEXTS] + sorted((ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in link and not (page.parent / link).exists():
                dead.append(f"{page.name}: {link}")
    assert dead == []

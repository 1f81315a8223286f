"""The README names only what exists."""

import re
import shlex
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


def command_lines() -> list[tuple[str, str]]:
    """Every command line of the texts that is an example and no synopsis, with its page."""
    found = set()
    for page in [ROOT / name for name in TEXTS] + sorted((ROOT / "docs").glob("*.md")):
        text = re.sub(r"\s*\\\n\s*", " ", page.read_text(encoding="utf-8"))
        for line in re.findall(r"^(?: {4}|\t)(?:\$ )?(nongqing [^\n]*)$", text, re.MULTILINE):
            if "[" not in line:
                found.add((page.name, re.split(r" {2,}", line)[0]))
    return sorted(found)


LINES = command_lines()


@pytest.mark.parametrize(("page", "line"), LINES, ids=[" ".join(each) for each in LINES])
def test_every_command_line_of_the_texts_can_be_read(page, line, tmp_path, monkeypatch):
    """Nothing is run: each line only goes through the parser, whose refusal is exit code 2."""
    import click

    import nongqing

    monkeypatch.chdir(tmp_path)
    words = shlex.split(re.split(r" [|>] ", line)[0])[1:]
    for word in words:
        if re.fullmatch(r"[\w-]+\.(csv|json|toml|zip|txt)", word):
            (tmp_path / word).touch()
    command, name, context = nongqing.main, "nongqing", None
    while isinstance(command, click.Group):
        context = command.make_context(name, list(words), parent=context)
        words = [*context._protected_args, *context.args]
        if not words:
            assert command.invoke_without_command, f"{page}: {line} names no command"
            return
        name, command, words = command.resolve_command(context, words)
    command.make_context(name, list(words), parent=context)


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

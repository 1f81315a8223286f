"""Every reason for which something of another maker's device is not taken has its words."""

from __future__ import annotations

import re

import pytest

from field_configs.words import LANGUAGES, Words
from tests.paths import ROOT

SOURCES = [
    *(ROOT / "models/exchange/telemetry").glob("*.py"),
    *(ROOT / "collector/ingest/external").glob("*.py"),
    ROOT / "webapp/api/uplinks.py",
]
BEFORE = r"TelemetryError\(\s*|left_out\[|return |refused\.add\([^\n]+?, |reason = None, |= |step, "
MADE = re.compile(f'(?:{BEFORE})"([a-z]+_[a-z_]+)"')
CONSTANTS = re.compile(r'BEGAN, BACK, JUMPED = "(\w+)", "(\w+)", "(\w+)"')


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(language: str) -> None:
    words = Words.load(language)
    text = "".join(path.read_text("utf-8") for path in SOURCES)
    reasons = set(MADE.findall(text))
    for found in CONSTANTS.findall(text):
        reasons |= set(found)
    assert len(reasons) > 20, reasons
    assert {"must_understand", "wrong_unit", "count_late", "wrong_token", "no_time"} <= reasons
    assert [each for each in sorted(reasons) if f"refusal.{each}" not in words] == []

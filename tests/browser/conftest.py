"""A real Chromium on real pages. Without one these tests say so; under CI that is a failure."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path(os.environ.get("NONGQING_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_web = Path(__file__).parents[1] / "webapp" / "conftest.py"
_spec = importlib.util.spec_from_file_location("webapp_fixtures", _web)
assert _spec is not None
assert _spec.loader is not None
web_fixtures = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = web_fixtures
_spec.loader.exec_module(web_fixtures)
seeded_dsn = web_fixtures.seeded_dsn


def need(present: bool, reason: str) -> None:
    """Skip with the reason where something is missing; under CI, fail."""
    if not present:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; with CI=true browser tests must run")
        pytest.skip(reason)


@pytest.fixture(scope="session")
def need_or_skip() -> Callable[[bool, str], None]:
    """The rule by which browser tests are left out."""
    return need


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium, driven by Playwright."""
    need(CHROMIUM.exists(), f"no Chromium at {CHROMIUM} (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(seeded_dsn: str) -> Iterator[str]:
    """Address of the pages, served by the real server on the demo's known world."""
    app = web_fixtures.make_app(seeded_dsn)
    with web_fixtures.serving(app) as address:
        yield address
    app.pool.close()

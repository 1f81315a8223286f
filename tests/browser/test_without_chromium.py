"""Browser tests that cannot run say why; under CI that is a failure."""

import pytest


def test_without_chromium_the_reason_is_told(need_or_skip, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium at /usr/bin/chromium"):
        need_or_skip(False, "no Chromium at /usr/bin/chromium")


def test_under_ci_it_is_a_failure(need_or_skip, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="with CI=true browser tests must run"):
        need_or_skip(False, "no Chromium at /usr/bin/chromium")


def test_with_chromium_nothing_is_said(need_or_skip):
    need_or_skip(True, "")

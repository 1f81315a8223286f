"""The slice from hourly data to a status."""

from datetime import UTC, datetime

import pytest

from models.hazard import HIGH, catalogue
from models.risk import assess

AT = datetime(2016, 5, 9, 18, tzinfo=UTC)


def test_humid_fortnight_before_flowering_is_high(weather, seasons):
    (status,) = assess(weather(), seasons(resistance="VS"), [catalogue()["wheat_fhb"]], AT)
    assert status.status == HIGH
    assert status.score == pytest.approx(0.6162, abs=5e-5)
    assert status.time == datetime(2016, 5, 9, 16, tzinfo=UTC)
    assert status.missing == ()

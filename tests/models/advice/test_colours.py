"""The four colours of warnings: thresholds, and a setting that cannot be read."""

import pytest

from models.advice.colours import COLOURS, DEFAULTS, ColourError, colour_of, read_thresholds
from models.risk.hazard import HIGH, MEDIUM, NO_RISK


@pytest.mark.parametrize(
    ("status", "share", "colour"),
    [
        (NO_RISK, 1.0, None),
        (MEDIUM, 0.01, "blue"),
        (MEDIUM, 0.3, "yellow"),
        (HIGH, 0.01, "orange"),
        (HIGH, 0.29, "orange"),
        (HIGH, 0.3, "red"),
    ],
)
def test_a_colour_follows_from_how_grave_and_how_wide(status, share, colour):
    assert colour_of(status, share) == colour


def test_a_wider_spread_or_a_graver_status_is_never_a_lesser_colour():
    shares = [0, 0.1, 0.3, 0.7, 1]
    for status in (MEDIUM, HIGH):
        found = [COLOURS.index(colour_of(status, share)) for share in shares]
        assert found == sorted(found)
    for share in shares:
        assert COLOURS.index(colour_of(HIGH, share)) >= COLOURS.index(colour_of(MEDIUM, share))


def test_a_setting_takes_the_place_of_the_shipped_thresholds():
    assert read_thresholds(None) == read_thresholds("") == DEFAULTS
    only = read_thresholds('{"blue": [3, 0], "red": [4, 0.5]}')
    assert colour_of(HIGH, 0.4, only) == "blue"
    assert colour_of(HIGH, 0.5, only) == "red"
    assert colour_of(NO_RISK, 1, only) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "write JSON such as"),
        ("[]", "write JSON such as"),
        ("{}", "write JSON such as"),
        ('{"green": [3, 0]}', '"green" is none of blue, yellow, orange, red'),
        ('{"red": [2, 0]}', "red: a status"),
        ('{"red": [4, 30]}', "red: a status"),
        ('{"red": [4, true]}', "red: a status"),
        ('{"red": 4}', "red: a status"),
    ],
)
def test_a_setting_that_cannot_be_read_names_the_mend(text, says):
    with pytest.raises(ColourError, match="colours: write JSON such as") as error:
        read_thresholds(text)
    assert says in str(error.value)

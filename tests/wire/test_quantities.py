"""The vocabulary: complete, consistent, and lookups that help."""

from __future__ import annotations

import pytest

from firmware.wire import codec, quantities
from firmware.wire.quantities import QUANTITIES, Quantity

# Ids are on the wire and in stores: those in use are written here a second time so that none ever
# moves. A new row needs no line here until frames with it are kept somewhere.
IDS = {
    1: "air_temperature",
    2: "relative_humidity",
    3: "precipitation_amount",
    4: "wind_speed",
    5: "wind_from_direction",
    6: "shortwave_irradiance",
    7: "air_pressure",
    8: "leaf_wetness_duration",
    9: "soil_temperature",
    10: "soil_moisture",
    11: "soil_conductivity",
    12: "soil_ph",
    13: "co2_mole_fraction",
    14: "illuminance",
    15: "battery_voltage",
    16: "signal_strength",
    17: "enclosure_temperature",
    18: "door_open_duration",
    19: "position_latitude",
    20: "position_longitude",
    21: "soil_nitrogen",
    22: "soil_phosphorus",
    23: "soil_potassium",
    24: "solar_voltage",
    25: "insect_count",
    26: "water_volume",
    27: "line_pressure",
    28: "leaf_wetness",
    29: "output_on_duration",
}


def test_ids_and_names_never_move() -> None:
    now = {row.id: row.name for row in QUANTITIES}
    assert IDS.items() <= now.items()
    assert len(now) == len({*now.values()}) == len(QUANTITIES), "an id or a name is given twice"


@pytest.mark.parametrize("row", QUANTITIES, ids=lambda row: row.name)
def test_a_row_is_sound(row: Quantity) -> None:
    assert row.method in ("mean", "sum", "max", "point")
    assert row.scale > 0
    assert row.low < row.high
    assert abs(row.high * row.scale) < codec.MAX_RAW
    assert row.unit
    assert row.unece
    assert row.step is None or row.step > 0
    assert row.freeze_h is None or row.freeze_h > 0


def test_lookups() -> None:
    for row in QUANTITIES:
        assert quantities.by_id(row.id) is row
        assert quantities.by_name(row.name) is row


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(quantities.UnknownQuantity) as caught:
        quantities.by_name("soil_moistur")
    assert caught.value.nearest == "soil_moisture"
    assert str(caught.value) == (
        "unknown quantity 'soil_moistur' (did you mean \"soil_moisture\"?)"
    )


def test_a_name_far_from_all_gets_no_advice() -> None:
    with pytest.raises(quantities.UnknownQuantity, match="^unknown quantity 'zzzzzzzz'$"):
        quantities.by_name("zzzzzzzz")


def test_an_unknown_id_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        quantities.by_id(99)


def test_every_missing_reason_has_a_name() -> None:
    assert quantities.MISSING == {
        codec.NOT_FITTED: "not_fitted",
        codec.NO_ANSWER: "no_answer",
        codec.BAD_CHECKSUM: "bad_checksum",
        codec.OUT_OF_RANGE: "out_of_range",
        codec.WARMING_UP: "warming_up",
        codec.LOW_POWER: "low_power",
        codec.DRIVER_FAULT: "driver_fault",
    }

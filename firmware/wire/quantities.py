"""The vocabulary: one row for each quantity that a node can measure.

Codec scaling, quality checks, dataset attributes and chart axes are loops over these rows. Height
or depth belongs to the placement, never to the name. An id is never used again.

Where limits come from (the comment at each row names its source):

WMO-8   WMO-No. 8, Guide to Instruments and Methods of Observation, vol. I, annex 1.A
        (operational measurement uncertainty requirements: measurement ranges).
QC      Zahumensky 2004, Guidelines on quality control procedures for data from automatic
        weather stations, WMO CBS/OPAG-IOS (gross limits; largest change from minute to minute,
        which is no hourly limit and so is not used as `step`).
sheet   the maker's data sheet or manual named at the row.
definition   follows from what the quantity is.
unverified   our own judgement; no source read.

Hourly steps and freeze hours are all unverified: wide enough to pass the measured Beijing series
that the tests read, narrow enough to catch a stuck or jumping sensor.
SenML units: the IANA registry as RFC 8428 and RFC 8798 (secondary units) fill it, None where it
holds no unit equal to ours. UNECE codes: Recommendation 20.
"""

from collections import namedtuple

Quantity = namedtuple(
    "Quantity",
    (
        "id",
        "name",
        "cf_name",
        "unit",
        "senml",
        "unece",
        "scale",
        "low",
        "high",
        "step",
        "freeze_h",
        "method",
    ),
)

QUANTITIES = (
    # range WMO-8 (-80 to 60), narrowed below by the SHT4x data sheet (-40)
    Quantity(
        1, "air_temperature", "air_temperature", "degC", "Cel", "CEL", 100, -40, 60, 15, 12, "mean"
    ),
    # definition; calm, saturated winter nights hold 100 % for long
    Quantity(
        2, "relative_humidity", "relative_humidity", "%", "%RH", "P1", 100, 0, 100, 60, 24, "mean"
    ),
    # unverified: per sample step; the Zhengzhou record of 2021-07-20 was 201.9 mm in one hour
    Quantity(
        3,
        "precipitation_amount",
        "lwe_thickness_of_precipitation_amount",
        "mm",
        "mm",
        "MMT",
        100,
        0,
        250,
        None,
        None,
        "sum",
    ),
    # range WMO-8 (0 to 75 m/s)
    Quantity(4, "wind_speed", "wind_speed", "m s-1", "m/s", "MTS", 100, 0, 75, 30, 24, "mean"),
    # definition; a mean of directions is no direction, so the last one stands for the hour
    Quantity(
        5,
        "wind_from_direction",
        "wind_from_direction",
        "degree",
        None,
        "DD",
        10,
        0,
        360,
        None,
        24,
        "point",
    ),
    # gross limit QC: not above 1600 W/m2; night is 0 for up to 15 hours
    Quantity(
        6,
        "shortwave_irradiance",
        "surface_downwelling_shortwave_flux_in_air",
        "W m-2",
        "W/m2",
        "D54",
        10,
        0,
        1600,
        1200,
        18,
        "mean",
    ),
    # range WMO-8 and QC (500 to 1080 hPa)
    Quantity(7, "air_pressure", "air_pressure", "hPa", "hPa", "A97", 10, 500, 1080, 15, 24, "mean"),
    # minutes wet within the sample step; an hour holds 60
    Quantity(8, "leaf_wetness_duration", None, "min", "min", "MIN", 1, 0, 60, None, None, "sum"),
    # gross limits QC for soil temperature: -50 to 50, raised above for bare dry soil (unverified)
    Quantity(
        9, "soil_temperature", "soil_temperature", "degC", "Cel", "CEL", 10, -40, 70, 10, 48, "mean"
    ),
    # definition: no mineral soil holds more water than its pores; 0.8 is unverified
    Quantity(
        10,
        "soil_moisture",
        "volume_fraction_of_condensed_water_in_soil",
        "m3 m-3",
        "/",
        "H60",
        1000,
        0,
        0.8,
        0.5,
        240,
        "mean",
    ),
    # unverified: span common to RS-485 soil probes
    Quantity(
        11, "soil_conductivity", None, "uS cm-1", None, "G42", 1, 0, 20000, 10000, 240, "mean"
    ),
    # unverified: span common to RS-485 soil probes (3 to 9 pH), widened to the scale's own
    Quantity(12, "soil_ph", None, "1", "pH", "Q30", 100, 0, 14, 3, 240, "mean"),
    # unverified: span of common infrared sensors
    Quantity(
        13,
        "co2_mole_fraction",
        "mole_fraction_of_carbon_dioxide_in_air",
        "1e-6",
        "ppm",
        "59",
        1,
        0,
        10000,
        5000,
        24,
        "mean",
    ),
    # unverified: full sunlight is a little over 100 klx
    Quantity(14, "illuminance", None, "lx", "lx", "LUX", 1, 0, 200000, 150000, 18, "mean"),
    # unverified: one lithium cell to a 12 V lead battery on charge
    Quantity(15, "battery_voltage", None, "V", "V", "VLT", 1000, 0, 16, 5, None, "mean"),
    # unverified: floor of NB-IoT receivers to a strong Wi-Fi signal
    Quantity(16, "signal_strength", None, "dBm", "dBm", "DBM", 1, -150, 0, None, None, "mean"),
    # unverified
    Quantity(17, "enclosure_temperature", None, "degC", "Cel", "CEL", 10, -40, 85, 30, 48, "mean"),
    # minutes that a door stood open within the sample step; an hour holds 60
    Quantity(18, "door_open_duration", None, "min", "min", "MIN", 1, 0, 60, None, None, "sum"),
    # definition; WGS 84, to a metre. A mean of places is no place, so the last one stands
    Quantity(
        19, "position_latitude", None, "degree", "lat", "DD", 100000, -90, 90, None, None, "point"
    ),
    Quantity(
        20,
        "position_longitude",
        None,
        "degree",
        "lon",
        "DD",
        100000,
        -180,
        180,
        None,
        None,
        "point",
    ),
    # unverified: span common to RS-485 probes of soil nutrients (0 to 1999 or 2999 mg/kg)
    Quantity(21, "soil_nitrogen", None, "mg kg-1", None, "NA", 1, 0, 3000, 1000, 240, "mean"),
    Quantity(22, "soil_phosphorus", None, "mg kg-1", None, "NA", 1, 0, 3000, 1000, 240, "mean"),
    Quantity(23, "soil_potassium", None, "mg kg-1", None, "NA", 1, 0, 3000, 1000, 240, "mean"),
    # unverified: a panel for a 12 V battery without load, with room for a 24 V one; 0 by night
    Quantity(24, "solar_voltage", None, "V", "V", "VLT", 100, 0, 60, None, 18, "mean"),
    # unverified: insects within the sample step; more than one a second no counter can tell apart
    Quantity(25, "insect_count", None, "1", "count", "C62", 1, 0, 3600, None, None, "sum"),
    # unverified: water within the sample step, 200 m3 in an hour
    Quantity(26, "water_volume", None, "L", "l", "LTR", 10, 0, 200000, None, None, "sum"),
    # unverified: above that of the air; 0 while the pump stands, so it may stand for long
    Quantity(27, "line_pressure", None, "kPa", None, "KPA", 10, 0, 10000, None, None, "mean"),
    # definition; dry and soaked leaves stand at the ends for days
    Quantity(28, "leaf_wetness", None, "%", "/100", "P1", 10, 0, 100, None, None, "mean"),
    # seconds that an output was on within the sample step; an hour holds 3600
    Quantity(29, "output_on_duration", None, "s", "s", "SEC", 1, 0, 3600, None, None, "sum"),
)

MISSING = {
    0: "not_fitted",
    1: "no_answer",
    2: "bad_checksum",
    3: "out_of_range",
    4: "warming_up",
    5: "low_power",
    6: "driver_fault",
}


class UnknownQuantity(KeyError):
    """A quantity that is not in the vocabulary; `nearest` is the closest name, or None."""

    def __init__(self, asked, nearest=None):
        text = "unknown quantity %r" % (asked,)
        if nearest:
            text += ' (did you mean "%s"?)' % nearest
        super().__init__(text)
        self.message = text
        self.nearest = nearest

    def __str__(self):
        return self.message


def by_id(number):
    """Return the Quantity with this id; UnknownQuantity if there is none."""
    for row in QUANTITIES:
        if row.id == number:
            return row
    raise UnknownQuantity(number)


def by_name(name):
    """Return the Quantity of this name; UnknownQuantity, with the nearest name, if none."""
    for row in QUANTITIES:
        if row.name == name:
            return row
    raise UnknownQuantity(name, nearest(name, [row.name for row in QUANTITIES]))


def nearest(word, words):
    """Return the one of `words` with the fewest edits to `word`, or None if all are far off."""
    best = min((_edits(word, other), other) for other in words)
    return best[1] if best[0] <= max(2, len(word) // 3) else None


def _edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        before, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            before, row[j + 1] = (
                row[j + 1],
                min(row[j] + 1, row[j + 1] + 1, before + (x != y)),
            )
    return row[-1]

"""Devices of other makers in a site: read, written back, and every mistake named."""

from __future__ import annotations

import pytest

from field_configs.device import Device, DeviceValue, Network
from field_configs.dump import site_text
from field_configs.load import load

S = "sites/demo.toml"
DEVICES = """
[[placements]]
id = "liuge-1-rain"
field = "liuge-1"
quantity = "precipitation_amount"
height_m = 1.0

[[placements]]
id = "liuge-1-air"
field = "liuge-1"
quantity = "air_temperature"

[[networks]]
id = "coop"
kind = "chirpstack"

[[devices]]
id = "rain-5"
every_s = 1200
network = "coop"
eui = "70b3d57ed005a1b2"
[[devices.values]]
name = "tips"
placement = "liuge-1-rain"
unit = "mm"
factor = 0.2
counter = 16

[[devices]]
id = "gauge-7"
every_s = 600
time_of_receipt = true
[[devices.values]]
name = "urn:dev:\\"7\\":temp"
placement = "liuge-1-air"
"""


@pytest.fixture
def site(folder):
    folder.add(S, DEVICES)
    return folder


def test_devices_are_read_and_written_back(site):
    configs = load(site.root)
    assert configs.networks == {"coop": Network("coop", "chirpstack")}
    assert configs.devices == {
        "rain-5": Device(
            "rain-5",
            1200,
            False,
            "coop",
            "70b3d57ed005a1b2",
            {"tips": DeviceValue("liuge-1-rain", "mm", 0.2, 16)},
        ),
        "gauge-7": Device(
            "gauge-7", 600, True, None, None, {'urn:dev:"7":temp': DeviceValue("liuge-1-air")}
        ),
    }
    site.write("sites/again.toml", site_text(configs))
    assert load(site.root, "again") == configs


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('"chirpstack"', '"chirpstak"', "networks[coop].kind", 'unknown kind "chirpstak"'),
        ("every_s = 600", "every_s = 0", "devices[gauge-7].every_s", "0 is out of range"),
        ('id = "gauge-7"', 'id = "gauge_7"', "devices[gauge_7].id", "no underscore"),
        ('id = "gauge-7"', 'id = "qf-001"', "devices[qf-001].id", "is a node of this site"),
        ('network = "coop"', "", "devices[rain-5].network", "is missing beside eui"),
        ('eui = "70b3d57ed005a1b2"', "", "devices[rain-5].eui", "is missing beside network"),
        ('"70b3d57ed005a1b2"', '"70b3"', "devices[rain-5].eui", "is not of the form"),
        ('network = "coop"', 'network = "co-op"', "devices[rain-5].network", "unknown network"),
        ("factor = 0.2", "factor = 0", "devices[rain-5].values[tips].factor", "is 0: give what"),
        ("counter = 16", "counter = 8", "devices[rain-5].values[tips].counter", "0, 16, 32"),
        (
            'placement = "liuge-1-rain"',
            'placement = "liuge-rain"',
            "devices[rain-5].values[tips].placement",
            'unknown placement "liuge-rain"',
        ),
        (
            'placement = "liuge-1-air"',
            'placement = "liuge-1-t"',
            'devices[gauge-7].values[urn:dev:"7":temp].placement',
            'placement "liuge-1-t" is served already by node qf-001 channel 0: take it from one '
            "of the two, or declare another placement",
        ),
        (
            'placement = "liuge-1-air"',
            'placement = "liuge-1-rain"',
            'devices[gauge-7].values[urn:dev:"7":temp].placement',
            "is served already by device rain-5 value tips",
        ),
        ('[[devices.values]]\nname = "tips"', "[[devices.values]]", "values[#1].name", "missing"),
        (
            'name = "tips"',
            'name = "tips"\nplacement = "liuge-1-rain"\n[[devices.values]]\nname = "tips"',
            "devices[rain-5].values[tips].name",
            "comes twice in a device",
        ),
        ('name = "tips"', f'name = "{"x" * 201}"', "].name", "longer than 200 characters"),
        ("time_of_receipt = true", 'token = "x"', "devices[gauge-7].token", "unknown key"),
    ],
)
def test_a_mistake_is_named(site, old, new, key, said):
    site.change(S, old, new)
    error = site.only_error()
    assert key in error.key
    assert said in error.reason


def test_two_devices_of_one_eui(site):
    site.change(
        S,
        "time_of_receipt = true",
        'network = "coop"\neui = "70b3d57ed005a1b2"',
    )
    error = site.only_error()
    assert error.key == "devices[gauge-7].eui"
    assert "is that of device rain-5 already" in error.reason

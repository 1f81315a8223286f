"""How a node's channels get their sensors, at a start; a node lets go of this behind.

A sensor at which the program ended before the last reset is left out.
"""

import gc

from firmware.node.sensing import Sensor
from firmware.wire.frame import NO_ANSWER, NOT_FITTED
from firmware.wire.layout import Channel


def make_sensor(board, driver, bus, address, settings):
    """Make the sensor of firmware/sensors/<driver>.py; drivers not used are never loaded."""
    try:
        module = __import__("firmware.sensors." + driver, None, None, ("make",))
    except ImportError:
        raise ValueError("there is no such sensor in this firmware")
    return module.make(board, board.bus(bus, address), address, **settings)


def fit(sensing, rows):
    """Make the channels of `sensing` and the sensors behind them, as `Sensing` has them."""
    hung, _, asked = sensing.board.kept().partition(">")
    sensing.hung = [name for name in hung.split(",") + [asked] if name]
    for row in rows:
        channel = Channel(row["number"], row["quantity"], row["scale"])
        sensing.channels.append((channel, _sensor(sensing, row)))
        gc.collect()
    sensing.note("")


def _sensor(sensing, row):
    where = row["driver"], row["bus"], row["address"]
    name = "/".join([str(part) for part in where if part is not None])
    for sensor in sensing.sensors:
        if sensor.name == name:
            return sensor
    sensor = Sensor(name)
    sensing.sensors.append(sensor)
    if name in sensing.hung:
        sensing.fail(sensor, NO_ANSWER, "does not return; left out until the power is off")
        return sensor
    sensing.note(name)
    try:
        sensor.driver = make_sensor(sensing.board, *where, row.get("settings") or {})
    except Exception as error:  # noqa: BLE001  reported, and the channel says "not fitted"
        sensing.fail(sensor, NOT_FITTED, "cannot start: %s" % error)
    return sensor

"""Further stations on the RS-485 line, voltages and pulses of a simulated node.

Registers are those of the makers that the drivers name. What the weather file does not hold is made
up by the hour of the day (illustrative): carbon dioxide, nutrients, the pump, insects.
"""

import math
import struct

from bench import clock, world

WATER_PIN, SOLAR_PIN, PRESSURE_PIN, PLATE_PIN = 32, 35, 36, 39
LITRES_A_SECOND = 0.3


def local_hour(time_s):
    """Hour of the day, with its part, in UTC+8."""
    return (time_s / 3600 + 8) % 24


def daylight(time_s):
    """Share of the brightest light of a clear day, 0 to 1; the sun is up from 6 to 18."""
    return max(0.0, math.sin((local_hour(time_s) - 6) * math.pi / 12))


def pumping(time_s):
    """Whether the pump runs: from 6 to 7 in the morning."""
    return 6 <= local_hour(time_s) < 7


def wetness(time_s):
    """Wetness of a leaf [%]: dew from the humidity of the air."""
    humidity = world.value("relative_humidity", time_s)
    return None if humidity is None else min(100, max(0, (humidity - 80) * 5))


def pulses_a_second(pin):
    """What counts at a pin: litres of the water meter, or insects at night."""
    if pin == WATER_PIN:
        return lambda time_s: LITRES_A_SECOND if pumping(time_s) else 0
    return lambda time_s: 0.002 if not 5 <= local_hour(time_s) < 20 else 0


def volts_at(pin):
    """Voltage at an ADC pin [V]: panel behind its divider, pressure transmitter, leaf plate."""
    now = clock.now()
    if pin == SOLAR_PIN:
        return 20 * min(1, 3 * daylight(now)) / 11
    if pin == PRESSURE_PIN:
        return 0.25 + 2 * (0.3 if pumping(now) else 0)
    if pin == PLATE_PIN:
        return 2.45 * (wetness(now) or 0) / 100
    return 0


def _soil(now):
    moisture = world.value("soil_moisture", now)
    temperature = world.value("soil_temperature", now)
    if moisture is None or temperature is None:
        return None
    return (
        round(max(0, moisture) * 1000),
        round(temperature * 10) & 0xFFFF,
        round(300 + 2000 * moisture),
        72,
        86,
        41,
        133,
    )


def _leaf(now):
    wet = wetness(now)
    return None if wet is None else (round(wet * 10),)


def _wind(now):
    speed = world.value("wind_speed", now)
    return None if speed is None else (round(max(0, speed) * 10),)


def _vane(now):
    direction = world.value("wind_from_direction", now)
    return (round((180 if direction is None else direction) % 360 * 10),)


def _co2(now):
    return 0, 0, 0, round(650 - 250 * daylight(now))


# Of each address: speed, function, registers from 0 on.
STATIONS = {
    2: (4800, 3, _soil),
    3: (9600, 3, _leaf),
    4: (9600, 3, _wind),
    5: (9600, 3, _vane),
    254: (9600, 4, _co2),
}


def answer_of(address, baud, function, register, count):
    """The answer of the station at `address` without its checksum, None where it keeps silent."""
    if address not in STATIONS or STATIONS[address][0] != baud:
        return None
    _, own, registers = STATIONS[address]
    words = registers(clock.now())
    if words is None:
        return None
    if function != own:
        return bytes((address, function | 0x80, 1))
    if register + count > len(words):
        return bytes((address, function | 0x80, 2))
    body = b"".join([struct.pack(">H", word) for word in words[register : register + count]])
    return bytes((address, function, len(body))) + body

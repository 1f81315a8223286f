"""How a shipment fares by now: what its loggers measured, judged against its product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.store import settings_table
from collector.store.coldchain import logger_readings
from collector.store.coldchain.logger_readings import Channel, of_quantity
from collector.store.coldchain.sensor_telling import SettingError
from collector.store.coldchain.shipments import Shipment
from collector.store.postgres.db import Connection
from field_configs.schema import Product
from models.coldchain.exposure import Assumed
from models.coldchain.ride import Ride, judge

#: Setting: what a gap may have been, as "low,high" [degC]. Ours: winter nights of the plain outside
#: of a load, and a closed truck in the sun; no source.
ASSUMED = "coldchain.assumed_c"
ASSUMED_C = Assumed(-5.0, 40.0)
#: Items about shipments; their subject is its code.
ALARMS = ("cold_limit_near", "cold_limit_broken", "cold_unheard")
#: What is sold of a crop under another name than what is stored of it.
STORED_AS = {"peanut": "peanut_dry"}
#: Where the board's step is not known, the door's minutes lie within so long before a sample [s].
STEP_S = 300.0


@dataclass(frozen=True)
class Condition:
    """How a shipment fares: what was measured up to ``at``, and what that says."""

    at: datetime
    channels: tuple[Channel, ...]
    ride: Ride

    def of(self, quantity: str) -> list[Channel]:
        """Return the channels of a quantity."""
        return of_quantity(self.channels, quantity)

    @property
    def heard(self) -> float | None:
        """Time of the newest temperature [s since 1970 UTC]; None where there is none."""
        newest = [last[0] for each in self.of("air_temperature") if (last := each.last())]
        return max(newest) if newest else None

    @property
    def warmest_now(self) -> float | None:
        """The warmest of the sensors' last readings [degC]."""
        newest = [last[1] for each in self.of("air_temperature") if (last := each.last())]
        return max(newest) if newest else None

    @property
    def place(self) -> tuple[float, float, float] | None:
        """When [s since 1970 UTC] and where it was last seen: longitude, latitude [degree]."""
        found = [self.of(f"position_{each}") for each in ("longitude", "latitude")]
        last = [channels[0].last() if channels else None for channels in found]
        if last[0] is None or last[1] is None:
            return None
        return last[0][0], last[0][1], last[1][1]

    @property
    def doors(self) -> list[tuple[float, float]]:
        """When a door stood open: spans of samples within which it did [s since 1970 UTC]."""
        return open_doors(self.of("door_open_duration"))


def open_doors(channels: list[Channel]) -> list[tuple[float, float]]:
    """Return the spans of samples within which a door stood open, neighbours together."""
    found: list[tuple[float, float]] = []
    for each in channels:
        for time, value in zip(each.time, each.value, strict=True):
            if not value > 0:
                continue
            start = float(time) - STEP_S
            if found and start <= found[-1][1]:
                found[-1] = found[-1][0], float(time)
            else:
                found.append((start, float(time)))
    return found


def assumed(conn: Connection) -> Assumed:
    """Return what a gap is taken for.

    Raises
    ------
    SettingError
        When the setting is no range of temperatures.
    """
    text = settings_table.get(conn, ASSUMED)
    if text is None:
        return ASSUMED_C
    try:
        low, high = (float(part) for part in text.split(","))
        return Assumed(low, high)
    except ValueError as error:
        raise SettingError(
            f'setting {ASSUMED} is "{text}"; set it to two temperatures, such as -5,40 ({error})'
        ) from error


def product_of(produce: str, products: Mapping[str, Product]) -> Product | None:
    """Return the product whose limits hold for a produce; None where nobody declared any."""
    return products.get(STORED_AS.get(produce, produce))


def condition(conn: Connection, found: Shipment, product: Product, at: datetime) -> Condition:
    """Judge a shipment by now, or up to its hand-over.

    Parameters
    ----------
    conn : Connection
    found : Shipment
    product : Product
    at : datetime
        Now, aware.
    """
    end = max(found.until or at, found.shipped + timedelta(seconds=1))
    channels = tuple(logger_readings.channels(conn, found.asset, found.shipped, end))
    warm = [(each.time, each.value) for each in of_quantity(channels, "air_temperature")]
    span = found.shipped.timestamp(), end.timestamp()
    doors = open_doors(of_quantity(channels, "door_open_duration"))
    return Condition(end, channels, judge(warm, product, assumed(conn), span, doors))

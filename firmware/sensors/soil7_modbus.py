"""Soil probe of seven quantities on RS-485: moisture, temperature, EC, pH and N, P, K.

Makers number the registers and scale them each in their own way, so the map is a setting: for each
quantity its register and what one count of it is. Without it the map of WoMaster's ES107 (product
page, "Modbus Register Information"): 0x0000 moisture 0.1 %, 0x0001 temperature 0.1 degC signed,
0x0002 conductivity, 0x0003 pH 0.1, 0x0004 to 0x0006 nitrogen, phosphorus, potassium 1 mg/kg. One
count of conductivity is 1 uS/cm as most makers have it (DFRobot's wiki of SEN0604, section 3);
ES107's is 0.1. Another common map (EPCB, ES-SOIL-7-IN-1 manual V2.0): pH at 0x0006, moisture
0x0012, temperature 0x0013, conductivity 0x0015, N, P, K 0x001E to 0x0020 (its pages with the map
were not read: unverified).

A register of -1 says that the probe has no such quantity. What cheap probes call N, P and K follows
from conductivity and is no soil test (unverified: how far it can be trusted).
"""

from firmware import const
from firmware.sensors import _modbus
from firmware.wire.frame import NOT_FITTED, Missing

BUS = "rs485"
QUANTITIES = (10, 9, 11, 12, 21, 22, 23)
SETTINGS = {
    "baud": [1200, 2400, 4800, 9600, 19200, 38400],
    "function": [3, 4],
    "moisture": {"register": (-1, 65535), "scale": (0.00001, 0.1)},
    "temperature": {"register": (-1, 65535), "scale": (0.001, 1)},
    "conductivity": {"register": (-1, 65535), "scale": (0.01, 100)},
    "ph": {"register": (-1, 65535), "scale": (0.001, 1)},
    "nitrogen": {"register": (-1, 65535), "scale": (0.01, 10)},
    "phosphorus": {"register": (-1, 65535), "scale": (0.01, 10)},
    "potassium": {"register": (-1, 65535), "scale": (0.01, 10)},
}
NAMES = ("moisture", "temperature", "conductivity", "ph", "nitrogen", "phosphorus", "potassium")
SCALES = (0.001, 0.1, 1, 0.1, 1, 1, 1)
_SIGNED = const(9)


def make(
    board,
    bus,
    address,
    baud=None,
    function=_modbus.READ_HOLDING,
    moisture=None,
    temperature=None,
    conductivity=None,
    ph=None,
    nitrogen=None,
    phosphorus=None,
    potassium=None,
):
    """Make the driver of the probe at `address` of the RS-485 line; a map is as SETTINGS say."""
    given = (moisture, temperature, conductivity, ph, nitrogen, phosphorus, potassium)
    rows = []
    for place, (quantity, scale, own) in enumerate(zip(QUANTITIES, SCALES, given)):
        own = own or {}
        rows.append((int(own.get("register", place)), quantity, own.get("scale", scale)))
    station = _modbus.Station(board, bus, address or 1, "soil probe", baud, int(function))
    return Soil7Modbus(station, rows)


class Soil7Modbus:
    """One probe behind a `_modbus.Station`; `rows` are (register, quantity id, scale)."""

    def __init__(self, station, rows):
        self.station = station
        self.rows = sorted(rows)

    def measure(self):
        """Return the value of each quantity: m3 m-3, degC, uS cm-1, pH, mg kg-1.

        OSError if the probe does not answer or refuses, ValueError if a checksum is wrong.
        """
        found = {}
        run = []
        for row in self.rows:
            if row[0] < 0:
                found[row[1]] = Missing(NOT_FITTED)
                continue
            if run and row[0] != run[-1][0] + 1:  # what lies between may be refused
                self._read(run, found)
                run = []
            run.append(row)
        self._read(run, found)
        return found

    def _read(self, run, found):
        if not run:
            return
        for word, (_, quantity, scale) in zip(self.station.read(run[0][0], len(run)), run):
            found[quantity] = (_modbus.signed(word) if quantity == _SIGNED else word) * scale

"""How strongly the node hears its network.

Over a modem the RSRP of the serving cell, as it said last (once a connection and once an hour, when
it is awake anyway); over Wi-Fi the RSSI (docs.micropython.org, network.WLAN.status).
"""

from firmware.wire.frame import WARMING_UP, Missing

BUS = "link"
QUANTITIES = (16,)
(SIGNAL_STRENGTH,) = QUANTITIES


def make(board, bus, address):
    """Make the driver; `bus` is what tells the signal in dBm, None where nobody knows it yet."""
    return LinkSignal(bus)


class LinkSignal:
    """The network that `signal_dbm` hears."""

    def __init__(self, signal_dbm):
        self.signal_dbm = signal_dbm

    def measure(self):
        """Return {16: signal [dBm]}, or that none is known yet."""
        value = self.signal_dbm()
        return {SIGNAL_STRENGTH: Missing(WARMING_UP) if value is None else value}

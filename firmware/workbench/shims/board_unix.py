"""The same board on a workbench: an ESP32 whose chips and clock are emulated.

Sampling runs on the workbench's virtual clock, the network on real time.
"""

import instruments as instruments
import machine

from firmware.node import board_esp32


class Board(board_esp32.Board):
    """As the ESP32 board; `machine` is the workbench's and brings the clock and the flash."""

    root = "/flash"
    edge_ms = staticmethod(machine.Pin.edge_ms)

    def _is_esp32(self):
        return True

    @staticmethod
    def lease_ms():
        """Ticks that leases of outputs are counted in: virtual time, and nothing looks at it."""
        return int((machine.clock.now() - machine.clock.start) * 1000)

    def uptime_ms(self):
        """Milliseconds of virtual time since boot."""
        return self.uptime + machine.clock.uptime_ms()

    def modem(self, baud):
        """The workbench's modem; whether there is coverage is told as for the wireless network."""
        return machine.modem()

    def wait_ms(self, ms):
        """Emulated chips are ready at once."""

    def wait(self, socket, sample_ms, link_ms):
        """Rest; `sample_ms` is virtual time and may pass in an instant."""
        real_ms = machine.clock.pass_ms(sample_ms)
        return self._poll(socket, min(real_ms, link_ms))

"""The wireless network of a simulated node: there once its clock is level with the shared one."""

from bench import ASLEEP, clock, fault

STA_IF = 0


class WLAN:
    """A station interface."""

    def __init__(self, interface):
        self.interface = interface
        self.on = False
        self.joins = False

    def active(self, on):
        """Switch it on or off; with the fault ``radio`` it refuses, as one short of memory."""
        self.joins = self.joins and on
        if on and fault("radio"):
            raise OSError("WiFi Out of Memory")
        if self.on and not on:
            print("radio off")
        if on and not self.on and ASLEEP:  # of a node that sleeps deeply, to be counted
            print("radio on")
        self.on = bool(on)

    def connect(self, ssid, password):
        """Accepted once; `isconnected` says when it is there. A second time while it joins it is
        refused as an ESP32 does (micropython issue 17661).
        """
        if self.joins:
            raise OSError("Wifi Internal Error")
        self.joins = True

    def status(self, what):
        """Of ``rssi`` the strength at which the access point is heard [dBm]: always the same."""
        return {"rssi": -61}[what]

    def isconnected(self):
        """False as long as a backlog is made up: the outage that it stands for; and where there is
        no coverage (the fault ``link``).
        """
        return self.on and not clock.behind and fault("link") is None

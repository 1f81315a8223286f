"""What every link tells the uplink: kinds of MQTT packets, and that it failed.

Source: OASIS, MQTT Version 3.1.1, section 2.2.
"""

PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK = 0x30, 0x40, 0x50, 0x62, 0x70, 0x90
PINGRESP = 0xD0


class LinkError(OSError):
    """The connection is gone or the broker broke the protocol."""


class Refused(LinkError):
    """The broker is there and does not let us in."""

"""What carries a board's messages: Wi-Fi, or a modem and how that spares the battery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from field_configs.reading import Section

IP, NBIOT = "ip", "nbiot"
KINDS = (IP, NBIOT)
#: Most that the timers of 3GPP TS 24.008, tables 10.5.163a and 10.5.163, and the longest cycle of
#: eDRX can hold [s].
MOST_PERIODIC_S, MOST_ACTIVE_S, MOST_EDRX_S = 35_712_000, 11_160, 10_485


def take_link(section: Section) -> Mapping[str, Any]:
    """Take a board's link as node.json has it; without the table it is Wi-Fi."""
    if not section.has("link"):
        return {"kind": IP}
    part = section.table("link")
    link: dict[str, Any] = {"kind": part.choice("kind", KINDS, "link")}
    if part.has("psm"):
        psm = part.table("psm")
        link["psm"] = {
            "periodic_s": psm.whole("periodic_s", 60, MOST_PERIODIC_S, "s"),
            "active_s": psm.whole("active_s", 0, MOST_ACTIVE_S, "s"),
        }
        psm.close()
        part.bad |= psm.bad
    if part.has("edrx_s"):
        link["edrx_s"] = part.whole("edrx_s", 1, MOST_EDRX_S, "s")
    if part.has("baud"):
        link["baud"] = part.one_of("baud", (9600, 19200, 38400, 57600, 115200))
    if part.has("rai"):
        link["rai"] = part.flag("rai", default=False)
    part.close()
    if not part.bad and link["kind"] == IP and len(link) > 1:
        part.fail("kind", f'"ip" has no modem to set up: give "{NBIOT}", or take the rest out')
    section.bad |= part.bad
    return link

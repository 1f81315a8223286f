"""The time that the network told the modem, if it has.

Source: A (of link_nbiot) 12.1: the clock is set when the network sends EMM INFORMATION, and its
time is the local one with the zone in quarters of an hour, as 3GPP TS 27.007, 8.15, has it. What
it says before that is told nowhere (unverified); others say 1970, 1980 or 2004 then, and no year
before 2010 is taken for a time (`Clock.guess`). A modem that gives UTC and a zone beside it, as
some do, is found out by the server's time.
"""

from firmware import const
from firmware.node.at_line import ModemError
from firmware.node.clock import seconds

_LENGTH = const(20)  # YY/MM/DD,hh:mm:ss+zz
_MOST_ZONE = const(56)  # quarters; UTC+14


def ask(modem):
    """Tell `modem.told` what time the network says that it is; one that has none fails nothing."""
    try:
        lines = modem.ask("AT+CCLK?")
    except ModemError as error:
        if error.code is None:
            raise
        return
    for line in lines:
        if line.startswith(b"+CCLK:"):
            utc = utc_of(line[6:].decode().strip(' "'))
            if utc is not None:
                modem.told(utc, "modem")


def utc_of(text):
    """Seconds since 1970 of a time with its zone, None where it is none."""
    if len(text) != _LENGTH or text[17] not in "+-":
        return None
    try:
        year, month, day, hour, minute, second, zone = [
            int(text[at : at + 2]) for at in range(0, _LENGTH, 3)
        ]
    except ValueError:
        return None
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        return None
    if zone > _MOST_ZONE:
        return None
    zone = -zone if text[17] == "-" else zone
    return seconds(2000 + year, month, day) + hour * 3600 + minute * 60 + second - zone * 900

"""The time of a time server, for a node that does not hear the server.

Source: RFC 4330 (SNTP version 4), 4 for the message, 5 for what an answer must be, 8 for a server
that wants no more questions, 3 for the era that begins in 2036. Our mark is no time but random, as
the server only repeats it.
"""

import os
import socket

from firmware import const

_PORT = const(123)
_TIMEOUT_S = const(2)
_BYTES = const(48)
_ASK = const(b"\x23")  # version 4, client
_NOT_IN_STEP = const(3)
_SERVER = const(4)
_LAST_STRATUM = const(15)
_SENT_AT = const(40)
_SINCE_1900 = const(2208988800)


def ask(link):
    """Tell `link.told` what time ``link.ntp`` says that it is, or why that is none.

    One that denies us is not asked again; one that is not there is nothing to tell of.
    """
    host, _, port = link.ntp.partition(":")
    mark = os.urandom(8)
    try:
        where = socket.getaddrinfo(host, int(port or _PORT), socket.AF_INET, socket.SOCK_DGRAM)
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            line.settimeout(_TIMEOUT_S)
            line.connect(where[0][-1])
            line.send(_ASK + bytes(_SENT_AT - 1) + mark)
            answer = line.recv(_BYTES)
        finally:
            line.close()
    except (OSError, ValueError, IndexError):
        return
    utc = utc_of(answer, mark)
    if utc == "denied":
        link.ntp = None
    link.told(utc, "ntp")


def utc_of(answer, mark):
    """Seconds since 1970 in an answer to the question with `mark`, or why there are none."""
    if len(answer) < _BYTES or answer[0] & 7 != _SERVER:
        return "no answer of a server"
    if answer[24:32] != mark:
        return "another's answer"
    if answer[1] == 0:
        return "denied"
    if answer[1] > _LAST_STRATUM or answer[0] >> 6 == _NOT_IN_STEP:
        return "not in step"
    sent = int.from_bytes(answer[_SENT_AT : _SENT_AT + 4], "big")
    if sent == 0:
        return "no time"
    if not sent >> 31:
        sent += 1 << 32
    return sent - _SINCE_1900

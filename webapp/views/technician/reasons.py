"""Why a node refused, gave up or undid something: its own words, in the reader's language."""

from __future__ import annotations

import re
from typing import Any

from collector.store.network.roll_outs import SILENT
from webapp.language.i18n import lazy_gettext

#: What programs of nodes say (`firmware/node`), and what it means here. A node can say no more than
#: what it is, in English and short; what another release of it says is shown as it is.
KNOWN: tuple[tuple[str, Any], ...] = (
    (
        r"no update key: .*",
        lazy_gettext("it knows no key of updates: enrol it with one and flash it anew"),
    ),
    (
        r"no slots: .*",
        lazy_gettext("it has no room for two programs: flash it once with an image of now"),
    ),
    (r"bad signature", lazy_gettext("the update is not signed with the key that it trusts")),
    (
        r"other target: (?P<offered>.+), this is (?P<own>.+)",
        lazy_gettext("the update is for %(offered)s, and it is %(own)s"),
    ),
    (
        r"not newer: (?P<offered>\d+), (?P<newest>\d+) was confirmed",
        lazy_gettext("the update is not newer: number %(offered)s, it had %(newest)s already"),
    ),
    (r"another update on trial", lazy_gettext("it was trying another update")),
    (re.escape(SILENT), lazy_gettext("not heard since it began to try it")),
    (r"no memory", lazy_gettext("it had not memory enough")),
    (
        r"started (?P<times>\d+) times without an answer",
        lazy_gettext("it started %(times)s times, and no answer came from here"),
    ),
    (
        r"not acknowledged in (?P<seconds>\d+) s",
        lazy_gettext("no answer came from here within %(seconds)s s"),
    ),
    (
        r"(?P<file>\S+): (has another digest|cannot be inflated|is longer when inflated), "
        r"(?P<times>\d+) times",
        lazy_gettext("%(file)s came with wrong bytes %(times)s times"),
    ),
    (
        r"no module deflate: .*",
        lazy_gettext("its MicroPython is too old for updates: flash one of 1.21 or later"),
    ),
    (
        r"\S+: no room: (?P<wanted>\d+) blocks of (?P<block>\d+) bytes wanted, (?P<free>\d+) free",
        lazy_gettext("its flash has no room: %(wanted)s blocks wanted, %(free)s free"),
    ),
    (
        r"(?P<file>\S+): \[Errno (?P<number>\d+)\].*",
        lazy_gettext("%(file)s could not be written to its flash (error %(number)s)"),
    ),
    (
        r"(?P<what>update|key|config|head|part|manifest): must be .*",
        lazy_gettext("it could not read what it was told: %(what)s"),
    ),
    (r"ended with (?P<error>.+)", lazy_gettext("its program ended with an error: %(error)s")),
    (
        r"key: the broker knows .*",
        lazy_gettext("the broker knows its key for TLS: enrol it anew instead"),
    ),
    (
        r"config: (?P<window>.+) s must be from (?P<low>\d+) to (?P<high>\d+)",
        lazy_gettext("the time to try it must be from %(low)s to %(high)s s, not %(window)s"),
    ),
    (r"nothing to change", lazy_gettext("there was nothing to change")),
    (
        r"(?P<name>\S+): no key that can be changed from afar",
        lazy_gettext("%(name)s cannot be changed from here"),
    ),
    (
        r"(?P<name>\S+): (?P<value>.+) must be from (?P<low>\d+) to (?P<high>\d+)",
        lazy_gettext("%(name)s must be from %(low)s to %(high)s, not %(value)s"),
    ),
    (
        r"(?P<name>\S+): (is not whole|must be a list of channels|is of the wrong kind)",
        lazy_gettext("%(name)s is not as it must be"),
    ),
    (
        r"no such command: (?P<word>.*)",
        lazy_gettext("its program does not know the command %(word)s: update it"),
    ),
)
_KNOWN = tuple((re.compile(pattern, re.DOTALL), said) for pattern, said in KNOWN)


def reason(said: str) -> str:
    """Say in the reader's language why a node did not do something; as it is where unknown."""
    for pattern, text in _KNOWN:
        if found := pattern.fullmatch(said):
            named = found.groupdict()
            return str(text) % named if named else str(text)
    return said

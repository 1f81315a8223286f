"""Identifiers of those who have no company prefix: private URIs under this installation's host.

GS1's vocabulary lets a private identifier be a URL of a host that its maker holds, with ``class``
before a lot and ``obj`` before a thing, ``loc`` before a place. The party stands before that word:
by the code that the national traceability platform gave it as a subject (追溯主体身份码), or by its
unified social credit code (统一社会信用代码). What the platform's codes are made of is not public
(unverified); so only their characters are held to be letters and digits.

References
----------
GS1 Core Business Vocabulary 2.0, section 8 (private or industry-wide HTTP URLs).
"""

from __future__ import annotations

import re

USES = ("class", "obj", "loc")
SUBJECT = re.compile(r"[0-9A-Z]{6,32}")
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
URI = re.compile(rf"https://([^/]+)/subject/([^/]+)/({'|'.join(USES)})/([^/]+)")


class PrivateError(ValueError):
    """A private identifier cannot be made so; the message names what and the mend."""


def private_uri(host: str, subject: str, use: str, code: str) -> str:
    """Name a lot, a thing or a place of a party without a company prefix.

    Parameters
    ----------
    host : str
        Host of the installation, for good: identifiers do not move with it.
    subject : str
        Code of the party on the national platform, or its unified social credit code.
    use : str
        ``class`` for a lot, ``obj`` for one thing, ``loc`` for a place.
    code : str
        What the party calls it, for instance the code of a lot.

    Raises
    ------
    PrivateError
        When a part holds what a URI of this form cannot.
    """
    if use not in USES:
        raise PrivateError(f'"{use}": say one of {", ".join(USES)}')
    for name, pattern, text in (("host", HOST, host), ("subject", SUBJECT, subject)):
        if not pattern.fullmatch(text):
            raise PrivateError(f'{name} "{text}": write only letters and digits, without a blank')
    if not CODE.fullmatch(code):
        raise PrivateError(
            f'code "{code}": write 1 to 40 letters, digits, points, dashes or underlines'
        )
    return f"https://{host}/subject/{subject}/{use}/{code}"


def parse_private(uri: str) -> tuple[str, str, str, str] | None:
    """Return host, subject, use and code of a private identifier; None for any other URI.

    Parameters
    ----------
    uri : str
    """
    match = URI.fullmatch(uri)
    return (match[1], match[2], match[3], match[4]) if match else None

"""Mobile numbers of mainland China: as people write them, as they are kept, as others see them.

They have eleven digits, network code 3, 4 and 4, and begin with 13 to 19 (Ministry of Industry and
Information Technology: 我国公众移动通信网网号及H0分配情况（截至2023年3月底）, 5 June 2023).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from field_configs.events import Event, event

NUMBER = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")
KEPT = re.compile(r"\+861[3-9][0-9]{9}")
BETWEEN = re.compile(r"[\s().\-‐‑‒–—−·]")
MARK = b"nongqing phone 1\n"


class PhoneError(ValueError):
    """What was entered is no mobile number of mainland China.

    Attributes
    ----------
    event : Event
        What is wrong with it, to be said in the reader's language.
    """

    def __init__(self, said: Event) -> None:
        super().__init__(str(said))
        self.event = said


def normalise_phone(text: str) -> str:
    """Return a number as it is kept, ``+8613812341234``.

    Parameters
    ----------
    text : str
        As somebody typed or pasted it: with spaces, dashes, brackets, full-width digits, invisible
        characters, and with or without +86, 0086 or 86.

    Raises
    ------
    PhoneError
        When it is no such number.
    """
    shown = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc"))
    plain = BETWEEN.sub("", unicodedata.normalize("NFKC", shown))
    match = NUMBER.fullmatch(plain)
    if match is not None:
        return f"+86{match[1]}"
    raise PhoneError(_trouble(plain))


def _trouble(plain: str) -> Event:
    if not plain:
        return event("phone_empty")
    if not re.fullmatch(r"\+?[0-9]+", plain):
        return event("phone_characters")
    if re.match(r"\+(?!86)|00(?!86)", plain):
        return event("phone_foreign")
    digits = re.sub(r"^(?:\+86|0086)", "", plain)
    if re.match(r"1[3-9]", digits):
        return event("phone_length", digits=len(digits))
    return event("phone_not_mobile")


def mask_phone(phone: str) -> str:
    """Return what others may see of a number that is kept: ``138****1234``."""
    return f"{phone[3:6]}****{phone[-4:]}" if KEPT.fullmatch(phone) else "****"


def phone_digest(phone: str) -> bytes:
    """Return the SHA-256 by which one number's messages are found.

    It keeps numbers out of lists and dumps; it does not hide them from who tries all numbers.
    """
    return hashlib.sha256(MARK + phone.encode()).digest()

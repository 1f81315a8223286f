"""Mobile numbers as people type them."""

from __future__ import annotations

import unicodedata


def normal(text: str) -> str | None:
    """Return a mainland mobile number as E.164, None where it is none.

    Parameters
    ----------
    text
        As typed: blanks, dashes, full-width digits and +86 or 0086 are read.
    """
    digits = "".join(
        each for each in unicodedata.normalize("NFKC", text) if each not in " -()\u3000\t"
    )
    for prefix in ("+86", "0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
            digits = digits[len(prefix) :]
            break
    fine = len(digits) == 11 and digits.isascii() and digits.isdigit() and digits[0] == "1"
    return f"+86{digits}" if fine and digits[1] in "3456789" else None


def masked(phone: str) -> str:
    """Return a number that tells its owner which it is, and nobody else: ``138****1234``."""
    digits = phone.removeprefix("+86")
    return f"{digits[:3]}****{digits[-4:]}"

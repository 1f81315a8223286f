"""Mobile numbers where none is no error: an account may be named by something else."""

from __future__ import annotations

from collector.phone import PhoneError, normalise_phone


def normal(text: str) -> str | None:
    """Return a mainland mobile number as it is kept, None where it is none.

    Parameters
    ----------
    text
        As typed.
    """
    try:
        return normalise_phone(text)
    except PhoneError:
        return None

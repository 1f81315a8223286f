"""What a name may be: of a village, a field, a person, a product; wherever people write one.

A name is shown to others and compared with others. One made of characters that nobody sees looks
like none, or like somebody else's; one that turns the direction of writing makes the rest of its
line read as something else. Where such characters have a use (joiners within emoji), names of this
registry have none.
"""

from __future__ import annotations

import unicodedata

#: Unicode's general categories that no name holds: control, format (direction, zero width), half of
#: a pair, private, line and paragraph separators.
REFUSED = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
#: What looks like a blank and is a letter or mark to Unicode: fillers, joiners, blank Braille.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def is_refused(character: str) -> bool:
    """Tell whether no name may hold a character."""
    return character in BLANK or unicodedata.category(character) in REFUSED


def unseen(text: str, *, lines: bool = False) -> str | None:
    """Name the first character of a text that no name may hold, as ``U+202E``; None without one.

    Parameters
    ----------
    text : str
        A name, or with `lines` a text that may have several lines and tabs.
    lines : bool
        Whether line ends and tabs are allowed.
    """
    for each in text:
        if not (lines and each in "\n\r\t") and is_refused(each):
            return f"U+{ord(each):04X}"
    return None


def visible(text: str) -> str:
    """Return a text to look for, without what no name holds, with single blanks."""
    return " ".join("".join(" " if is_refused(each) else each for each in text).split())

"""Which lots are sampled: drawn by chance from a seed, so that anybody can draw the same again.

Townships get samples by how many lots they have. In a township every lot has a weight, and lots of
more weight are drawn sooner: lots of who was never sampled, and of whom a test had failed. Chance
is SHA-256 of seed and lot, and not a generator whose numbers change with its version.

References
----------
Efraimidis, P. S. and Spirakis, P. G. (2006). Weighted random sampling with a reservoir. Information
Processing Letters 97, 181-185. https://doi.org/10.1016/j.ipl.2005.11.003
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: How much sooner a lot is drawn; ours, no source gives figures (unverified).
NEVER_SAMPLED, FAILED_BEFORE = 2.0, 3.0


@dataclass(frozen=True)
class Candidate:
    """A lot that may be drawn.

    ``stratum`` is the code of its township, or of the county of a village without one; `never`
    whether nobody sampled its owner's lots before, `failed` whether a test of theirs failed.
    """

    lot: str
    stratum: str
    never: bool
    failed: bool

    @property
    def weight(self) -> float:
        """How much sooner it is drawn than a lot of which nothing is known but good."""
        return (NEVER_SAMPLED if self.never else 1.0) * (FAILED_BEFORE if self.failed else 1.0)


def shares(counts: Mapping[str, int], samples: int) -> dict[str, int]:
    """Share samples out by the number of lots, by largest remainders; ties go by code.

    Parameters
    ----------
    counts : mapping of str to int
        Lots of each stratum.
    samples : int
        At most as many as there are lots.

    Raises
    ------
    ValueError
        When there are not so many lots.
    """
    whole = sum(counts.values())
    if samples > whole:
        raise ValueError(f"{samples} samples: there are {whole} lots; ask for so many at most")
    exact = {each: samples * count / whole for each, count in counts.items()}
    found = {each: int(share) for each, share in exact.items()}
    rest = sorted(exact, key=lambda each: (found[each] - exact[each], each))
    for each in rest[: samples - sum(found.values())]:
        found[each] += 1
    return found


def _chance(seed: str, lot: str) -> float:
    digest = hashlib.sha256(f"{seed}\n{lot}".encode()).digest()
    return (int.from_bytes(digest[:7], "big") + 0.5) / 2**56


def draw(frame: Sequence[Candidate], samples: int, seed: str) -> list[str]:
    """Draw lots.

    Parameters
    ----------
    frame : sequence of Candidate
        Every lot that may be drawn, in any order.
    samples : int
    seed : str

    Returns
    -------
    list of str
        Lots, by stratum and in it as they were drawn.

    Raises
    ------
    ValueError
        When there are not so many lots.
    """
    strata: dict[str, list[Candidate]] = defaultdict(list)
    for each in frame:
        strata[each.stratum].append(each)
    wanted = shares({each: len(strata[each]) for each in sorted(strata)}, samples)
    drawn = []
    for stratum, count in wanted.items():
        order = sorted(
            strata[stratum],
            key=lambda each: (-math.log(_chance(seed, each.lot)) / each.weight, each.lot),
        )
        drawn += [each.lot for each in order[:count]]
    return drawn

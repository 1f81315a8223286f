"""The villages and communities of a region, as the statistical office lists them.

``regions/<region>_villages.csv`` holds code and registered name of each: for Puyang the division
codes for statistics (National Bureau of Statistics, 统计用区划代码, edition of 2023), as the npm
package china-division 2.7.0 (MIT) gives them. The list names no positions.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from pypinyin import lazy_pinyin

from field_configs.load import load
from field_configs.schema import Configs, County, Township, Village

REGIONS = Path(__file__).parent / "regions"
#: What a committee is called; people name the place, not its committee.
_COMMITTEE = re.compile(r"(村民委员会|村委会|居民委员会|居委会)$")
_KINDS = {"村": "Village", "社区": "Community"}


@cache
def sound(name: str) -> tuple[str, ...]:
    """The syllables of a Chinese name in Hanyu Pinyin, without tones."""
    return tuple(lazy_pinyin(name))


def short_name(registered: str) -> str:
    """A village's name as people say it: 东赵楼村委会 is 东赵楼村, 京东社区居民委员会 京东社区."""
    committee = _COMMITTEE.search(registered)
    if committee is None:
        return registered
    rest = registered[: committee.start()]
    if not rest or rest.endswith(tuple(_KINDS)):
        return rest or registered
    return rest + ("村" if "村" in committee[1] else "居委会")


def english_name(short: str) -> str:
    """A village's name in Hanyu Pinyin, with what it is: Dongzhaolou Village."""
    for ending, kind in _KINDS.items():
        stem = short.removesuffix(ending)
        if stem and stem != short:
            return f"{''.join(sound(stem)).capitalize()} {kind}"
    stem = short.removesuffix("居委会")
    return f"{''.join(sound(stem)).capitalize()} Residents' Committee"


def village_list(
    region: str,
    counties: Mapping[str, County],
    townships: Mapping[str, Township],
    folder: Path = REGIONS,
) -> list[Village]:
    """Read the villages of a region; their id is their code of twelve digits.

    Parameters
    ----------
    region : str
        Stem of its file in ``regions/``.
    counties, townships : mapping
        What is declared; the code says which a village lies in.
    folder : Path
        Where regions are declared.

    Returns
    -------
    list of Village
        Without positions, in the order of the file.

    Raises
    ------
    ValueError
        When there is no list, or a line of it is no village; the message names it and the mend.
    """
    path = folder / f"{region}_villages.csv"
    if not path.is_file():
        raise ValueError(
            f"{path}: there is no list of villages of a region {region}; "
            "write one with the columns code,name"
        )
    found: list[Village] = []
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.reader(lines), 1):
            if number > 1:
                found.append(_village(row, f"{path}:{number}", counties, townships))
    return found


def load_list(region: str) -> Configs:
    """Read all types as `field_configs.load.load` does, and the villages of a region's list.

    Raises
    ------
    ConfigErrors, ValueError
        As `load` and `village_list` do.
    """
    configs = load(site=None)
    listed = village_list(region, configs.counties, configs.townships)
    return replace(configs, villages={each.id: each for each in listed})


def _village(
    row: list[str], where: str, counties: Mapping[str, County], townships: Mapping[str, Township]
) -> Village:
    if len(row) != 2 or not re.fullmatch(r"\d{12}", row[0]) or not row[1].strip():
        raise ValueError(f"{where}: is no village; write its code of twelve digits, then its name")
    code, name = row
    if code[:6] not in counties or code[:9] not in townships:
        raise ValueError(
            f"{where}: {name} lies in township {code[:9]}, which is not declared; declare it in "
            "regions/"
        )
    short = short_name(name)
    return Village(code, short, english_name(short), code[:6], code[:9], None, None, "unknown")

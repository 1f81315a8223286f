"""Files to start from: the first line with every column, and a line as an example.

The example names a field of the demonstration: elsewhere it is refused, and does no harm.
"""

from __future__ import annotations

import csv
import io

from field_configs.words import Words

KINDS = ("scouting", "works", "forecast", "observed")
#: Makes spreadsheet programs read the file as UTF-8.
MARK = "\ufeff"

_REPORT = {
    "field": "qf-liuge-1",
    "hazard": "wheat_fhb",
    "date": "2016-05-08",
    "found": "no",
    "crop": "winter_wheat",
    "treated": "no",
    "severity": "",
    "source": "scouting",
    "observer": "",
    "note": "",
}
_WORK = {
    "field": "qf-liuge-1",
    "work": "irrigation",
    "date": "2016-05-03",
    "product": "",
    "target": "",
    "amount": "60",
    "done": "yes",
    "observer": "",
    "note": "",
}
_HOUR = {
    "place": "qf-liuge",
    "time": "2016-05-01 08:00",
    "air_temperature": "15.5",
    "relative_humidity": "80",
    "precipitation_amount": "0",
    "wind_speed": "2.4",
}
_ISSUED = {"issued": "2016-05-01 05:00"}
#: What stands behind a column's name.
_NOTES = {
    "air_temperature": " (℃)",
    "relative_humidity": " (%)",
    "precipitation_amount": " (mm)",
    "wind_speed": " (m/s) (10 m)",
    "severity": " (%)",
}
#: Chinese words of the example.
_CHINESE = {
    "scouting": {"found": "否", "treated": "否"},
    "works": {"done": "是"},
}


def template(kind: str, language: str) -> str:
    """Return a file of a kind to start from, as CSV.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    language : str
        Language of the columns' names.
    """
    line = dict({"scouting": _REPORT, "works": _WORK}.get(kind, _HOUR))
    if kind == "forecast":
        line |= _ISSUED
    words = Words.load(language)
    if language == "zh_CN":
        line |= _CHINESE.get(kind, {})
        named = {"hazard": "hazard.{}.name", "crop": "crop.{}", "work": "work.{}"}
        line |= {k: words.text(key.format(line[k])) for k, key in named.items() if k in line}
    names = [words.text(f"column.name.{column}") + _NOTES.get(column, "") for column in line]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerow(line.values())
    return MARK + text.getvalue()

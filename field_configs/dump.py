"""A site back to TOML: what `load` would read again as the same records."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import TypeAlias

from field_configs.device import Device, Network
from field_configs.schema import (
    Configs,
    Field,
    Node,
    Placement,
    Season,
    StageObservation,
    Village,
)

Value: TypeAlias = str | int | float | bool | date
Row: TypeAlias = Village | Field | Season | StageObservation | Placement | Node | Network | Device


def site_text(configs: Configs) -> str:
    """Write a site's places, nodes, devices, seasons and observations as TOML.

    Parameters
    ----------
    configs : Configs
        What was loaded, or what the registry holds; regions, crops and boards are not written.

    Returns
    -------
    str
        The text of a file for ``sites/``; values that are None are left out.
    """
    tables: tuple[tuple[str, Iterable[Row]], ...] = (
        ("villages", configs.villages.values()),
        ("fields", configs.fields.values()),
        ("placements", configs.placements.values()),
        ("nodes", configs.nodes.values()),
        ("networks", configs.networks.values()),
        ("devices", configs.devices.values()),
        ("seasons", configs.seasons),
        ("stage_observations", configs.stage_observations),
    )
    return "\n".join(_table(name, row) for name, rows in tables for row in rows)


def _table(name: str, row: Row) -> str:
    lines = [f"[[{name}]]"]
    for entry in fields(row):
        value = getattr(row, entry.name)
        if entry.name not in ("channels", "values") and value is not None:
            lines.append(f"{entry.name} = {_value(value)}")
    if isinstance(row, Node):
        lines += ["", "[nodes.channels]"]
        lines += [f"{number} = {_value(place)}" for number, place in sorted(row.channels.items())]
    if isinstance(row, Device):
        for name, each in sorted(row.values.items()):
            lines += ["", "[[devices.values]]", f"name = {_value(name)}"]
            given = {entry.name: getattr(each, entry.name) for entry in fields(each)}
            lines += [f"{key} = {_value(x)}" for key, x in given.items() if x not in ("", None)]
    return "\n".join(lines) + "\n"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date):
        return value.isoformat()
    return repr(value)

"""Settings of a driver, taken as its file allows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from field_configs.reading import Section


def take_settings(table: Section, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Take the settings that are given, each as `field_configs.drivers.Driver` says."""
    settings: dict[str, Any] = {}
    for name, kind in wanted.items():
        if not table.has(name):
            continue
        if isinstance(kind, dict):
            inner = table.table(name)
            settings[name] = take_settings(inner, kind)
            table.bad |= inner.bad
        elif isinstance(kind, list):
            settings[name] = table.one_of(name, kind)
        elif isinstance(kind, str):
            settings[name] = table.matching(name, kind)
        else:
            settings[name] = table.number(name, kind[0], kind[1], "")
    table.know(wanted)
    table.close()
    return settings

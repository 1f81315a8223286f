"""Answers as JSON: what is no number is null, the status is its word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import Any

from models.risk.answers import RiskStatus
from models.risk.hazard import STATUS


def status_json(status: RiskStatus) -> dict[str, Any]:
    """Return an answer as what JSON has words for."""
    return _plain(asdict(status)) | {"status": STATUS[status.status]}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, Mapping):
            value = _plain(value)
        elif isinstance(value, float) and not isfinite(value):
            value = None
        plain[key] = value
    return plain

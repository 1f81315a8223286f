"""A load looks at each record a fixed number of times, however many there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from field_configs import references
from field_configs.load import load
from tests.bench.registry import write_big_site


def test_an_observation_is_held_against_the_seasons_of_its_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = write_big_site(tmp_path, 5, 60)
    looks = []
    holds = references._holds

    def counting(*arguments: object) -> bool:
        looks.append(arguments)
        return holds(*arguments)

    monkeypatch.setattr(references, "_holds", counting)
    assert len(load(tmp_path, site).stage_observations) == 60
    assert len(looks) == 60

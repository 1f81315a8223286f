"""What is written as TOML is read again as the same records."""

from __future__ import annotations

import shutil
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from field_configs.dump import site_text
from field_configs.load import ROOT, load
from field_configs.names import unseen


def test_shipped_site_round_trip(folder):
    configs = load(folder.root)
    folder.write("sites/again.toml", site_text(configs))
    assert load(folder.root, "again") == configs


def test_a_wetness_threshold_round_trip(folder):
    folder.change(
        "sites/demo.toml",
        'quantity = "soil_moisture"\nheight_m = -0.2',
        'quantity = "relative_humidity"\nheight_m = 1.5\nwet_threshold = 87.5',
    )
    folder.change("sites/demo.toml", '1 = "liuge-1-sm"\n', "")
    configs = load(folder.root)
    assert configs.placements["liuge-1-sm"].wet_threshold == 87.5
    folder.write("sites/again.toml", site_text(configs))
    assert load(folder.root, "again") == configs


def test_demo_round_trip(tmp_path):
    root = tmp_path / "field_configs"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__", "words"))
    configs = load(root)
    (root / "sites" / "again.toml").write_text(site_text(configs), encoding="utf-8")
    assert load(root, "again") == configs


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.text(st.characters(codec="utf-8"), min_size=1).filter(
        lambda text: text.strip() and not unseen(text, lines=True)
    ),
    east=st.floats(114.8, 116.1),
    area=st.none() | st.floats(0.001, 10000),
)
def test_any_name_and_number_round_trip(folder, name, east, area):
    """Quotes, backslashes, line breaks, control characters and long floats come back."""
    configs = load(folder.root)
    village = replace(configs.villages["liuge"], zh=name, longitude=east)
    field = replace(configs.fields["liuge-1"], en=name, area_ha=area)
    changed = replace(configs, villages={"liuge": village}, fields={"liuge-1": field})
    folder.write("sites/again.toml", site_text(changed))
    assert load(folder.root, "again") == changed

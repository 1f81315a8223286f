"""A small sound configuration that a test may break in one place."""

from __future__ import annotations

from pathlib import Path

import pytest

from field_configs.load import load
from field_configs.schema import ConfigError, ConfigErrors

REGION = """
[region]
zh = "濮阳市"
en = "Puyang"
west = 114.8
south = 35.3
east = 116.1
north = 36.3
source = "test"

[[counties]]
code = "410922"
zh = "清丰县"
en = "Qingfeng County"

[[counties]]
code = "410928"
zh = "濮阳县"
en = "Puyang County"

[[townships]]
code = "410922104"
county = "410922"
zh = "柳格镇"
en = "Liuge Town"
"""

CROP = """
eppo = "TRZAW"
zh = "冬小麦"
en = "winter wheat"
base_c = 0
upper_c = 30
season = "autumn"
shortest_days = 200
longest_days = 270
source = "test"

[[sow_window]]
start = "10-04"
end = "10-20"
source = "test"

[[stages]]
bbch = 0
zh = "播种"
en = "sowing"
degree_days = 0
verified = true
source = "by definition"

[[stages]]
bbch = 61
zh = "扬花"
en = "flowering"
degree_days = 1494
verified = true
source = "test"
"""

BOARD = """
zh = "一号板"
en = "Board 1"
sample_s = 600
samples_per_frame = 6

[[channels]]
number = 0
quantity = "air_temperature"
driver = "sht4x"
bus = "i2c"
address = 68
height_m = 2.0

[[channels]]
number = 1
quantity = "soil_moisture"
driver = "soil_modbus"
bus = "rs485"

[[channels]]
number = 2
quantity = "precipitation_amount"
driver = "tipping_bucket"
bus = "pulse"

[[channels]]
number = 3
quantity = "soil_temperature"
driver = "soil_modbus"
bus = "rs485"
"""

SITE = """
[[villages]]
id = "liuge"
zh = "柳格村"
en = "Liuge"
county = "410922"
township = "410922104"
longitude = 115.1
latitude = 36.0
position = "illustrative"

[[fields]]
id = "liuge-1"
village = "liuge"
zh = "一号地"
en = "Field 1"
kind = "open"
area_ha = 1.5

[[seasons]]
field = "liuge-1"
crop = "wheat"
resistance = "MS"
sown = 2015-10-08
previous_crop = "other"

[[stage_observations]]
field = "liuge-1"
crop = "wheat"
date = 2016-05-06
bbch = 61
by = "test"

[[placements]]
id = "liuge-1-t"
field = "liuge-1"
quantity = "air_temperature"
height_m = 2.0

[[placements]]
id = "liuge-1-sm"
field = "liuge-1"
quantity = "soil_moisture"
height_m = -0.2

[[nodes]]
id = "qf-001"
board = "b1"
field = "liuge-1"

[nodes.channels]
0 = "liuge-1-t"
1 = "liuge-1-sm"
"""


class Folder:
    """A configuration folder on disk that a test edits by replacing text."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in {
            "regions/puyang.toml": REGION,
            "crops/wheat.toml": CROP,
            "boards/b1.toml": BOARD,
            "sites/demo.toml": SITE,
        }.items():
            self.write(name, text)

    def write(self, name: str, text: str | bytes) -> None:
        """Write a file below the folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def change(self, name: str, old: str, new: str) -> None:
        """Replace the first occurrence of a text that must be there."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def add(self, name: str, text: str) -> None:
        """Append to a file."""
        self.write(name, (self.root / name).read_text(encoding="utf-8") + text)

    def errors(self) -> tuple[ConfigError, ...]:
        """Load the folder, which must fail, and give its errors."""
        with pytest.raises(ConfigErrors) as caught:
            load(self.root)
        return caught.value.errors

    def only_error(self) -> ConfigError:
        """Load the folder, which must fail with one error, and give it."""
        errors = self.errors()
        assert len(errors) == 1, [str(error) for error in errors]
        return errors[0]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A sound configuration in a folder called field_configs."""
    return Folder(tmp_path / "field_configs")

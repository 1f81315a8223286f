"""The types of everything that field_configs declares: places, crops, products, boards, nodes.

Every record is frozen. Identifiers are strings; national division codes are kept as text
because they are names, not numbers. Dates are local days (Asia/Shanghai).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from field_configs.acting import BoardOutput, BoardRule
from field_configs.battery import Battery, PowerPolicy, Solar
from field_configs.device import Device, Network

RESISTANCE_CLASSES = ("VS", "S", "MS", "MR")
FIELD_KINDS = ("open", "greenhouse", "depot")
POSITIONS = ("illustrative", "surveyed", "unknown")
#: What kind of food something is; who may need a certificate of commitment is decided by it.
PRODUCE_CATEGORIES = ("vegetable", "fruit", "tea", "grain", "oil", "other")
SEASON_NAMES = ("autumn", "spring", "summer", "greenhouse")
WET_THRESHOLDS = (70, 100)
OTHER_PREVIOUS_CROPS = ("fallow", "other")


@dataclass(frozen=True, slots=True)
class Region:
    """The area a deployment serves, with the box (WGS 84) its villages must lie in."""

    id: str
    zh: str
    en: str
    west: float
    south: float
    east: float
    north: float
    source: str


@dataclass(frozen=True, slots=True)
class County:
    """A county-level unit under its GB/T 2260 code (six digits)."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Township:
    """A township-level unit under its nine-digit code (GB/T 10114, county code + three digits)."""

    code: str
    county: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One growth stage of a crop.

    ``degree_days`` [degC d] are counted from sowing or transplanting above the crop's base
    temperature up to the first day of the stage; None where no source was found. ``verified``
    says whether that figure was read in a published source that was fitted in the North China
    Plain; ``source`` names it, or says why the figure is absent or provisional.
    """

    bbch: int
    zh: str
    en: str
    degree_days: float | None
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class SowWindow:
    """The usual sowing (or transplanting) days of a crop, as (month, day), both included.

    A window whose start lies after its end runs over the new year.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    source: str

    def holds(self, day: date) -> bool:
        """Tell whether ``day`` lies in the window of its year."""
        point = (day.month, day.day)
        if self.start <= self.end:
            return self.start <= point <= self.end
        return point >= self.start or point <= self.end


@dataclass(frozen=True, slots=True)
class Slowed:
    """What holds a winter crop back from one BBCH stage to another: cold needed and short days.

    ``cold_days`` [d] is how many cold days it needs, ``day_length`` by how much short days slow it,
    in ten-thousandths per squared hour; ``models/crops/slowing.py`` has the equations.
    """

    from_bbch: int
    to_bbch: int
    cold_days: float
    day_length: float
    source: str


@dataclass(frozen=True, slots=True)
class Produce:
    """What is sold of a crop; ``category`` is one of `PRODUCE_CATEGORIES`."""

    id: str
    zh: str
    en: str
    category: str


@dataclass(frozen=True, slots=True)
class Crop:
    """A crop, its EPPO code, base and upper temperature [degC] and its stages in order.

    ``shortest_days`` and ``longest_days`` [d] bound a season. They guard against typing
    errors (a second crop in the same field, an observation after harvest); they are no agronomy.
    """

    id: str
    eppo: str
    zh: str
    en: str
    base_c: float
    upper_c: float | None
    season: str
    shortest_days: int
    longest_days: int
    stages: tuple[Stage, ...]
    sow_window: tuple[SowWindow, ...]
    source: str
    slowed: Slowed | None = None
    produce: tuple[Produce, ...] = ()

    def __hash__(self) -> int:
        """The id is unique, and what is derived from a crop is looked up every day."""
        return hash(self.id)


@dataclass(frozen=True, slots=True)
class Span:
    """A range in the unit of what it bounds, and where it was read.

    ``verified`` says whether its source was read and gives these figures; else they are
    provisional.
    """

    low: float
    high: float
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class Keeps:
    """How long something lasts at a temperature [degC], from ``shortest`` to ``longest`` [d]."""

    celsius: float
    shortest_days: float
    longest_days: float
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class Product:
    """What is stored and carried: limits of temperature [degC] and humidity [%], how it keeps.

    ``life`` is how long it keeps in storage, in rising temperature. ``arrhenius`` is the activation
    energy of its decay (kJ/mol), None where none was found. ``chilling`` is how long it bears a
    temperature before it is injured; from the last one on there is no chilling, none at all where
    it is empty. ``freezing`` spans where it may begin and has begun to freeze [degC].
    """

    id: str
    zh: str
    en: str
    temperature: Span
    humidity: Span
    life: tuple[Keeps, ...]
    freezing: Span | None = None
    arrhenius: Span | None = None
    chilling: tuple[Keeps, ...] = ()
    note: str | None = None

    @property
    def provisional(self) -> tuple[str, ...]:
        """Name the parts whose figures nobody has verified, as they stand in the file."""
        spans = ("temperature", "humidity", "freezing", "arrhenius")
        bare = [name for name in spans if (span := getattr(self, name)) and not span.verified]
        for name in ("life", "chilling"):
            rows = getattr(self, name)
            bare += [f"{name}[{row.celsius:g}]" for row in rows if not row.verified]
        return tuple(bare)


@dataclass(frozen=True, slots=True)
class BoardChannel:
    """One channel of a board type: what it measures, by which driver, where on which bus.

    ``height_m`` is the usual mounting height [m] above ground; negative values are depths.
    ``settings`` are the driver's own, such as the size of a rain gauge's bucket; what is not
    given is as its file says.
    """

    number: int
    quantity: str
    driver: str
    bus: str
    address: int | None
    height_m: float | None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A threshold of a channel at which a frame goes at once, and again when it is over.

    It begins ``below`` or ``above`` a value and ends at ``back``, in the quantity's unit.
    """

    channel: int
    below: float | None
    above: float | None
    back: float


@dataclass(frozen=True, slots=True)
class Board:
    """A board type: its channels, sampling step [s] and samples per frame, alarms and power.

    ``link`` is what carries its messages, as ``node.json`` has it.
    """

    id: str
    zh: str
    en: str
    sample_s: int
    samples_per_frame: int
    channels: tuple[BoardChannel, ...]
    alarms: tuple[Alarm, ...] = ()
    power: PowerPolicy | None = None
    link: Mapping[str, Any] = field(default_factory=lambda: {"kind": "ip"})
    battery: Battery | None = None
    solar: Solar | None = None
    outputs: tuple[BoardOutput, ...] = ()
    rules: tuple[BoardRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Village:
    """A village: its page is ``/v/<id>``. Longitude and latitude in degrees (WGS 84).

    Both are None where ``position`` is "unknown": nobody measured them.
    """

    id: str
    zh: str
    en: str
    county: str
    township: str | None
    longitude: float | None
    latitude: float | None
    position: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field or greenhouse of a village, or a depot of loggers; area in hectares.

    For its water: ``texture`` of the soil, ``method`` of irrigation, the ``well`` it is watered
    from and what it may take of it in a season, ``allocation_m3``; None where nobody said.
    """

    id: str
    village: str
    zh: str
    en: str
    kind: str
    area_ha: float | None
    texture: str | None = None
    method: str | None = None
    well: str | None = None
    allocation_m3: float | None = None


@dataclass(frozen=True, slots=True)
class Season:
    """One crop in one field. ``sown`` is the day of sowing, or of transplanting in greenhouses.

    ``resistance`` is the variety's class against Fusarium head blight (VS, S, MS, MR), None
    where nobody knows it. ``previous_crop`` is a crop id, "fallow" or "other"; None where
    nobody knows it. ``relay`` says that the crop was sown into the standing one before it.
    """

    field: str
    crop: str
    variety: str | None
    resistance: str | None
    sown: date
    previous_crop: str | None
    harvested: date | None = None
    relay: bool = False


@dataclass(frozen=True, slots=True)
class StageObservation:
    """Somebody saw a crop at a BBCH stage in a field on a day."""

    field: str
    crop: str
    date: date
    bbch: int
    by: str


@dataclass(frozen=True, slots=True)
class Placement:
    """A quantity measured at a place: field, and height above ground [m] (negative: depth).

    ``wet_threshold`` [%] is the relative humidity from which leaves count as wet there, for a
    placement of relative_humidity; None: that of the rule (``models.risk.wetness``).
    """

    id: str
    field: str
    quantity: str
    height_m: float | None
    wet_threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A device of a board type in a field; ``channels`` maps channel number to placement id."""

    id: str
    board: str
    field: str
    channels: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One thing wrong in one file.

    ``key`` is the dotted path inside the file (``nodes[qf-001].channels.2``) or
    ``line 4, column 7`` where the file is no TOML; ``nearest`` the valid word that was
    probably meant, or None. A ``warning`` is printed but stops nothing.
    """

    file: str
    key: str
    reason: str
    nearest: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        """One line: file, key, reason, and the nearest valid word."""
        hint = f' (did you mean "{self.nearest}"?)' if self.nearest else ""
        return f"{self.file}: {self.key}: {self.reason}{hint}"


class ConfigErrors(Exception):  # noqa: N818 - it carries many errors
    """All errors of a load, one per line."""

    def __init__(self, errors: tuple[ConfigError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Configs:
    """Everything that was declared, keyed by id or code; records without an id as tuples."""

    counties: Mapping[str, County]
    townships: Mapping[str, Township]
    crops: Mapping[str, Crop]
    boards: Mapping[str, Board]
    villages: Mapping[str, Village]
    fields: Mapping[str, Field]
    seasons: tuple[Season, ...]
    stage_observations: tuple[StageObservation, ...]
    placements: Mapping[str, Placement]
    nodes: Mapping[str, Node]
    regions: Mapping[str, Region] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    warnings: tuple[ConfigError, ...] = ()

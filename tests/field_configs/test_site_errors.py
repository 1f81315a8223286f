"""Mistakes in a site: file, key, reason, nearest word."""

from __future__ import annotations

import pytest

from field_configs.load import load

S = "sites/demo.toml"


SECOND_NODE = """
[[nodes]]
id = "{id}"
board = "b1"
field = "liuge-1"
[nodes.channels]
{channels}
"""
SECOND_SEASON = """
[[seasons]]
field = "liuge-1"
crop = "wheat"
sown = {sown}
{more}
"""

# name, file, old text, new text, key, part of the reason, nearest
CASES = [
    (
        "a table where a list belongs",
        S,
        "[[villages]]",
        "[villages]",
        "villages",
        "is a table: give one or more [[villages]] tables",
        None,
    ),
    (
        "village without county",
        S,
        'county = "410922"\n',
        "",
        "villages[liuge].county",
        "is missing: give the six-digit code of its county",
        None,
    ),
    (
        "county by its name",
        S,
        'county = "410922"',
        'county = "清丰县"',
        "villages[liuge].county",
        'unknown county "清丰县"',
        "410922",
    ),
    (
        "unknown township",
        S,
        'township = "410922104"',
        'township = "410922105"',
        "villages[liuge].township",
        'unknown township "410922105"',
        "410922104",
    ),
    (
        "township of another county",
        S,
        'county = "410922"',
        'county = "410928"',
        "villages[liuge].township",
        "410922104 柳格镇 lies in county 410922",
        None,
    ),
    ("no id", S, 'id = "liuge"', 'id = "柳格"', "villages[柳格].id", '"柳格" is no id', None),
    (
        "position swapped",
        S,
        "longitude = 115.1\nlatitude = 36.0",
        "longitude = 36.0\nlatitude = 115.1",
        "villages[liuge].longitude",
        "longitude and latitude are swapped",
        "longitude = 115.1, latitude = 36",
    ),
    (
        "position left out",
        S,
        "longitude = 115.1\n",
        "",
        "villages[liuge].longitude",
        'is missing: give it, or say position = "unknown"',
        None,
    ),
    (
        "position unknown and given",
        S,
        'position = "illustrative"',
        'position = "unknown"',
        "villages[liuge].position",
        'is "unknown", but there is a longitude: say what it rests on',
        None,
    ),
    (
        "position elsewhere",
        S,
        "latitude = 36.0",
        "latitude = 39.9",
        "villages[liuge].longitude",
        "115.1 E, 39.9 N lies outside every region (Puyang 114.8 to 116.1 E",
        None,
    ),
    (
        "unknown village",
        S,
        'village = "liuge"',
        'village = "luige"',
        "fields[liuge-1].village",
        'unknown village "luige"',
        "liuge",
    ),
    (
        "unknown crop in a season",
        S,
        'crop = "wheat"',
        'crop = "weat"',
        "seasons[liuge-1].crop",
        'unknown crop "weat"',
        "wheat",
    ),
    (
        "crop by its name",
        S,
        'crop = "wheat"',
        'crop = "冬小麦"',
        "seasons[liuge-1].crop",
        'unknown crop "冬小麦"',
        "wheat",
    ),
    (
        "resistance class",
        S,
        '"MS"',
        '"ms"',
        "seasons[liuge-1].resistance",
        'unknown resistance class "ms": use one of VS, S, MS, MR',
        "MS",
    ),
    (
        "previous crop",
        S,
        'previous_crop = "other"',
        'previous_crop = "wheet"',
        "seasons[liuge-1].previous_crop",
        'unknown crop "wheet"',
        "wheat",
    ),
    (
        "date in quotes",
        S,
        "sown = 2015-10-08",
        'sown = "2015-10-08"',
        "seasons[liuge-1].sown",
        "is a text: give a date without time and quotes, like 2015-10-08",
        None,
    ),
    (
        "date with time",
        S,
        "sown = 2015-10-08",
        "sown = 2015-10-08T00:00:00Z",
        "seasons[liuge-1].sown",
        "is a date with time: give a date",
        None,
    ),
    (
        "sown months outside the window",
        S,
        "sown = 2015-10-08",
        "sown = 2016-04-08",
        "seasons[liuge-1].sown",
        "2016-04-08 is 171 days outside the sowing window of wheat (10-04 to 10-20): mend",
        None,
    ),
    (
        "harvest before sowing",
        S,
        "sown = 2015-10-08",
        "sown = 2015-10-08\nharvested = 2015-06-08",
        "seasons[liuge-1].harvested",
        "2015-06-08 is not within 270 days after sowing on 2015-10-08",
        None,
    ),
    (
        "observation outside every season",
        S,
        "date = 2016-05-06",
        "date = 2017-05-06",
        "stage_observations[liuge-1].date",
        "no season of wheat in field liuge-1 holds 2017-05-06",
        None,
    ),
    (
        "unknown field of an observation",
        S,
        'field = "liuge-1"\ncrop = "wheat"\ndate',
        'field = "liuge-2"\ncrop = "wheat"\ndate',
        "stage_observations[liuge-2].field",
        'unknown field "liuge-2"',
        "liuge-1",
    ),
    (
        "unknown quantity of a placement",
        S,
        'quantity = "soil_moisture"',
        'quantity = "soil_moistur"',
        "placements[liuge-1-sm].quantity",
        'unknown quantity "soil_moistur"',
        "soil_moisture",
    ),
    (
        "unknown board",
        S,
        'board = "b1"',
        'board = "b2"',
        "nodes[qf-001].board",
        'unknown board "b2"',
        "b1",
    ),
    (
        "unknown placement",
        S,
        '0 = "liuge-1-t"',
        '0 = "liuge-1-tt"',
        "nodes[qf-001].channels.0",
        'unknown placement "liuge-1-tt"',
        "liuge-1-t",
    ),
    (
        "unknown channel",
        S,
        "1 = ",
        "7 = ",
        "nodes[qf-001].channels.7",
        "board b1 has no channel 7: it has 0, 1",
        None,
    ),
    (
        "channel that is no number",
        S,
        "1 = ",
        "one = ",
        "nodes[qf-001].channels.one",
        '"one" is no channel number: write 0 = "placement-id"',
        None,
    ),
    (
        "placement that is no text",
        S,
        '1 = "liuge-1-sm"',
        "1 = 2",
        "nodes[qf-001].channels.1",
        "is no placement id: give its text in quotes",
        None,
    ),
    (
        "quantity mismatch",
        S,
        'quantity = "soil_moisture"',
        'quantity = "soil_temperature"',
        "nodes[qf-001].channels.1",
        "measures soil_moisture, but placement liuge-1-sm is for soil_temperature",
        None,
    ),
    (
        "wetness threshold of another quantity",
        S,
        'quantity = "soil_moisture"',
        'quantity = "soil_moisture"\nwet_threshold = 90',
        "placements[liuge-1-sm].wet_threshold",
        "stands at a placement of soil_moisture: give it to one of relative_humidity",
        None,
    ),
    (
        "wetness threshold that no leaf knows",
        S,
        'quantity = "air_temperature"',
        'quantity = "relative_humidity"\nwet_threshold = 60',
        "placements[liuge-1-t].wet_threshold",
        "60 is out of range: give a number from 70 to 100 % relative humidity",
        None,
    ),
    (
        "underscore in a node id",
        S,
        'id = "qf-001"',
        'id = "qf_001"',
        "nodes[qf_001].id",
        '"qf_001" is no node id',
        None,
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "reason", "near"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_one_mistake(folder, file, old, new, key, reason, near):
    folder.change(file, old, new)
    errors = folder.errors()
    match = [error for error in errors if error.key == key]
    assert match, [str(error) for error in errors]
    assert match[0].file == f"field_configs/{file}"
    assert reason in match[0].reason
    assert match[0].nearest == near


def test_list_of_no_tables(folder):
    folder.write(S, "villages = [1]\n")
    assert str(folder.only_error()) == (
        "field_configs/sites/demo.toml: villages[#1]: is a whole number: write [[villages]] tables"
    )


def test_duplicate_node_id(folder):
    folder.add(S, SECOND_NODE.format(id="qf-001", channels=""))
    error = folder.only_error()
    assert error.key == "nodes[qf-001].id"
    assert error.reason == ("declared twice: first at field_configs/sites/demo.toml: nodes[qf-001]")


def test_placement_served_twice(folder):
    folder.add(S, SECOND_NODE.format(id="qf-002", channels='0 = "liuge-1-t"'))
    error = folder.only_error()
    assert error.key == "nodes[qf-002].channels.0"
    assert 'placement "liuge-1-t" is served already by node qf-001 channel 0' in error.reason


def test_placement_in_another_field(folder):
    folder.add(
        S,
        '\n[[fields]]\nid = "liuge-2"\nvillage = "liuge"\nzh = "二"\nen = "2"\nkind = "open"\n',
    )
    folder.change(S, 'board = "b1"\nfield = "liuge-1"', 'board = "b1"\nfield = "liuge-2"')
    reasons = [error.reason for error in folder.errors()]
    assert reasons[0] == (
        "placement liuge-1-t lies in field liuge-1, the node in liuge-2: mend one"
    )


def test_overlapping_seasons(folder):
    folder.add(S, SECOND_SEASON.format(sown="2015-10-15", more=""))
    error = folder.only_error()
    assert error.key == "seasons[liuge-1].sown"
    assert error.reason.startswith(
        "wheat sown 2015-10-15 overlaps wheat sown 2015-10-08, which stands until 2016-04-25"
    )


@pytest.mark.parametrize(
    ("sown", "more"), [("2015-10-15", "relay = true"), ("2016-10-08", "")], ids=["relay", "next"]
)
def test_seasons_that_do_not_overlap(folder, sown, more):
    folder.add(S, SECOND_SEASON.format(sown=sown, more=more))
    assert len(load(folder.root).seasons) == 2


def test_harvest_ends_a_season(folder):
    folder.change(S, "sown = 2015-10-08", "sown = 2015-10-08\nharvested = 2015-10-12")
    folder.change(S, "date = 2016-05-06", "date = 2015-10-10")
    folder.add(S, SECOND_SEASON.format(sown="2015-10-15", more=""))
    assert len(load(folder.root).seasons) == 2


def test_stages_going_backwards(folder):
    folder.add(
        S,
        '\n[[stage_observations]]\nfield = "liuge-1"\ncrop = "wheat"\n'
        'date = 2016-05-20\nbbch = 31\nby = "test"\n',
    )
    error = folder.only_error()
    assert error.key == "stage_observations[liuge-1].bbch"
    assert error.reason == "stage 31 on 2016-05-20 comes after stage 61 on 2016-05-06: mend one"


def test_late_sowing_is_a_warning(folder):
    folder.change(S, "sown = 2015-10-08", "sown = 2015-11-05")
    warnings = load(folder.root).warnings
    assert [warning.severity for warning in warnings] == ["warning"]
    assert warnings[0].key == "seasons[liuge-1].sown"
    assert warnings[0].reason == (
        "2015-11-05 is 16 days outside the sowing window of wheat (10-04 to 10-20)"
    )

"""Every mistake in a configuration has its own message: file, key, reason, nearest word."""

from __future__ import annotations

import pytest

from field_configs.load import load
from field_configs.schema import ConfigError, ConfigErrors

R, C, B, S = "regions/puyang.toml", "crops/wheat.toml", "boards/b1.toml", "sites/demo.toml"


def errors_of(folder) -> tuple[ConfigError, ...]:
    with pytest.raises(ConfigErrors) as caught:
        load(folder.root)
    return caught.value.errors


def test_sound(folder):
    configs = load(folder.root)
    assert configs.warnings == ()
    assert set(configs.nodes) == {"qf-001"}


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

# name, file, old, new, key, part of the reason, nearest
CASES = [
    ("missing key", R, 'zh = "濮阳市"\n', "", "region.zh", "is missing: give a text", None),
    ("missing table", R, "[region]", "[[x]]", "region", "is missing: give a table", None),
    ("empty box", R, "east = 116.1", "east = 114.0", "region.west", "the box is empty", None),
    (
        "county code",
        R,
        'code = "410922"\nzh',
        'code = "41092"\nzh',
        "counties[41092].code",
        '"41092" is no code: give 6 digits',
        None,
    ),
    (
        "number for a code",
        R,
        'code = "410922"\nzh',
        "code = 410922\nzh",
        "counties[410922].code",
        "is a whole number: give a text of 6 digits, in quotes",
        None,
    ),
    (
        "county twice",
        R,
        'code = "410928"',
        'code = "410922"',
        "counties[410922].code",
        "declared twice: first at field_configs/regions/puyang.toml: counties[410922]",
        None,
    ),
    (
        "township of no county",
        R,
        'county = "410922"',
        'county = "410929"',
        "townships[410922104].county",
        'unknown county "410929": declare it or name another',
        "410928",
    ),
    (
        "township's code of another county",
        R,
        'county = "410922"',
        'county = "410928"',
        "townships[410922104].code",
        "410922104 does not start with its county 410928",
        None,
    ),
    ("empty text", C, 'eppo = "TRZAW"', 'eppo = " "', "eppo", "is empty: give the EPPO", None),
    (
        "unknown key",
        C,
        "base_c = 0",
        "base_c = 0\nbase_f = 32",
        "base_f",
        "unknown key: this table takes base_c",
        "base_c",
    ),
    (
        "text for a number",
        C,
        "base_c = 0",
        'base_c = "0"',
        "base_c",
        "is a text: give a number from -5 to 20 degrees Celsius",
        None,
    ),
    ("true for a number", C, "base_c = 0", "base_c = true", "base_c", "is true or false", None),
    ("not finite", C, "base_c = 0", "base_c = nan", "base_c", "nan is out of range", None),
    ("out of range", C, "base_c = 0", "base_c = 32", "base_c", "32 is out of range", None),
    (
        "choice",
        C,
        '"autumn"',
        '"automn"',
        "season",
        'unknown season "automn": use one of autumn, spring, summer, greenhouse',
        "autumn",
    ),
    (
        "days swapped",
        C,
        "shortest_days = 200",
        "shortest_days = 280",
        "shortest_days",
        "is not below longest_days",
        None,
    ),
    (
        "month and day",
        C,
        '"10-04"',
        '"13-04"',
        "sow_window[#1].start",
        '"13-04" is no day of the year: write it like "10-08"',
        None,
    ),
    (
        "whole number out of range",
        C,
        "bbch = 61",
        "bbch = 161",
        "stages[161].bbch",
        "161 is out of range: give a whole number from 0 to 99",
        None,
    ),
    ("stage order", C, "bbch = 61", "bbch = 0", "stages[0].bbch", "does not rise after 0", None),
    (
        "degree-day order",
        C,
        "degree_days = 1494",
        "degree_days = 0",
        "stages[61].degree_days",
        "0 does not rise after 0",
        None,
    ),
    (
        "verified without figure",
        C,
        "degree_days = 1494\n",
        "",
        "stages[61].verified",
        "is true without degree_days",
        None,
    ),
    (
        "flag",
        C,
        "verified = true",
        'verified = "yes"',
        "stages[0].verified",
        "is a text: give true or false",
        None,
    ),
    (
        "unknown quantity on a board",
        B,
        '"soil_moisture"',
        '"soil_moistur"',
        "channels[1].quantity",
        'unknown quantity "soil_moistur": use one of air_temperature, relative_humidity',
        "soil_moisture",
    ),
    (
        "channel twice",
        B,
        "number = 1",
        "number = 0",
        "channels[0].number",
        "channel 0 is declared twice",
        None,
    ),
    ("no channels", B, "[[channels]]", "[[chanels]]", "chanels", "unknown key", "channels"),
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
    errors = errors_of(folder)
    match = [error for error in errors if error.key == key]
    assert match, [str(error) for error in errors]
    assert match[0].file == f"field_configs/{file}"
    assert reason in match[0].reason
    assert match[0].nearest == near


def only(folder) -> ConfigError:
    errors = errors_of(folder)
    assert len(errors) == 1, [str(error) for error in errors]
    return errors[0]


def test_upper_below_base(folder):
    folder.change(C, "base_c = 0\nupper_c = 30", "base_c = 18\nupper_c = 16")
    assert only(folder).key == "upper_c"
    assert "is not above base_c" in only(folder).reason


@pytest.mark.parametrize(("table", "reason"), [("stages", "[[stages]]"), ("sow_window", "[[sow")])
def test_crop_without_tables(folder, table, reason):
    text = (folder.root / C).read_text()
    kept = [part for part in text.split("\n\n") if not part.startswith(f"[[{table}]]")]
    folder.write(C, "\n\n".join(kept))
    assert only(folder).key == table
    assert f"a crop needs at least one {reason}" in only(folder).reason


def test_board_without_channels(folder):
    folder.write(B, (folder.root / B).read_text().split("[[channels]]")[0])
    assert only(folder).reason == "a board needs at least one [[channels]] table: add one"


def test_list_of_no_tables(folder):
    folder.write(S, "villages = [1]\n")
    assert str(only(folder)) == (
        "field_configs/sites/demo.toml: villages[#1]: is a whole number: write [[villages]] tables"
    )


def test_duplicate_node_id(folder):
    folder.add(S, SECOND_NODE.format(id="qf-001", channels=""))
    error = only(folder)
    assert error.key == "nodes[qf-001].id"
    assert error.reason == ("declared twice: first at field_configs/sites/demo.toml: nodes[qf-001]")


def test_placement_served_twice(folder):
    folder.add(S, SECOND_NODE.format(id="qf-002", channels='0 = "liuge-1-t"'))
    error = only(folder)
    assert error.key == "nodes[qf-002].channels.0"
    assert 'placement "liuge-1-t" is served already by node qf-001 channel 0' in error.reason


def test_placement_in_another_field(folder):
    folder.add(
        S,
        '\n[[fields]]\nid = "liuge-2"\nvillage = "liuge"\nzh = "二"\nen = "2"\nkind = "open"\n',
    )
    folder.change(S, 'board = "b1"\nfield = "liuge-1"', 'board = "b1"\nfield = "liuge-2"')
    reasons = [error.reason for error in errors_of(folder)]
    assert reasons[0] == (
        "placement liuge-1-t lies in field liuge-1, the node in liuge-2: mend one"
    )


def test_overlapping_seasons(folder):
    folder.add(S, SECOND_SEASON.format(sown="2015-10-15", more=""))
    error = only(folder)
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
    error = only(folder)
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


def test_all_errors_at_once(folder):
    folder.change(R, 'en = "Puyang"', "en = 1")
    folder.change(C, "base_c = 0", "base_c = 99")
    folder.change(S, 'kind = "open"', 'kind = "opn"')
    folder.change(S, "bbch = 61", "bbch = -1")
    keys = {error.key for error in errors_of(folder)}
    assert keys == {
        "region.en",
        "base_c",
        "fields[liuge-1].kind",
        "stage_observations[liuge-1].bbch",
    }


def test_a_broken_record_is_reported_once(folder):
    """References to a village with an error of its own say nothing of it again."""
    folder.change(S, 'en = "Liuge"', "en = 5")
    assert only(folder).key == "villages[liuge].en"


def test_syntax_error_has_its_line(folder):
    folder.change(C, 'eppo = "TRZAW"', "eppo = TRZAW")
    error = only(folder)
    assert (error.file, error.key) == ("field_configs/crops/wheat.toml", "line 2, column 8")
    assert error.reason == "is no TOML: Invalid value"


def test_duplicate_key(folder):
    folder.change(C, "base_c = 0", "base_c = 0\nbase_c = 0")
    assert only(folder).reason == "is no TOML: Cannot overwrite a value"


def test_end_of_document(folder):
    folder.write(C, "eppo =")
    assert only(folder).key == "end of document"


def test_not_utf8(folder):
    folder.write(C, 'eppo = "TRZAW"\nzh = "冬小麦"\n'.encode("gbk"))
    error = only(folder)
    assert (error.key, error.reason) == (
        "line 2",
        "byte 0xb6 is not UTF-8: save the file as UTF-8",
    )


def test_byte_order_mark_is_fine(folder):
    folder.write(C, b"\xef\xbb\xbf" + (folder.root / C).read_bytes())
    assert load(folder.root).crops


def test_unreadable_file(folder):
    (folder.root / "crops" / "rye.toml").mkdir()
    error = only(folder)
    assert error.file == "field_configs/crops/rye.toml"
    assert error.reason == "cannot be read (Is a directory): give a readable TOML file"


def test_nested_too_deeply(folder):
    folder.write(C, "x = " + "[" * 20000 + "]" * 20000)
    assert only(folder).reason == "is nested too deeply: flatten it"


def test_endless_number(folder):
    folder.write(C, "base_c = " + "9" * 5000)
    assert "is no TOML: Exceeds the limit" in only(folder).reason


def test_unknown_site(folder):
    with pytest.raises(ConfigErrors) as caught:
        load(folder.root, "dmo")
    assert str(caught.value) == (
        'field_configs/sites/dmo.toml: site: no site "dmo": give the stem of a file in sites/ '
        '(did you mean "demo"?)'
    )


def test_folder_without_anything(tmp_path):
    with pytest.raises(ConfigErrors, match="holds no region, crop or board file"):
        load(tmp_path, site=None)


def test_no_site(folder):
    assert load(folder.root, site=None).villages == {}

"""Files that cannot be read, and errors named all at once, each once."""

from __future__ import annotations

import pytest

from field_configs.load import load
from field_configs.schema import ConfigErrors

R = "regions/puyang.toml"
C = "crops/wheat.toml"
S = "sites/demo.toml"


def test_sound(folder):
    configs = load(folder.root)
    assert configs.warnings == ()
    assert set(configs.nodes) == {"qf-001"}


def test_all_errors_at_once(folder):
    folder.change(R, 'en = "Puyang"', "en = 1")
    folder.change(C, "base_c = 0", "base_c = 99")
    folder.change(S, 'kind = "open"', 'kind = "opn"')
    folder.change(S, "bbch = 61", "bbch = -1")
    keys = {error.key for error in folder.errors()}
    assert keys == {
        "region.en",
        "base_c",
        "fields[liuge-1].kind",
        "stage_observations[liuge-1].bbch",
    }


def test_a_broken_record_is_reported_once(folder):
    """References to a village with an error of its own say nothing of it again."""
    folder.change(S, 'en = "Liuge"', "en = 5")
    assert folder.only_error().key == "villages[liuge].en"


def test_syntax_error_has_its_line(folder):
    folder.change(C, 'eppo = "TRZAW"', "eppo = TRZAW")
    error = folder.only_error()
    assert (error.file, error.key) == ("field_configs/crops/wheat.toml", "line 2, column 8")
    assert error.reason == "is no TOML: Invalid value"


def test_duplicate_key(folder):
    folder.change(C, "base_c = 0", "base_c = 0\nbase_c = 0")
    assert folder.only_error().reason == "is no TOML: Cannot overwrite a value"


def test_end_of_document(folder):
    folder.write(C, "eppo =")
    assert folder.only_error().key == "end of document"


def test_not_utf8(folder):
    folder.write(C, 'eppo = "TRZAW"\nzh = "冬小麦"\n'.encode("gbk"))
    error = folder.only_error()
    assert (error.key, error.reason) == (
        "line 2",
        "byte 0xb6 is not UTF-8: save the file as UTF-8",
    )


def test_byte_order_mark_is_fine(folder):
    folder.write(C, b"\xef\xbb\xbf" + (folder.root / C).read_bytes())
    assert load(folder.root).crops


def test_unreadable_file(folder):
    (folder.root / "crops" / "rye.toml").mkdir()
    error = folder.only_error()
    assert error.file == "field_configs/crops/rye.toml"
    assert error.reason == "cannot be read (Is a directory): give a readable TOML file"


def test_nested_too_deeply(folder):
    folder.write(C, "x = " + "[" * 20000 + "]" * 20000)
    assert folder.only_error().reason == "is nested too deeply: flatten it"


def test_endless_number(folder):
    folder.write(C, "base_c = " + "9" * 5000)
    assert "is no TOML: Exceeds the limit" in folder.only_error().reason


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

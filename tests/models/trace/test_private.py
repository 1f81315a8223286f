"""Identifiers of parties without a company prefix."""

from __future__ import annotations

import pytest

from models.trace.identifiers import canonical
from models.trace.private import PrivateError, parse_private, private_uri


def test_a_lot_of_a_party_without_a_prefix_goes_both_ways() -> None:
    uri = private_uri("trace.example.cn", "410922000123", "class", "L20260501-3")
    assert uri == "https://trace.example.cn/subject/410922000123/class/L20260501-3"
    assert parse_private(uri) == ("trace.example.cn", "410922000123", "class", "L20260501-3")
    assert canonical(uri) == uri


def test_any_other_uri_is_none() -> None:
    assert parse_private("https://trace.example.cn/01/10614141123459") is None


@pytest.mark.parametrize(
    ("host", "subject", "use", "code", "why"),
    [
        ("Trace.cn/x", "410922", "class", "L1", 'host "Trace.cn/x"'),
        ("trace.cn", "41-0922", "class", "L1", 'subject "41-0922"'),
        ("trace.cn", "410922", "lot", "L1", "say one of class, obj, loc"),
        ("trace.cn", "410922", "class", "批次 1", "write 1 to 40 letters"),
        ("trace.cn", "410922", "class", "..", "write 1 to 40 letters"),
    ],
)
def test_a_part_that_a_uri_cannot_hold_is_refused(
    host: str, subject: str, use: str, code: str, why: str
) -> None:
    with pytest.raises(PrivateError, match=why):
        private_uri(host, subject, use, code)

"""XML read safely: what attackers and mistaken senders put into a document."""

from __future__ import annotations

import tracemalloc

import pytest

from models.exchange.epcis.reading import DEEPEST, DocumentError
from models.exchange.epcis.xml.tree import MOST_PARTS, parse_xml


def refused(raw: bytes | str, *said: str, charset: str | None = None) -> None:
    with pytest.raises(DocumentError) as error:
        parse_xml(raw.encode() if isinstance(raw, str) else raw, charset)
    for each in said:
        assert each in str(error.value), str(error.value)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "declared",
    [
        f'[<!ENTITY l0 "ha">{LAUGHS}]',
        '[<!ENTITY a SYSTEM "file:///etc/passwd">]',
        '[<!ENTITY % a SYSTEM "http://192.0.2.1/a.dtd"> %a;]',
        'SYSTEM "http://192.0.2.1/a.dtd"',
        'PUBLIC "-//A//B" "http://192.0.2.1/a.dtd"',
        '[<!ATTLIST a b CDATA "c">]',
        "[]",
    ],
)
def test_a_document_type_with_something_in_it_is_refused_before_it_is_read(declared: str) -> None:
    refused(f"<!DOCTYPE a {declared}>\n<a>&l9;&a;</a>", "line 1", "leave it out")


def test_a_document_type_that_says_a_name_alone_declares_nothing() -> None:
    assert parse_xml(b"<!DOCTYPE project>\n<a>b</a>").text == "b"
    refused("<!DOCTYPE project><a>&b;</a>", "line 1", "undefined entity")


def test_entities_of_nobody_are_refused_and_those_of_xml_are_read() -> None:
    refused("<a>&nbsp;</a>", "line 1, column 4", "undefined entity", "mend it there")
    assert parse_xml(b"<a>&lt;&amp;&#x519c;&apos;</a>").text == "<&农'"


def test_line_and_column_are_said() -> None:
    refused("<a>\n  <b></c>\n</a>", "line 2, column 8", "mismatched tag")
    refused("", "no element found")
    refused("{}", "line 1, column 1: no XML")
    refused("<a b='1' b='2'/>", "duplicate attribute")


def test_elements_too_deep_or_too_many_are_refused() -> None:
    parse_xml(b"<a>" * DEEPEST + b"</a>" * DEEPEST)
    refused("<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1), "more than 32 deep", "flatter")
    refused("<a>" * 1_000_000, "more than 32 deep")
    refused(f"<a>{'<b/>' * MOST_PARTS}</a>", f"more than {MOST_PARTS}", "send less")
    marks = " ".join(f"b{n}=''" for n in range(MOST_PARTS))
    refused(f"<a {marks}/>", f"more than {MOST_PARTS}")
    spaces = " ".join(f'xmlns:b{n}="urn:{n}"' for n in range(MOST_PARTS))
    refused(f"<a {spaces}/>", f"more than {MOST_PARTS}")


def test_a_namespace_that_would_be_repeated_with_every_name_is_bounded() -> None:
    long = f"urn:{'a' * 500}"
    refused(f'<a xmlns:b="{long}"><b:c/></a>', "line 1", "more than 400 characters; shorten it")
    refused(f'<a xmlns="{long}"/>', "more than 400 characters")


def test_the_largest_that_is_read_takes_bounded_memory() -> None:
    raw = b"<a>" + b"<b c=''/>" * (MOST_PARTS // 2 - 1) + b"</a>"
    tracemalloc.start()
    try:
        parse_xml(raw)
        assert tracemalloc.get_traced_memory()[1] < 200 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_prefixes_declared_anew_on_every_element_are_not_copied_to_every_element() -> None:
    many = " ".join(f'xmlns:b{n}="urn:{n}"' for n in range(2000))
    inside = "".join(f'<c xmlns:d="urn:d{n}"/>' for n in range(2000))
    tracemalloc.start()
    try:
        root = parse_xml(f"<a {many}>{inside}</a>".encode())
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert root.children[-1].scope.find("b7") == "urn:7"
    assert root.children[-1].scope.find("d") == "urn:d1999"
    assert root.children[-1].scope.find("e") is None


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("gb18030", "GB18030"),
        ("gbk", "GBK"),
        ("gb2312", "GB2312"),
    ],
)
def test_what_says_its_encoding_is_read_by_it(encoding: str, said: str) -> None:
    text = f'<?xml version="1.0" encoding="{said}"?>\n<a>柳格合作社</a>'
    assert parse_xml(text.encode(encoding)).text == "柳格合作社"


def test_a_content_type_says_the_encoding_where_the_document_does_not() -> None:
    assert parse_xml("<a>农</a>".encode("gbk"), "GBK").text == "农"
    refused("<a>\n柳格</a>".encode("gbk"), "line 2, byte 4 is no utf-8", "say the encoding")


def test_encodings_that_disagree_or_are_none_are_refused() -> None:
    declared = '<?xml version="1.0" encoding="{}"?><a>农</a>'
    refused(declared.format("UTF-16"), "says that it is UTF-16 and is not")
    refused(declared.format("UTF-8").encode("utf-16"), "disagree", "its first bytes: utf-16")
    refused(declared.format("UTF-8"), "disagree", "Content-Type: gb18030", charset="gbk")
    for name in ("UTF-7", "EBCDIC-CP-US", "rot13", "x-user-defined", "idna"):
        refused(declared.format(name), f'"{name}" is not read', "send UTF-8")
    refused("<a/>", 'Content-Type: encoding "utf-7"', charset="utf-7")
    refused("<a/>".encode("utf-32"), "UTF-32 is not read")
    refused('<?xml version="1.0" encoding="latin1"?><a>\xa0</a>'.encode("latin-1"), charset="gbk")


def test_text_in_pieces_is_one_text() -> None:
    root = parse_xml(b"<a>b<![CDATA[<c>&d;]]><!-- no --><?e f?>g</a>")
    assert root.text == "b<c>&d;g"
    assert root.children == []


def test_names_have_the_namespace_that_stands_where_they_stand() -> None:
    root = parse_xml(
        b'<a xmlns="urn:1" xmlns:p="urn:2"><p:b c="1" p:d="2"/><e xmlns="" xmlns:p="urn:3">'
        b"<p:f/></e></a>"
    )
    first, second = root.children
    assert (root.name.space, root.name.local, root.name.prefix) == ("urn:1", "a", "")
    assert (first.name.space, first.name.prefix) == ("urn:2", "p")
    assert [(name.space, name.local) for name, _ in first.attributes] == [("", "c"), ("urn:2", "d")]
    assert second.name.space == ""
    assert second.children[0].name.space == "urn:3"
    refused("<q:a/>", "unbound prefix")
    refused('<a xmlns:b="urn:x y"><b:c/></a>', "no XML")
    refused('<a xmlns:xml="urn:1"/>', "reserved prefix")

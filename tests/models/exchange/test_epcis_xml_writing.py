"""Events of JSON as XML and back: equal, in the standard's order, or refused with the field."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from epcis_event_hash_generator import hash_generator, xml_to_py
from hypothesis import given
from hypothesis import strategies as st

from models.exchange.epcis.contexts import expanded, prefixes
from models.exchange.epcis.identity import event_hash
from models.exchange.epcis.xml import form
from models.exchange.epcis.xml.answers import write_job, write_problem
from models.exchange.epcis.xml.reading import read_xml
from models.exchange.epcis.xml.texts import Unheld
from models.exchange.epcis.xml.writing import URNS, WEB_URIS, write_document
from tests.models.exchange.epcis_examples import examples

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"my": "https://my.example.org/", "rdf": form.RDF},
]
#: Two spellings of one word come back as the bare one.
SPELLINGS = {"https://ref.gs1.org/cbv/Comp-latitude": "latitude"}
#: The reference's own two bindings differ: of XML it expands no prefix in a value but gs1: and
#: cbv:, and cbvmda has another namespace there (example 12). It reads no query documents.
ELSEWHERE_OTHERWISE = ("all_possible_fields", "Example7.", "Example10.", "Example12.")


def document(*events: Any, context: Any = CONTEXT) -> dict[str, Any]:
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2016-05-01T06:31:00Z",
        "epcisBody": {"eventList": list(events)},
    }


def event(**more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2016-05-01T06:30:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "epcList": [],
        **{name.replace("__", ":"): value for name, value in more.items()},
    }


def written(*events: Any, words: str = URNS, context: Any = CONTEXT) -> str:
    return write_document(document(*events, context=context), words)


def in_full(value: Any, names: dict[str, str]) -> Any:
    """A value with its names and words in full, so that prefixes do not count."""
    if isinstance(value, dict):
        return {expanded(name, names): in_full(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [in_full(each, names) for each in value]
    full = expanded(value, names) if isinstance(value, str) else value
    return SPELLINGS.get(full, full) if isinstance(full, str) else full


def body(told: dict[str, Any]) -> Any:
    return in_full(told["epcisBody"], prefixes(told["@context"]))


@pytest.mark.parametrize("words", [URNS, WEB_URIS])
def test_every_example_of_gs1_comes_back_equal(words: str) -> None:
    for name, told in examples().items():
        back = read_xml(write_document(told, words).encode())
        assert body(back) == body(told), name
        assert back["creationDate"] == told["creationDate"], name
        assert back["type"] == told["type"], name


def test_the_reference_finds_the_same_identity_in_the_xml() -> None:
    for name, told in examples().items():
        if told["type"] != "EPCISDocument" or any(each in name for each in ELSEWHERE_OTHERWISE):
            continue
        names = prefixes(told["@context"])
        ours = [event_hash(each, names) for each in told["epcisBody"]["eventList"]]
        tree = xml_to_py.event_list_from_epcis_document_str(write_document(told))
        assert hash_generator.epcis_hashes_from_events(tree) == ours, name


#: As EPCglobal-epcis-2_0.xsd has them, each type by itself.
IN_SCHEMA = {
    "ObjectEvent": """epcList action bizStep disposition readPoint bizLocation bizTransactionList
        quantityList sourceList destinationList sensorElementList persistentDisposition ilmd""",
    "AggregationEvent": """parentID childEPCs action bizStep disposition readPoint bizLocation
        bizTransactionList childQuantityList sourceList destinationList sensorElementList
        persistentDisposition""",
    "TransactionEvent": """bizTransactionList parentID epcList action bizStep disposition readPoint
        bizLocation quantityList sourceList destinationList sensorElementList
        persistentDisposition""",
    "TransformationEvent": """inputEPCList inputQuantityList outputEPCList outputQuantityList
        transformationID bizStep disposition readPoint bizLocation bizTransactionList sourceList
        destinationList sensorElementList persistentDisposition ilmd""",
    "AssociationEvent": """parentID childEPCs childQuantityList action bizStep disposition readPoint
        bizLocation bizTransactionList sourceList destinationList sensorElementList
        persistentDisposition""",
}
OF_ALL = "eventTime recordTime eventTimeZoneOffset eventID errorDeclaration certificationInfo"


def test_the_order_is_that_of_the_schema() -> None:
    assert " ".join(form.BASE) == OF_ALL
    for kind, names in IN_SCHEMA.items():
        assert list(form.ORDER[kind]) == names.split(), kind
    assert form.ORDER.keys() == IN_SCHEMA.keys()


def test_elements_stand_in_the_order_of_the_schema() -> None:
    for name, told in examples().items():
        root = ElementTree.fromstring(write_document(told))
        for each in root.iter():
            if each.tag in IN_SCHEMA:
                order = f"{OF_ALL} {IN_SCHEMA[each.tag]}".split()
                places = [order.index(one.tag) for one in each if one.tag in order]
                assert places == sorted(places), name
                kinds = [one.tag in order for one in each]
                assert kinds == sorted(kinds, reverse=True), name  # own fields come last


def test_words_are_written_as_asked_for() -> None:
    told = event(
        bizStep="shipping",
        disposition="in_transit",
        sourceList=[{"type": "location", "source": "urn:x:1"}],
        errorDeclaration={"declarationTime": "2016-05-01T06:30:00Z", "reason": "did_not_occur"},
        sensorElementList=[
            {"sensorReport": [{"type": "Angle", "component": "latitude", "value": 1e-7}]}
        ],
    )
    urns, web = written(told), written(told, words=WEB_URIS)
    assert "<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>" in urns
    assert "<bizStep>https://ref.gs1.org/cbv/BizStep-shipping</bizStep>" in web
    assert "<disposition>urn:epcglobal:cbv:disp:in_transit<" in urns
    assert '<source type="urn:epcglobal:cbv:sdt:location">' in urns
    assert '<source type="https://ref.gs1.org/cbv/SDT-location">' in web
    assert "<reason>urn:epcglobal:cbv:er:did_not_occur<" in urns
    assert 'type="gs1:Angle"' in urns
    assert 'xmlns:gs1="https://gs1.org/voc/"' in urns
    assert 'type="https://gs1.org/voc/Angle"' in web
    assert 'component="https://ref.gs1.org/cbv/Comp-latitude"' in urns
    assert 'value="1e-07"' in urns
    assert read_xml(urns.encode()) == read_xml(web.encode())


def test_numbers_and_times_have_the_form_of_the_schema() -> None:
    told = event(
        eventTime="2016-05-01t06:30:00.5z",
        recordTime="2016-05-01T06:30:00+23:00",
        quantityList=[
            {"epcClass": "urn:x:1", "quantity": 1e-7, "uom": "KGM"},
            {"epcClass": "urn:x:1", "quantity": 10**25},
            {"epcClass": "urn:x:1", "quantity": 1e22},
        ],
    )
    xml = written(told)
    assert "<eventTime>2016-05-01T06:30:00.5Z</eventTime>" in xml
    assert "<recordTime>2016-04-30T07:30:00Z</recordTime>" in xml
    assert "<quantity>0.0000001</quantity>" in xml
    assert f"<quantity>1{'0' * 25}</quantity>" in xml
    assert f"<quantity>1{'0' * 22}</quantity>" in xml


def test_prefixes_that_mean_different_things_in_events_are_told_apart() -> None:
    own = {"@context": {"my": "urn:other:"}, **event(my__a="2", bizStep="my:weighing")}
    xml = written(event(my__a="1", bizStep="my:weighing"), own)
    back = read_xml(xml.encode())
    first, second = body(back)["eventList"]
    assert (first["https://my.example.org/a"], second["urn:other:a"]) == ("1", "2")
    assert first["bizStep"] == "https://my.example.org/weighing"
    assert second["bizStep"] == "urn:other:weighing"


def test_names_in_full_and_names_of_master_data_find_their_namespace() -> None:
    told = {**event(action="ADD"), "https://e.example.org/voc#size": "7", "other:a": "8"}
    told["ilmd"] = {"cbvmda:lotNumber": "L1", "my:%E6%89%B9": "9"}
    xml = written(told)
    assert '="urn:epcglobal:cbv:mda"' in xml
    assert ":批>9<" in xml
    (back,) = body(read_xml(xml.encode()))["eventList"]
    assert back["https://e.example.org/voc#size"] == "7"
    assert back["other:a"] == "8"
    assert back["ilmd"]["urn:epcglobal:cbv:mda:lotNumber"] == "L1"
    assert back["ilmd"]["https://my.example.org/%E6%89%B9"] == "9"


def test_text_is_escaped_wherever_it_stands() -> None:
    text = "<a b=\"c\">&amp;]]>\r\n\t 'x' 农 \U0001f33e"
    report = {"type": "my:a", "stringValue": text, "my:b": text}
    told = event(my__a=text, sensorElementList=[{"sensorReport": [report]}])
    (back,) = body(read_xml(written(told).encode()))["eventList"]
    assert back["https://my.example.org/a"] == text
    (report,) = back["sensorElementList"][0]["sensorReport"]
    assert report["stringValue"] == report["https://my.example.org/b"] == text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"my__a": "\u0001"}, "my:a: the character U+0001 cannot stand in XML"),
        ({"my__a": {"my:b": "\uffff"}}, "my:a: my:b: the character U+FFFF"),
        ({"my__a": {"1": "b"}}, 'my:a: "1" cannot be the name of an element'),
        ({"my__1": "b"}, '"my:1" cannot be the name'),
        ({"https__//e.example.org/1": "b"}, "cannot be the name"),
        (
            {"certificationInfo": ["urn:x:1", "urn:x:2"]},
            "certificationInfo: there is more than one",
        ),
        ({"quantityList": [{"epcClass": "urn:x:1", "uom": "KGM"}]}, "a uom without a quantity"),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "my:a", "my:b": ["1", "2"]}]}]},
            "sensorElementList: sensorReport.my:b: is more than a text",
        ),
        (
            {"sensorElementList": [{"sensorMetadata": {"my:b": {}}, "sensorReport": []}]},
            "sensorMetadata.my:b: is more than a text",
        ),
        ({"type": "my:Own", "readPoint": "x"}, "readPoint: has not the form"),
        ({"type": "my:1"}, '"my:1" cannot be the name'),
        ({"readPoint": {"id": "urn:x:1", "door": "2"}}, "readPoint: has a field without a prefix"),
        ({"type": "my:Own", "extension": "x"}, "extension: is no field, but a wrapper"),
        ({"type": "my:Own", "epcList": "x"}, "epcList: has not the form"),
        ({"type": "my:Own", "persistentDisposition": {"set": "x"}}, "persistentDisposition: has"),
        ({"type": "my:Own", "quantityList": [{"epcClass": "urn:x:1", "quantity": "x"}]}, "has not"),
        (
            {"type": "my:Own", "sensorElementList": [{"sensorReport": [{"time": "soon"}]}]},
            "sensorElementList: has not the form",
        ),
    ],
)
def test_what_xml_cannot_hold_is_refused_with_event_and_field(
    more: dict[str, Any], said: str
) -> None:
    with pytest.raises(Unheld) as error:
        written(event(), event(eventID="urn:x:7", **more))
    assert "eventList[1] urn:x:7: " in str(error.value)
    assert said in str(error.value), str(error.value)


@pytest.mark.parametrize(
    "space",
    [
        "",
        "a b",
        'urn:"<&>',
        "urn:\x01",
        "urn:%1",
        form.EPCIS,
        form.QUERY_1,
        form.XSI,
        "http://www.w3.org/2000/xmlns/",
    ],
)
def test_a_namespace_that_cannot_be_somebodys_own_is_refused(space: str) -> None:
    context = [CONTEXT[0], {"e": space}]
    with pytest.raises(Unheld, match='"e:a" cannot be the name'):
        written(event(e__a="1"), context=context)
    assert "<bizStep>e:weighing<" in written(event(bizStep="e:weighing"), context=context)


@pytest.mark.parametrize(
    "space", [form.XSD_TYPES, form.XML_SPACE, "https://gs1.org/voc/", "https://ref.gs1.org/epcis/"]
)
def test_a_namespace_of_others_is_declared_where_it_is_used(space: str) -> None:
    told = event(e__a=7, epcis__b=True)
    back = read_xml(written(told, context=[CONTEXT[0], {"e": space}]).encode())
    (found,) = body(back)["eventList"]
    assert found[f"{space}a"] == 7
    assert found["https://ref.gs1.org/epcis/b"] is True


def test_master_data_comes_back_and_more_than_a_text_is_refused() -> None:
    element = {
        "id": "urn:x:1",
        "attributes": [{"id": "urn:x:name", "attribute": "北仓 <1>"}],
        "children": ["urn:x:2"],
    }
    master = {"vocabularyList": [{"type": "urn:x:t", "vocabularyElementList": [element]}]}
    told = {**document(), "epcisHeader": {"epcisMasterData": master}}
    assert read_xml(write_document(told).encode())["epcisHeader"]["epcisMasterData"] == master
    element["attributes"] = [{"id": "urn:x:name", "attribute": {"my:a": "1"}}]
    with pytest.raises(Unheld, match="urn:x:name: master data is more than a text"):
        write_document(told)


PLAIN = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
).filter(lambda text: not any(ord(each) & 0xFFFE == 0xFFFE for each in text))
KEYS = st.sampled_from(["my:a", "my:b", "plain", "gs1:c", "https://e.example.org/d"])
SCALARS = PLAIN | st.integers(-(10**20), 10**20) | st.booleans() | st.none()
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(lambda each: each + 0.0)
VALUES = st.recursive(
    SCALARS | NUMBERS,
    lambda inner: (
        st.lists(inner.filter(lambda each: not isinstance(each, list)), min_size=2, max_size=3)
        | st.dictionaries(KEYS, inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, st.dictionaries(KEYS.filter(lambda key: ":" in key), VALUES, max_size=3))
def test_whatever_json_says_comes_back(value: Any, ilmd: dict[str, Any]) -> None:
    told = event(my__value=value, action="ADD", ilmd=ilmd)
    back = read_xml(written(told).encode())
    (found,) = body(back)["eventList"]
    assert found == in_full(told, prefixes(CONTEXT)), written(told)


@given(
    st.text(max_size=8),
    st.dictionaries(st.sampled_from(["my:a", "my:b", "c"]), st.text(max_size=8), max_size=3),
)
def test_text_with_attributes_comes_back_or_is_refused(
    text: str, attributes: dict[str, str]
) -> None:
    value = {"rdf:value": text, **attributes}
    try:
        xml = written(event(my__value=value))
    except Unheld:
        assert not "".join(value.values()).isprintable()
        return
    (found,) = body(read_xml(xml.encode()))["eventList"]
    if attributes and text.strip():
        assert found["https://my.example.org/value"] == in_full(value, prefixes(CONTEXT))


def test_what_became_of_a_capture_and_problems_are_escaped() -> None:
    why = {"type": "epcisException:ValidationException", "title": "a", "status": 400}
    problem = ElementTree.fromstring(write_problem({**why, "detail": "<b>\x01 & c"}))
    assert problem.tag == f"{{{form.EPCIS}}}EPCISException"
    assert [each.tag for each in problem] == ["type", "title", "status", "detail"]
    assert problem.findtext("detail") == "<b>\ufffd & c"
    job = {
        "captureID": 'a"b',
        "createdAt": "2016-05-01T06:30:00Z",
        "running": False,
        "success": False,
        "captureErrorBehaviour": "rollback",
        "errors": [{**why, "detail": "x < y"}],
    }
    told = ElementTree.fromstring(write_job(job))
    marks = {"running": "false", "success": "false", "captureID": 'a"b'}
    assert told.attrib == marks
    assert told.findtext("errors/error/detail") == "x < y"

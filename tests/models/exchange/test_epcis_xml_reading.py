"""XML of EPCIS 2.0 and 1.2 as the events that JSON says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from models.exchange.epcis.contexts import expanded, prefixes
from models.exchange.epcis.documents import CONTEXT
from models.exchange.epcis.reading import DocumentError, EventError, check, read_document
from models.exchange.epcis.xml.reading import read_xml

NOW = datetime(2016, 6, 1, tzinfo=UTC)
TIME = "<eventTime>2016-05-01T06:30:00.250+08:00</eventTime>"
OFFSET = "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
BOX, SHELF = "urn:epc:id:sgtin:6901234.056789.7", "urn:epc:id:sgln:6901234.00001.0"
EPC = f"<epc>{BOX}</epc>"


def wrapped(inside: str, spaces: str = "", version: str = "2") -> bytes:
    said = {"2": "2.0", "1": "1.2"}[version]
    return (
        f'<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:{version}" {spaces} '
        f'schemaVersion="{said}" creationDate="2016-05-01T06:31:00Z">'
        f"<EPCISBody><EventList>{inside}</EventList></EPCISBody></epcis:EPCISDocument>"
    ).encode()


def read(inside: str, spaces: str = "", version: str = "2") -> dict[str, Any]:
    """Return the one event, which must be right by the check that events of JSON go through."""
    document = read_document(json.dumps(read_xml(wrapped(inside, spaces, version))).encode())
    assert document.version == "2.0"
    (event,) = document.events
    checked = check(event, document.context, NOW)
    names = prefixes(document.context)
    return {expanded(name, names): value for name, value in checked.event.items()}


def object_event(more: str, spaces: str = "", action: str = "OBSERVE") -> dict[str, Any]:
    inside = f"{TIME}{OFFSET}<epcList>{EPC}</epcList><action>{action}</action>{more}"
    return read(f"<ObjectEvent>{inside}</ObjectEvent>", spaces)


def refused(inside: str, *said: str, spaces: str = "") -> None:
    with pytest.raises((DocumentError, EventError)) as error:
        read(inside, spaces)
    for each in said:
        assert each in str(error.value), str(error.value)


def test_an_object_event_with_all_that_it_may_have() -> None:
    inside = f"""
      {TIME}
      <recordTime>2016-05-01T06:32:00+08:00</recordTime>
      {OFFSET}
      <eventID>urn:uuid:4f3d2a10-5b6c-4d7e-8f90-0123456789ab</eventID>
      <errorDeclaration>
        <declarationTime>2016-05-02T00:00:00Z</declarationTime>
        <reason>urn:epcglobal:cbv:er:incorrect_data</reason>
        <correctiveEventIDs>
          <correctiveEventID>urn:uuid:5f3d2a10-5b6c-4d7e-8f90-0123456789ab</correctiveEventID>
        </correctiveEventIDs>
        <coop:who>Zhang</coop:who>
      </errorDeclaration>
      <certificationInfo>https://example.org/certificates/7</certificationInfo>
      <epcList>
        <epc> {BOX} </epc>
      </epcList>
      <action>ADD</action>
      <bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep>
      <disposition>https://ref.gs1.org/cbv/Disp-active</disposition>
      <readPoint><id>{SHELF}</id><coop:door>2</coop:door></readPoint>
      <bizLocation><id>{SHELF}</id></bizLocation>
      <bizTransactionList>
        <bizTransaction type="urn:epcglobal:cbv:btt:po">https://example.org/po/1</bizTransaction>
        <bizTransaction>https://example.org/other/2</bizTransaction>
      </bizTransactionList>
      <quantityList>
        <quantityElement>
          <epcClass>urn:epc:class:lgtin:6901234.056789.L1</epcClass>
          <quantity>120.50</quantity>
          <uom>KGM</uom>
        </quantityElement>
        <quantityElement>
          <epcClass>urn:epc:class:lgtin:6901234.056789.L2</epcClass>
          <quantity>3</quantity>
        </quantityElement>
        <quantityElement><epcClass>urn:epc:class:lgtin:6901234.056789.L3</epcClass>
          <quantity xsi:nil="true"/></quantityElement>
      </quantityList>
      <sourceList><source type="cbv:SDT-owning_party">urn:epc:id:pgln:6901234.00001</source>
      </sourceList>
      <destinationList>
        <destination type="urn:epcglobal:cbv:sdt:location">{SHELF}</destination>
      </destinationList>
      <sensorElementList>
        <sensorElement>
          <sensorMetadata time="2016-05-01T06:00:00+08:00" deviceID="urn:epc:id:giai:6901234.1"
            startTime="2016-05-01T05:00:00+08:00" endTime="2016-05-01T06:00:00+08:00"
            deviceMetadata="https://example.org/d" rawData="https://example.org/r"
            dataProcessingMethod="https://example.org/m" bizRules="https://example.org/b"
            coop:room="3"/>
          <sensorReport type="gs1:Temperature" value="-1.5" uom="CEL" minValue="-2" maxValue="0"
            meanValue="-1" sDev="0.25" percRank="50" percValue="-1.1" time="2016-05-01T06:00:00Z"
            deviceID="urn:epc:id:giai:6901234.2" deviceMetadata="https://example.org/d"
            rawData="https://example.org/r" dataProcessingMethod="https://example.org/m"
            exception="gs1:ALARM_CONDITION" coop:note="cold"/>
          <sensorReport type="coop:Smell" stringValue=" sour " booleanValue="1"
            hexBinaryValue="F0" uriValue="https://example.org/u"
            microorganism="https://example.org/o" chemicalSubstance="https://example.org/c"
            component="cbv:Comp-x" coordinateReferenceSystem="https://example.org/s"/>
          <coop:more><coop:deep>1</coop:deep></coop:more>
        </sensorElement>
      </sensorElementList>
      <persistentDisposition>
        <unset>urn:epcglobal:cbv:disp:completeness_inferred</unset>
        <set>urn:epcglobal:cbv:disp:completeness_verified</set>
      </persistentDisposition>
      <ilmd><cbvmda:lotNumber>L1</cbvmda:lotNumber><coop:grade>A</coop:grade></ilmd>
      <coop:note>by hand</coop:note>
    """
    spaces = (
        'xmlns:coop="https://coop.example.org/" xmlns:cbvmda="urn:epcglobal:cbv:mda" '
        'xmlns:cbv="https://ref.gs1.org/cbv/" xmlns:gs1="https://gs1.org/voc/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    assert read(f"<ObjectEvent>{inside}</ObjectEvent>", spaces) == {
        "type": "ObjectEvent",
        "eventTime": "2016-05-01T06:30:00.250+08:00",
        "eventTimeZoneOffset": "+08:00",
        "eventID": "urn:uuid:4f3d2a10-5b6c-4d7e-8f90-0123456789ab",
        "errorDeclaration": {
            "declarationTime": "2016-05-02T00:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:5f3d2a10-5b6c-4d7e-8f90-0123456789ab"],
            "coop:who": "Zhang",
        },
        "certificationInfo": "https://example.org/certificates/7",
        "epcList": [BOX],
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": {"id": SHELF, "coop:door": "2"},
        "bizLocation": {"id": SHELF},
        "bizTransactionList": [
            {"type": "po", "bizTransaction": "https://example.org/po/1"},
            {"bizTransaction": "https://example.org/other/2"},
        ],
        "quantityList": [
            {"epcClass": "urn:epc:class:lgtin:6901234.056789.L1", "quantity": 120.5, "uom": "KGM"},
            {"epcClass": "urn:epc:class:lgtin:6901234.056789.L2", "quantity": 3},
            {"epcClass": "urn:epc:class:lgtin:6901234.056789.L3"},
        ],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:6901234.00001"}],
        "destinationList": [{"type": "location", "destination": SHELF}],
        "sensorElementList": [
            {
                "sensorMetadata": {
                    "time": "2016-05-01T06:00:00+08:00",
                    "deviceID": "urn:epc:id:giai:6901234.1",
                    "startTime": "2016-05-01T05:00:00+08:00",
                    "endTime": "2016-05-01T06:00:00+08:00",
                    "deviceMetadata": "https://example.org/d",
                    "rawData": "https://example.org/r",
                    "dataProcessingMethod": "https://example.org/m",
                    "bizRules": "https://example.org/b",
                    "coop:room": "3",
                },
                "sensorReport": [
                    {
                        "type": "Temperature",
                        "value": -1.5,
                        "uom": "CEL",
                        "minValue": -2,
                        "maxValue": 0,
                        "meanValue": -1,
                        "sDev": 0.25,
                        "percRank": 50,
                        "percValue": -1.1,
                        "time": "2016-05-01T06:00:00Z",
                        "deviceID": "urn:epc:id:giai:6901234.2",
                        "deviceMetadata": "https://example.org/d",
                        "rawData": "https://example.org/r",
                        "dataProcessingMethod": "https://example.org/m",
                        "exception": "ALARM_CONDITION",
                        "coop:note": "cold",
                    },
                    {
                        "type": "coop:Smell",
                        "stringValue": " sour ",
                        "booleanValue": True,
                        "hexBinaryValue": "F0",
                        "uriValue": "https://example.org/u",
                        "microorganism": "https://example.org/o",
                        "chemicalSubstance": "https://example.org/c",
                        "component": "x",
                        "coordinateReferenceSystem": "https://example.org/s",
                    },
                ],
                "coop:more": {"coop:deep": "1"},
            }
        ],
        "persistentDisposition": {
            "unset": ["completeness_inferred"],
            "set": ["completeness_verified"],
        },
        "ilmd": {"cbvmda:lotNumber": "L1", "coop:grade": "A"},
        "https://coop.example.org/note": "by hand",
    }


def test_the_other_types_of_events() -> None:
    step = "<bizStep>urn:epcglobal:cbv:bizstep:packing</bizStep>"
    pallet = "urn:epc:id:sscc:6901234.0000000001"
    children = f"<parentID>{pallet}</parentID><childEPCs>{EPC}</childEPCs>"
    found = read(
        f"<AggregationEvent>{TIME}{OFFSET}{children}<action>ADD</action>{step}"
        "<childQuantityList><quantityElement><epcClass>urn:epc:class:lgtin:6901234.056789.L1"
        "</epcClass><quantity>1e1</quantity></quantityElement></childQuantityList>"
        "</AggregationEvent>"
    )
    assert (found["parentID"], found["childEPCs"], found["bizStep"]) == (pallet, [BOX], "packing")
    assert found["childQuantityList"][0]["quantity"] == 10
    found = read(
        f"<AssociationEvent>{TIME}{OFFSET}{children}<action>ADD</action></AssociationEvent>"
    )
    assert found["type"] == "AssociationEvent"
    found = read(
        f"<TransactionEvent>{TIME}{OFFSET}<bizTransactionList><bizTransaction>urn:x:1"
        f"</bizTransaction></bizTransactionList><epcList/><action>DELETE</action>{step}"
        "</TransactionEvent>"
    )
    assert (found["epcList"], found["bizTransactionList"][0]) == ([], {"bizTransaction": "urn:x:1"})
    found = read(
        f"<TransformationEvent>{TIME}{OFFSET}<inputEPCList>{EPC}</inputEPCList><outputEPCList>"
        f"{EPC}</outputEPCList><transformationID>urn:x:2</transformationID></TransformationEvent>"
    )
    assert (found["inputEPCList"], found["outputEPCList"]) == ([BOX], [BOX])
    assert found["transformationID"] == "urn:x:2"
    found = read(
        f"<extension><my:Weighing>{TIME}{OFFSET}<readPoint><id>{SHELF}</id></readPoint>"
        "<my:kilograms>7</my:kilograms></my:Weighing></extension>",
        'xmlns:my="https://my.example.org/"',
    )
    assert found["type"] == "my:Weighing"
    assert found["readPoint"] == {"id": SHELF}
    assert found["https://my.example.org/kilograms"] == "7"


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        ("<my:a>1</my:a>", "1"),
        ("<my:a/>", ""),
        ("<my:a>1</my:a><my:a>2</my:a><my:a/>", ["1", "2", ""]),
        ("<my:a><b>1</b><my:c>2</my:c><my:c>3</my:c></my:a>", {"b": "1", "my:c": ["2", "3"]}),
        ("<my:a my:b='1'/>", {"my:b": "1"}),
        ("<my:a b='1'>2</my:a>", {"b": "1", "rdf:value": "2"}),
        ("<my:a b='1'><b>2</b></my:a>", {"b": ["1", "2"]}),
        ("<my:a xml:lang='zh'>农</my:a>", {"xml:lang": "zh", "rdf:value": "农"}),
        ("<my:a xsi:nil='true'/>", None),
        ("<my:a xsi:type='xsd:integer'>7</my:a>", 7),
        ("<my:a xsi:type='xsd:double'> -7.5e-1 </my:a>", -0.75),
        ("<my:a xsi:type='xsd:double'>7 kg</my:a>", "7 kg"),
        ("<my:a xsi:type='xsd:boolean'>false</my:a>", False),
        ("<my:a xsi:type='xsd:dateTime'>2016-05-01T00:00:00Z</my:a>", "2016-05-01T00:00:00Z"),
        ("<my:a xsi:type='my:integer'>7</my:a>", "7"),
        ("<my:a><![CDATA[<b>&amp;]]></my:a>", "<b>&amp;"),
        ("<my:a><extension>1</extension></my:a>", {"extension": "1"}),
        ("<extension><my:a>1</my:a></extension>", "1"),
        ("<extension><extension><my:a>1</my:a></extension></extension>", "1"),
        ("<my:a xmlns:my='urn:other:'>1</my:a><my:a>2</my:a>", "2"),
        ("<a xmlns='https://my.example.org/'>1</a>", "1"),
        ("<other:a xmlns:other='https://my.example.org/'>1</other:a>", "1"),
    ],
)
def test_fields_of_somebodys_own(inside: str, value: Any) -> None:
    spaces = (
        'xmlns:my="https://my.example.org/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    assert object_event(inside, spaces)["https://my.example.org/a"] == value


def test_a_prefix_that_means_another_thing_elsewhere_gets_another_name() -> None:
    found = object_event(
        "<my:a xmlns:my='urn:first:'>1</my:a><my:a xmlns:my='urn:second:'>2</my:a>"
        "<gs1:a xmlns:gs1='urn:third:'>3</gs1:a><a xmlns='urn:fourth:'>4</a>"
    )
    for number, space in enumerate(("first", "second", "third", "fourth"), 1):
        assert found[f"urn:{space}:a"] == str(number)


def test_a_prefix_or_name_that_json_cannot_have_is_written_so_that_it_can() -> None:
    found = object_event(
        "<my_own:批号>1</my_own:批号><农:a>2</农:a><xsd:a xmlns:xsd='urn:4:'>3</xsd:a>",
        "xmlns:my_own='https://my.example.org/' xmlns:农='urn:3:'",
    )
    assert found["https://my.example.org/%E6%89%B9%E5%8F%B7"] == "1"
    assert found["urn:3:a"] == "2"
    assert found["urn:4:a"] == "3"


def test_words_are_bare_however_they_are_written() -> None:
    for written in (
        "urn:epcglobal:cbv:bizstep:shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "cbv:BizStep-shipping",
        "c:BizStep-shipping",
        " \n shipping ",
    ):
        found = object_event(f"<bizStep>{written}</bizStep>", "xmlns:c='https://ref.gs1.org/cbv/'")
        assert found["bizStep"] == "shipping", written
    own = object_event("<bizStep>s:weighing</bizStep>", "xmlns:s='https://s.example.org/'")
    assert own["bizStep"] == "s:weighing"
    again = object_event(
        "<bizStep xmlns:s='urn:2:'>s:weighing</bizStep><s:a>1</s:a>", "xmlns:s='urn:1:'"
    )
    assert again["bizStep"] == "s2:weighing"
    assert object_event("<bizStep>urn:x:y</bizStep>")["bizStep"] == "urn:x:y"
    wrong = "<bizStep>urn:epcglobal:cbv:bizstep:shiping</bizStep>"
    refused(
        f"<ObjectEvent>{TIME}{OFFSET}<epcList/><action>ADD</action>{wrong}</ObjectEvent>",
        "bizStep",
        "none of the standard's words",
    )


def test_the_whole_document_in_the_namespace_of_the_standard_is_read_too() -> None:
    raw = (
        '<EPCISDocument xmlns="urn:epcglobal:epcis:xsd:2" schemaVersion="2" '
        f'creationDate="2016-05-01T06:31:00Z"><EPCISBody><EventList><ObjectEvent>{TIME}{OFFSET}'
        f"<epcList>{EPC}</epcList><action>ADD</action></ObjectEvent></EventList></EPCISBody>"
        "</EPCISDocument>"
    )
    found = read_xml(raw.encode("utf-16"))
    assert found["schemaVersion"] == "2.0"
    assert found["epcisBody"]["eventList"][0]["epcList"] == [BOX]


def test_a_document_of_1_2_is_read_as_2_0() -> None:
    inside = f"""
      <ObjectEvent>{TIME}{OFFSET}
        <baseExtension><eventID>urn:x:1</eventID>
          <errorDeclaration><declarationTime>2016-05-02T00:00:00Z</declarationTime>
          </errorDeclaration></baseExtension>
        <epcList/><action>ADD</action>
        <extension>
          <quantityList><quantityElement><epcClass>urn:epc:class:lgtin:6901234.056789.L1</epcClass>
            <quantity>5</quantity><uom>KGM</uom></quantityElement></quantityList>
          <ilmd><my:grade>A</my:grade></ilmd>
          <extension><my:later>1</my:later></extension>
        </extension>
        <my:note>2</my:note>
      </ObjectEvent>"""
    assert read(inside, 'xmlns:my="https://my.example.org/"', "1") == {
        "type": "ObjectEvent",
        "eventTime": "2016-05-01T06:30:00.250+08:00",
        "eventTimeZoneOffset": "+08:00",
        "eventID": "urn:x:1",
        "errorDeclaration": {"declarationTime": "2016-05-02T00:00:00Z"},
        "epcList": [],
        "action": "ADD",
        "quantityList": [
            {"epcClass": "urn:epc:class:lgtin:6901234.056789.L1", "quantity": 5, "uom": "KGM"}
        ],
        "ilmd": {"my:grade": "A"},
        "https://my.example.org/later": "1",
        "https://my.example.org/note": "2",
    }
    later = f"<TransformationEvent>{TIME}{OFFSET}<inputEPCList>{EPC}</inputEPCList><outputEPCList>"
    later += f"{EPC}</outputEPCList></TransformationEvent>"
    assert read(f"<extension>{later}</extension>", "", "1")["type"] == "TransformationEvent"
    later = f"<AssociationEvent>{TIME}{OFFSET}<parentID>urn:x:1</parentID><childEPCs>{EPC}"
    later += "</childEPCs><action>ADD</action></AssociationEvent>"
    twice = f"<extension><extension>{later}</extension></extension>"
    assert read(twice, "", "1")["type"] == "AssociationEvent"


def test_what_1_2_had_and_2_0_has_not_is_refused_with_what_to_write() -> None:
    old = f"<QuantityEvent>{TIME}{OFFSET}<epcClass>urn:x:1</epcClass></QuantityEvent>"
    with pytest.raises(DocumentError, match="line 1, column .*QuantityEvent.*quantityList"):
        read(old, "", "1")


def test_a_query_document_and_master_data_are_read() -> None:
    raw = f"""<?xml version="1.0" encoding="UTF-8"?>
    <epcisq:EPCISQueryDocument xmlns:epcisq="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0"
      creationDate="2016-05-01T06:31:00Z"><EPCISBody><epcisq:QueryResults>
      <queryName>mine</queryName><subscriptionID>7</subscriptionID><resultsBody><EventList>
      <ObjectEvent>{TIME}{OFFSET}<epcList>{EPC}</epcList><action>ADD</action></ObjectEvent>
      </EventList></resultsBody></epcisq:QueryResults></EPCISBody></epcisq:EPCISQueryDocument>"""
    results = read_xml(raw.encode())["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("mine", "7")
    assert len(results["resultsBody"]["eventList"]) == 1
    header = f"""<EPCISHeader><extension><EPCISMasterData><VocabularyList>
      <Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>
      <VocabularyElement id="{SHELF}"><attribute id="urn:epcglobal:cbv:mda#name">北仓</attribute>
      <attribute id="urn:x:1"><my:a xmlns:my="urn:my:">1</my:a></attribute>
      <children><id>urn:epc:id:sgln:6901234.00001.1</id></children></VocabularyElement>
      </VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></extension>
      </EPCISHeader>"""
    raw = wrapped("").decode().replace("<EPCISBody>", f"{header}<EPCISBody>")
    document = read_document(json.dumps(read_xml(raw.encode())).encode())
    assert document.places == (
        ("https://id.gs1.org/414/6901234000016", "https://id.gs1.org/414/6901234000016/254/1"),
    )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<EPCISDocument/>", "line 1, column 1: EPCISDocument: in the namespace"),
        (b'<e:Other xmlns:e="urn:epcglobal:epcis:xsd:2"/>', "is no document that is read here"),
        (b'<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2"/>', "schemaVersion"),
        (b'<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="1.2"/>', "go with"),
        (b'<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:1" schemaVersion="2.0"/>', "go with"),
        (b'<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2"/>', "EPCISBody"),
        (wrapped("").replace(b"<EventList>", b"text<EventList>"), 'has the text "text"'),
        (wrapped("").replace(b"<EPCISBody>", b"<EPCISBody><EventList/>"), "stands twice"),
        (wrapped("<Event/>"), "Event: is no event; write one of ObjectEvent"),
        (wrapped("text"), "EventList: has the text"),
    ],
)
def test_a_document_that_is_none_is_refused_with_its_place(raw: bytes, said: str) -> None:
    with pytest.raises(DocumentError) as error:
        read_xml(raw)
    assert said in str(error.value)
    assert str(error.value).startswith("line 1, column ")


def test_a_version_to_come_is_told_as_it_is() -> None:
    raw = wrapped("").replace(b'"2.0"', b'"3.0"')
    assert read_xml(raw)["schemaVersion"] == "3.0"


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<action>ADD</action><action>ADD</action>", "action: stands twice in one event"),
        ("<epcList>x</epcList>", 'epcList: has the text "x"'),
        ("<epcList><id>x</id></epcList>", "id: stands in epcList; write epc there"),
        ("<epcList><epc><a/></epc></epcList>", "a: stands in epc, which holds text alone"),
        ("<readPoint><id>a</id><id>b</id></readPoint>", "id: stands twice"),
        ("<errorDeclaration><reason/><reason/></errorDeclaration>", "reason: stands twice"),
        ("<sensorElementList><a/></sensorElementList>", "write sensorElement there"),
        (
            "<sensorElementList><sensorElement><a/></sensorElement></sensorElementList>",
            "a: is no part of a sensorElement",
        ),
        (
            "<sensorElementList><sensorElement><sensorMetadata/><sensorMetadata/></sensorElement>"
            "</sensorElementList>",
            "stands twice in one sensorElement",
        ),
        (
            "<sensorElementList><sensorElement><sensorReport>7</sensorReport></sensorElement>"
            "</sensorElementList>",
            "holds text; say it by an attribute",
        ),
        ("<my:a>1<my:b/></my:a>", 'a: has text ("1") and elements side by side'),
    ],
)
def test_an_event_that_json_could_not_say_is_refused_with_its_place(inside: str, said: str) -> None:
    event = f"<ObjectEvent>\n{TIME}{OFFSET}{inside}</ObjectEvent>"
    refused(event, "line 2, column ", said, spaces='xmlns:my="urn:my:"')


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<bizstep>urn:x:1</bizstep>", '"bizstep" is no field of it'),
        ("<my:a/><eventTim>1</eventTim>", '"eventTim" is no field of it'),
        (
            "<quantityList><quantityElement><epcClass>urn:x:1</epcClass><quantity>1_0</quantity>"
            "</quantityElement></quantityList>",
            "quantityList[0].quantity",
        ),
        ("<persistentDisposition><my:set>a</my:set></persistentDisposition>", "my:set"),
    ],
)
def test_an_event_that_is_not_right_is_named_by_the_check_of_all_events(
    inside: str, said: str
) -> None:
    event = f"<ObjectEvent>{TIME}{OFFSET}<epcList/><action>ADD</action>{inside}</ObjectEvent>"
    refused(event, said, spaces='xmlns:my="urn:my:"')


def test_a_vendors_names_that_are_those_of_the_standard_are_the_vendors() -> None:
    """Kind of trouble: FasTnT/epcis 7, where they were taken for the standard's."""
    inside = (
        f"{TIME}{OFFSET}<epcList>{EPC}</epcList><action>OBSERVE</action>"
        "<t:kind>3</t:kind><t:outer><epc>urn:x:1</epc><epc>urn:x:2</epc></t:outer>"
        "<c:epcList><c:epc unit='20'>400</c:epc></c:epcList>"
    )
    found = read(
        f"<ObjectEvent>{inside}</ObjectEvent>", 'xmlns:t="urn:t:" xmlns:c="urn:c:"', version="1"
    )
    assert found["epcList"] == [BOX]
    assert found["urn:t:outer"] == {"epc": ["urn:x:1", "urn:x:2"]}
    assert found["urn:c:epcList"] == {"c:epc": {"unit": "20", "rdf:value": "400"}}


def test_a_standard_prefix_is_not_declared_anew() -> None:
    """Kind of trouble: gs1/EPCIS 335, where readers of JSON-LD refuse the context for it."""
    raw = wrapped("", 'xmlns:cbvmda="urn:epcglobal:cbv:mda" xmlns:gs1="https://gs1.org/voc/"')
    assert read_xml(raw)["@context"] == [CONTEXT]
    other = read_xml(wrapped("", 'xmlns:cbvmda="urn:x:"'))["@context"]
    assert other == [CONTEXT, {"cbvmda2": "urn:x:"}]


def test_an_error_declaration_without_a_reason_is_whole() -> None:
    """Kind of trouble: FasTnT/epcis 172."""
    declared = "<declarationTime>2016-05-02T00:00:00Z</declarationTime>"
    found = read(
        f"<ObjectEvent>{TIME}{OFFSET}<errorDeclaration>{declared}</errorDeclaration><epcList/>"
        "<action>OBSERVE</action></ObjectEvent>"
    )
    assert found["errorDeclaration"] == {"declarationTime": "2016-05-02T00:00:00Z"}


def test_a_persistent_disposition_stands_where_the_standard_lets_it() -> None:
    """Kind of trouble: gs1/EPCIS 440; the XML Schema lets it stand elsewhere, the text does not."""
    held = (
        "<persistentDisposition><set>urn:epcglobal:cbv:disp:damaged</set></persistentDisposition>"
    )
    rest = f"{TIME}{OFFSET}<parentID>urn:x:1</parentID><childEPCs>{EPC}</childEPCs>"
    refused(
        f"<AggregationEvent>{rest}<action>ADD</action>{held}</AggregationEvent>",
        '"persistentDisposition" is no field of it',
    )

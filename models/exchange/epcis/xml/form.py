"""What elements the XML binding has, and in what order: the order is part of the standard.

References
----------
GS1 EPCIS 2.0, section 9.5 (XML Schema), and the published EPCglobal-epcis-2_0.xsd.
"""

from __future__ import annotations

#: Namespaces of the standard's own documents; what stands in them has no namespace.
EPCIS, QUERY = "urn:epcglobal:epcis:xsd:2", "urn:epcglobal:epcis-query:xsd:2"
EPCIS_1, QUERY_1 = "urn:epcglobal:epcis:xsd:1", "urn:epcglobal:epcis-query:xsd:1"
OURS = ("", EPCIS, QUERY, EPCIS_1, QUERY_1)
#: Elements that only wrap what later versions added; what stands in them stands there.
WRAPPERS = ("extension", "baseExtension")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD_TYPES = "http://www.w3.org/2001/XMLSchema"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMLNS = "http://www.w3.org/2000/xmlns/"
XML_SPACE = "http://www.w3.org/XML/1998/namespace"
#: The namespace of master data attributes, without the colon that JSON's context ends in.
MDA, MDA_IN_JSON = "urn:epcglobal:cbv:mda", "urn:epcglobal:cbv:mda:"

BASE = (
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "errorDeclaration",
    "certificationInfo",
)
_WHY = ("bizStep", "disposition", "readPoint", "bizLocation")
_WAY = ("sourceList", "destinationList", "sensorElementList", "persistentDisposition")
ORDER = {
    "ObjectEvent": (
        *("epcList", "action", *_WHY, "bizTransactionList", "quantityList", *_WAY, "ilmd"),
    ),
    "AggregationEvent": (
        *("parentID", "childEPCs", "action", *_WHY, "bizTransactionList", "childQuantityList"),
        *_WAY,
    ),
    "TransactionEvent": (
        *("bizTransactionList", "parentID", "epcList", "action", *_WHY, "quantityList", *_WAY),
    ),
    "TransformationEvent": (
        *("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"),
        *("transformationID", *_WHY, "bizTransactionList", *_WAY, "ilmd"),
    ),
    "AssociationEvent": (
        *("parentID", "childEPCs", "childQuantityList", "action", *_WHY, "bizTransactionList"),
        *_WAY,
    ),
}
#: Kinds of fields: one text; a word of a vocabulary; a list, by the name of what stands in it.
TEXTS = (
    "recordTime",
    "eventTime",
    "eventTimeZoneOffset",
    "eventID",
    "certificationInfo",
    "action",
    "parentID",
    "transformationID",
)
TIMES = ("eventTime", "recordTime", "declarationTime", "time", "startTime", "endTime")
WORDS = {"bizStep": "bizStep", "disposition": "disposition"}
LISTS = {
    "epcList": "epc",
    "childEPCs": "epc",
    "inputEPCList": "epc",
    "outputEPCList": "epc",
}
QUANTITIES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
PLACES = ("readPoint", "bizLocation")
#: Lists of identifiers with a type, and the vocabulary of the type.
TYPED = {
    "bizTransactionList": ("bizTransaction", "bizTransaction"),
    "sourceList": ("source", "party"),
    "destinationList": ("destination", "party"),
}
#: Attributes of sensors that hold words of a vocabulary.
SENSOR_WORDS = {"type": "measurement", "exception": "alert", "component": "component"}
STANDARD = frozenset((*BASE, *(name for names in ORDER.values() for name in names)))
#: Fields that an event of somebody's own type may share with the standard's.
OF_ANY = tuple(sorted(STANDARD - {*BASE}))

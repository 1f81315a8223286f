"""A request that is answered by a problem."""

from __future__ import annotations

import json

from flask import Response

from models.exchange.epcis.problems import TYPES, described
from models.exchange.epcis.xml.answers import write_problem


class Problem(Exception):  # noqa: N818 - named as in RFC 7807
    """A request that is answered by a problem."""

    def __init__(self, kind: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers = kind, detail, headers

    def response(self, *, as_xml: bool = False) -> Response:
        """Return it as an answer."""
        told, status = described(self.kind, self.detail), TYPES[self.kind][0]
        if as_xml:
            answer = Response(write_problem(told), status, content_type="application/problem+xml")
        else:
            text = json.dumps(told, ensure_ascii=False)
            answer = Response(text, status, content_type="application/problem+json")
        for name, value in self.headers.items():
            answer.headers[name.replace("_", "-")] = value
        return answer

"""What the tests of lots do as people would: harvest, spray, certify."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from tests.webapp.pages.my.world import make, own_id, post


def garlic(client: FlaskClient) -> str:
    return own_id(make(client, crop="garlic", variety=""))


def harvest(client: FlaskClient, field: str, **other: str) -> str:
    """Enter a harvest and return the address of its lot."""
    given = {"produce": "garlic_scape", "weight": "800", "when": "0", "over": "no"} | other
    answer: Any = post(client, f"/lots/harvest/{field}", **given)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def spray(client: FlaskClient, field: str, **other: str) -> None:
    given = {"kind": "spray", "when": "2", "product": "嘧菌酯", "interval": "7"} | other
    answer: Any = post(client, f"/my/{field}/work", **given)
    assert answer.status_code == 303, answer.text


COMMIT = {
    "grounds": "control",
    "issuer_kind": "household",
    "name": "张三",
    "contact": "13812345678",
}


def certify(client: FlaskClient, lot: str, **other: str) -> str:
    """Issue a certificate and return its number."""
    answer: Any = post(client, f"{lot}/certificate", **(COMMIT | other))
    assert answer.status_code == 303, answer.text
    return str(re.findall(r"/c/(C[0-9]{6}-[2-9A-Z]{10})/sheet", answer.location)[0])

"""The mark of an own device: a phone or computer on which somebody has signed in before.

Who guesses at an account from a network makes that network wait, and with it all who share it. A
marked device is counted by itself, so that its owner gets in. The mark opens nothing: it gives a
few attempts of one's own, at those accounts alone that were signed in to there.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, Response, current_app, request, session
from itsdangerous import BadSignature, URLSafeTimedSerializer

from collector.store.people import Person
from webapp.accounts.access import reader

COOKIE = "nongqing_device"
#: Browsers keep no cookie for longer.
VALID = timedelta(days=400)
MOST_PEOPLE = 5
LONGEST = 300
_MARK = re.compile(r"([0-9a-f]{24})((?: [0-9]{1,18})+)")
EXTENSION = "nongqing.devices"


@dataclass(frozen=True)
class Device:
    """A marked device.

    Attributes
    ----------
    id : str
    people : tuple of int
        Who signed in on it, the last ones.
    """

    id: str
    people: tuple[int, ...] = ()


def _serializer() -> URLSafeTimedSerializer:
    found: URLSafeTimedSerializer = current_app.extensions[EXTENSION]
    return found


def this_device() -> Device | None:
    """Return the device that a request comes from, None where it is not marked by us."""
    text = request.cookies.get(COOKIE, "")
    if not text or len(text) > LONGEST:
        return None
    try:
        kept = _serializer().loads(text, max_age=int(VALID.total_seconds()))
    except BadSignature:
        return None
    found = _MARK.fullmatch(kept) if isinstance(kept, str) else None
    return None if found is None else Device(found[1], tuple(map(int, found[2].split())))


def own_of(person: Person | None) -> str:
    """Return by what attempts at an account are counted on its owner's device; '' elsewhere."""
    device = this_device()
    known = device is not None and person is not None and person.id in device.people
    return f"device {device.id}" if known and device is not None else ""


def _mark(response: Response) -> Response:
    """Mark a device at the first page after a sign-in that sets no other cookie."""
    user = reader()
    others = session.modified or "Set-Cookie" in response.headers
    if user is None or others or response.status_code != 200 or response.mimetype != "text/html":
        return response
    device = this_device() or Device(secrets.token_hex(12))
    if user.id not in device.people:
        people = " ".join(str(each) for each in (*device.people, user.id)[-MOST_PEOPLE:])
        response.set_cookie(
            COOKIE,
            _serializer().dumps(f"{device.id} {people}"),
            max_age=VALID,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


def mark(app: Flask) -> None:
    """Mark the devices on which people sign in; call it before all else that makes answers.

    What is registered first runs last: only then it is known whether an answer sets a cookie.
    """
    app.after_request(_mark)


def install(app: Flask) -> None:
    """Let an app read marks."""
    app.extensions[EXTENSION] = URLSafeTimedSerializer(str(app.secret_key), salt="own device")

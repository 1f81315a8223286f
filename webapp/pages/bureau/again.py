"""An officer has a message sent again that did not go out, or that nobody has answered."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, flash, redirect, url_for

from collector.store import audit
from collector.store.bureau import decisions, deliveries
from webapp.accounts.access import needs, reader, scope
from webapp.accounts.charge import given
from webapp.accounts.datastore import CLOCK
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.language.i18n import gettext
from webapp.views.bureau.recipients import WHOM

bp = Blueprint("again", __name__)
#: The message, and how often it had been sent again when its officer saw it.
WHICH = re.compile(r"([0-9]{1,18})-([0-9]{1,5})", re.ASCII)


@bp.post("/desk/again")
@needs("release")
def send() -> Response:
    """Put one message back to be sent; of two presses of one page the second sends nothing."""
    user, conn = reader(), connection()
    assert user is not None
    match = WHICH.fullmatch(given("which"))
    if match is None:
        abort(400, gettext("Say which message is to be sent again: press the button beside it."))
    number, again = int(match[1]), int(match[2])
    decision = decisions.by_number(conn, deliveries.decision_of(conn, number) or 0)
    found = (
        []
        if decision is None or decision.id is None
        else deliveries.recipients(conn, decision.id, scope("release"), only=number)[0]
    )
    if decision is None or not found:
        raise PageNotFound(gettext("There is no such message where you release advice."))
    (message,) = found
    if decision.state not in (decisions.PUBLISHED, decisions.UPDATED):
        abort(409, gettext("This is not public now: its messages go out only while it is."))
    if message.repeatable and deliveries.send_again(conn, number, again, now()):
        detail: dict[str, object] = {"delivery": number, "person": message.person}
        detail |= {"channel": message.channel, "before": message.state}
        what = f"{message.village} {decision.hazard} {decision.crop}"
        audit.append(conn, str(user.id), "advice_sent_again", what, detail, at=CLOCK.now())
        flash(gettext("The message to %(name)s goes out again.", name=message.name))
    else:
        flash(
            gettext(
                "Nothing is sent: the message to %(name)s waits already, was sent again by "
                "somebody else, or has reached them. The list below is new.",
                name=message.name,
            )
        )
    place, hazard, crop = decision.key
    whom = given("whom") if given("whom") in WHOM else ""
    back = url_for("decision.page", place=place, crop=crop, hazard=hazard, whom=whom or None)
    answer = redirect(f"{back}#people", code=303)
    assert isinstance(answer, Response)
    return answer

"""Sends a text message to a person: within the limits, noted before it goes and after."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime

from collector.phone import mask_phone, phone_digest
from collector.senders.message import LONGER, TEMPLATES, Message, Outcome
from collector.senders.settings import SmsSettings
from collector.store import messages
from collector.store.messages import TooManyMessages
from collector.store.postgres.db import DatabaseDown, Pool
from field_configs.events import Event, event
from field_configs.words import Words

LONGEST_PARAM = 35  # characters; what gateways take is shorter still (unverified)

log = logging.getLogger("nongqing.sms")


class SmsError(Exception):
    """A message did not go out.

    Attributes
    ----------
    event : Event
        Why, to be said in the reader's language.
    detail : str
        What the gateway said, for technicians; empty where nobody asked it.
    """

    def __init__(self, said: Event, detail: str = "") -> None:
        super().__init__(str(said))
        self.event = said
        self.detail = detail


def write(
    to: str, template: str, params: Mapping[str, str], signature: str, language: str
) -> Message:
    """Write a message.

    Raises
    ------
    ValueError
        When there is no such template, it needs other parameters, or one cannot be sent: a
        mistake of the caller.
    """
    names = TEMPLATES.get(template)
    if names is None or set(params) != set(names):
        known = "; ".join(f"{name}: {', '.join(needs)}" for name, needs in TEMPLATES.items())
        raise ValueError(f"SMS {template} with {sorted(params)}: there are {known}")
    for name in names:
        value = params[name]
        if not value or not value.isprintable() or len(value) > LONGER.get(name, LONGEST_PARAM):
            raise ValueError(f"SMS {template}: {name} is empty, too long or holds odd characters")
    text = Words.load(language).text(f"sms.{template}", **params)
    return Message(
        to=to,
        template=template,
        params={name: params[name] for name in names},
        signature=signature,
        language=language,
        # In these brackets, whatever the language: as messages in China are signed.
        text=f"【{signature}】{text}",
        key=uuid.uuid4(),
    )


def send_sms(
    pool: Pool,
    settings: SmsSettings,
    to: str,
    template: str,
    params: Mapping[str, str],
    *,
    language: str,
    at: datetime,
) -> Outcome:
    """Send a message to a number, and keep that it went out.

    The caller must not hold a transaction that waits for this one: it takes connections of its
    own, and none while the gateway is asked.

    Parameters
    ----------
    pool : Pool
    settings : SmsSettings
    to : str
        Number as `collector.phone.normalise_phone` writes it.
    template : str
        One of `TEMPLATES`.
    params : mapping of str to str
        What the template needs.
    language : str
        Of the text.
    at : datetime
        Now, aware.

    Returns
    -------
    Outcome
        Sent, or unknown where it may have gone out.

    Raises
    ------
    SmsError
        When the number has had enough messages for now, or the gateway did not take it.
    ValueError
        When template and parameters do not fit.
    DatabaseDown
        When it cannot be noted that a message goes out; then none does.
    """
    message = write(to, template, params, settings.signature, language)
    try:
        with pool.connection() as conn:
            number = messages.begin(
                conn,
                way=settings.sender.way,
                template=template,
                recipient=phone_digest(to),
                masked=mask_phone(to),
                key=message.key,
                limits=settings.limits,
                total=settings.total,
                at=at,
            )
    except TooManyMessages as error:
        minutes = -(-int(error.wait.total_seconds()) // 60) or 1
        if error.all:
            log.error("SMS: the limit of all numbers together is reached (NONGQING_SMS_TOTAL)")
            raise SmsError(event("sms_too_many_in_all", minutes=minutes)) from error
        raise SmsError(event("sms_too_many", minutes=minutes)) from error
    outcome = settings.sender.send(message)
    _note(pool, number, outcome)
    if outcome.state == messages.FAILED:
        log.warning("SMS %d to %s: %s", number, mask_phone(to), outcome.error)
        raise SmsError(event("sms_not_sent"), outcome.error or "")
    return outcome


def _note(pool: Pool, number: int, outcome: Outcome) -> None:
    """Keep what became of a message; it is out, so trouble here must not stop its caller."""
    try:
        with pool.connection() as conn:
            messages.finish(
                conn,
                number,
                outcome.state,
                reference=outcome.reference,
                error=outcome.error,
            )
    except DatabaseDown as error:
        log.warning("SMS %d: %s, and it cannot be noted: %s", number, outcome.state, error)

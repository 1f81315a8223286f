"""The job of recalls: messages to who has the goods."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.senders.settings import SmsSettings
from collector.senders.sms import SmsError, send_sms
from collector.store.inspection import recall_messages
from collector.store.inspection.recall_messages import Waiting
from collector.store.messages import FAILED, UNKNOWN
from field_configs.events import Event, event

#: Nobody's language is kept; messages are in Chinese.
LANGUAGE = "zh_CN"
#: So many messages in one run; the others wait for the next.
BATCH = 200
TEMPLATE = "recall"


def send_waiting(context: Context, settings: SmsSettings | None = None) -> Event:
    """Send the messages of recalls that wait, each once: taken in a transaction before it goes."""
    settings = settings or SmsSettings.from_env()
    counts = {"sent": 0, "failed": 0, "waiting": 0}
    with context.pool.connection() as conn:
        numbers = recall_messages.waiting(conn, BATCH, context.now)
    for number in numbers:
        with context.pool.connection() as conn:
            message = recall_messages.claim(conn, number, context.now)
        if message is None:
            continue
        state, failure, detail = _send(context, settings, message)
        with context.pool.connection() as conn:
            recall_messages.finish(conn, number, state, context.now, failure, detail)
        counts["waiting" if state == "queued" else "failed" if state == FAILED else "sent"] += 1
    return event("recall_messages_sent", **counts)


def _send(context: Context, settings: SmsSettings, message: Waiting) -> tuple[str, str | None, str]:
    params, at = {"text": message.text}, context.now
    try:
        outcome = send_sms(
            context.pool, settings, message.phone, TEMPLATE, params, language=LANGUAGE, at=at
        )
    except SmsError as error:
        full = error.event.kind in ("sms_too_many", "sms_too_many_in_all")
        again = full or message.attempts < recall_messages.MOST_ATTEMPTS
        return "queued" if again else FAILED, error.event.kind, error.detail
    return (UNKNOWN if outcome.state == UNKNOWN else "sent"), None, outcome.error or ""


JOBS = (Job("recall_messages", timedelta(minutes=2), send_waiting),)

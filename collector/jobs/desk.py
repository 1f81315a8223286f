"""The jobs of the desk: counts for the trend, decisions that are over, messages that wait."""

from __future__ import annotations

from datetime import timedelta

from collector.jobs.context import Context, Job
from collector.senders.settings import SmsSettings
from collector.senders.sms import SmsError, send_sms
from collector.store.bureau import decisions, deliveries, desk
from collector.store.bureau.deliveries import Claimed
from collector.store.messages import FAILED, UNKNOWN
from field_configs.events import Event, event
from field_configs.words import Words

#: Nobody's language is kept; messages to farmers and agents are in Chinese.
LANGUAGE = "zh_CN"
#: So many messages in one run; the others wait for the next.
BATCH = 200
#: Letters of a name in a message.
MOST_NAME = 35


def keep_desk(context: Context) -> Event:
    """Count what is in force today, close what is over, remind agents of villages that are late."""
    with context.pool.connection() as conn:
        desk.count_day(conn, context.now)
        closed = decisions.close_over(conn, context.now)
        deliveries.tidy(conn, context.now)
        deliveries.remind(conn, context.now)
    return event("desk_kept", closed=closed)


def _params(message: Claimed) -> tuple[str, dict[str, str]]:
    if message.channel == "sms":
        return "advice", {"text": message.text}
    words, key = Words.load(LANGUAGE), f"hazard.{message.hazard}.name"
    name = words.text(key) if key in words else message.hazard
    template = "advice_withdrawn" if message.channel == "withdrawal" else "advice_reminder"
    return template, {"hazard": name[:MOST_NAME], "village": message.village[:MOST_NAME]}


def send_waiting(context: Context, settings: SmsSettings | None = None) -> Event:
    """Send the messages of published advice that wait, each once.

    A message is taken in a transaction of its own before it goes, so that no second sender has it;
    one whose number has had enough for now goes back, one that was not taken is tried again.
    """
    settings = settings or SmsSettings.from_env()
    counts = {"sent": 0, "failed": 0, "waiting": 0}
    with context.pool.connection() as conn:
        deliveries.tidy(conn, context.now)
        numbers = deliveries.waiting(conn, BATCH)
    for number in numbers:
        with context.pool.connection() as conn:
            message = deliveries.claim(conn, number, context.now)
        if message is None:
            continue
        state, failure, detail = _send(context, settings, message)
        with context.pool.connection() as conn:
            deliveries.finish(conn, number, state, context.now, failure, detail)
        counts["waiting" if state == "queued" else "failed" if state == FAILED else "sent"] += 1
    return event("advice_sent", **counts)


def _send(context: Context, settings: SmsSettings, message: Claimed) -> tuple[str, str | None, str]:
    """Send one message; return what became of it, why it did not go, and what the gateway said."""
    template, params = _params(message)
    try:
        outcome = send_sms(
            context.pool,
            settings,
            message.phone,
            template,
            params,
            language=LANGUAGE,
            at=context.now,
        )
    except SmsError as error:
        full = error.event.kind in ("sms_too_many", "sms_too_many_in_all")
        again = full or message.attempts < deliveries.MOST_ATTEMPTS
        return "queued" if again else FAILED, error.event.kind, error.detail
    return (UNKNOWN if outcome.state == UNKNOWN else "sent"), None, outcome.error or ""


JOBS = (
    Job("desk", timedelta(hours=1), keep_desk, timedelta(minutes=10), after="advisories"),
    Job("advice_messages", timedelta(minutes=5), send_waiting),
)

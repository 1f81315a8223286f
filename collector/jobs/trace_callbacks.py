"""The job that sends subscribers what is new: several at a time, each in a claim of its own."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta

from collector.clock import Clock, SystemClock
from collector.jobs.context import Context, Job
from collector.keys import TokenSeal, WebKeyError, load_or_make_web_key
from collector.senders import webhook
from collector.settings import SettingsError
from collector.store.postgres.db import DatabaseDown
from collector.store.trace import callbacks, trace_asked
from collector.store.trace.callbacks import Batch, TooComplex, Unfit
from field_configs.events import Event, event
from models.exchange.epcis.asking import QueryError
from models.exchange.epcis.documents import query_document
from models.exchange.epcis.problems import described

#: Subscribers that are sent something at the same time, and of one party.
WORKERS, OF_A_PARTY = 8, 2
#: For so long others are taken up while some are sent to [s].
TAKING_UP_S = 30.0
CLOCK: Clock = SystemClock()
VERSION = "2.0.0"

log = logging.getLogger("nongqing.callbacks")


@dataclass
class Sent:
    """Counts of what was sent."""

    deliveries: int = 0
    events: int = 0
    failed: int = 0

    def add(self, other: Sent) -> None:
        """Add the counts of another."""
        self.deliveries += other.deliveries
        self.events += other.events
        self.failed += other.failed


@dataclass(frozen=True)
class _Round:
    """One run of the job: takes up what is due until its time is over or the process ends."""

    context: Context
    clock: Clock
    timeout_s: float
    until: float

    def open(self) -> bool:
        return time.monotonic() < self.until and not self.context.stopping.is_set()

    def due(self) -> list[tuple[str, str]]:
        with self.context.pool.connection() as conn:
            return callbacks.due(conn, self.context.now, self.clock.now())

    def serve(self, name: str) -> Sent:
        """Send a subscription what there is, batch after batch, until one is not taken."""
        sent = Sent()
        while self.open():
            batch = self._claim(name)
            if batch is None or not self._send(batch, sent):
                break
        return sent

    def _claim(self, name: str) -> Batch | None:
        """Settle what a subscription is sent; a query that cannot be asked holds up no other."""
        pool = self.context.pool
        try:
            with pool.connection() as conn:
                return callbacks.claim(conn, name, self.context.now, self.clock.now())
        except DatabaseDown:
            raise
        except QueryError as error:
            self._unfit(name, "QueryParameterException", f"the query cannot be asked here: {error}")
        except TooComplex:
            self._unfit(name, "QueryTooComplexException", "the query takes too long; ask for less")
        except Exception as error:
            log.exception("subscription %s", name)
            why = f"the query cannot be asked here: {type(error).__name__}"
            self._unfit(name, "ImplementationException", why)
        return None

    def _unfit(self, name: str, kind: str, why: str) -> None:
        """Note that a query cannot be carried out, and tell its receiver until it has taken it."""
        pool = self.context.pool
        with pool.connection() as conn:
            found = callbacks.unfit(conn, name, why, self.clock.now())
        if found is None or found.problem == kind:
            return
        told = {**described(kind, why), "queryName": found.query, "subscriptionID": name}
        body = json.dumps(told, ensure_ascii=False).encode()
        if self._deliver(found, body, str(uuid.uuid5(uuid.UUID(name), kind))).taken:
            with pool.connection() as conn:
                callbacks.told_problem(conn, name, kind)

    def _send(self, batch: Batch, sent: Sent) -> bool:
        try:
            answered = self._post(batch)
        except DatabaseDown:
            raise
        except Exception as error:
            log.exception("subscription %s", batch.subscription)
            answered = webhook.Answered(None, f"a fault here: {type(error).__name__}")
        pool = self.context.pool
        with pool.connection() as conn:
            if answered.taken:
                callbacks.taken(conn, batch, self.context.now)
            elif answered.status == 413 and len(batch.events) > 1:
                callbacks.too_large(conn, batch)
            else:
                callbacks.failed(conn, batch, answered.why, self.clock.now())
        if answered.taken:
            sent.add(Sent(1, len(batch.events)))
        elif not (answered.status == 413 and len(batch.events) > 1):
            sent.failed += 1
            return False
        return True

    def _post(self, batch: Batch) -> webhook.Answered:
        with self.context.pool.connection() as conn:
            found = trace_asked.recorded(conn, callbacks.events(conn, batch))
        told = query_document(
            found, batch.query, batch.made, batch.spelling, subscription=batch.subscription
        )
        return self._deliver(batch, json.dumps(told, ensure_ascii=False).encode(), batch.key)

    def _deliver(self, to: Batch | Unfit, body: bytes, key: str) -> webhook.Answered:
        settings = self.context.settings
        here = settings is not None and settings.webhooks_here
        try:
            token = _token(to, self.seal)
        except WebKeyError as error:
            return webhook.Answered(None, str(error))
        headers = _headers(token, to.spelling, body, key)
        return webhook.post(to.dest, body, headers, here=here, timeout_s=self.timeout_s)

    def seal(self) -> TokenSeal | None:
        """Return what opens signatureTokens; None where there are no settings.

        Raises
        ------
        WebKeyError
            When the key of the web cannot be read here.
        """
        settings = self.context.settings
        if settings is None:
            return None
        try:
            return TokenSeal(load_or_make_web_key(settings.state_dir, settings.web_key))
        except SettingsError as error:
            raise WebKeyError(str(error)) from error


def _token(to: Batch | Unfit, seal: Callable[[], TokenSeal | None]) -> str | None:
    """Return what a delivery is signed with.

    Raises
    ------
    WebKeyError
        When it cannot be opened here: nothing goes out unsigned that is to be signed.
    """
    if to.sealed is None:
        return to.token
    found = seal()
    if found is None:
        raise WebKeyError("there is no key of the web here to open the signatureToken with")
    return found.open(to.subscription, to.sealed)


def _headers(token: str | None, spelling: str, body: bytes, key: str) -> dict[str, str]:
    signed = {} if token is None else {"GS1-Signature": webhook.signature(token, body)}
    return {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Connection": "close",
        "User-Agent": "nongqing",
        "Idempotency-Key": key,
        "GS1-EPCIS-Version": VERSION,
        "GS1-CBV-Version": VERSION,
        "GS1-EPC-Format": spelling,
        **signed,
    }


def call_back(
    context: Context, clock: Clock = CLOCK, timeout_s: float = webhook.TIMEOUT_S
) -> Event:
    """Send subscribers what is due.

    Parameters
    ----------
    context : Context
    clock : Clock
        The machine's, by which pauses and claims are counted.
    timeout_s : float
        For one delivery [s].
    """
    now = _Round(context, clock, timeout_s, time.monotonic() + TAKING_UP_S)
    try:
        with context.pool.connection() as conn:
            callbacks.seal_tokens(conn, now.seal)
    except WebKeyError as error:
        log.warning("signatureTokens stay in the clear: %s", error)
    sent, in_hand = Sent(), dict[Future[Sent], tuple[str, str]]()
    with ThreadPoolExecutor(WORKERS) as workers:
        while True:
            if now.open():
                for name, party in now.due():
                    mine = [of for _, of in in_hand.values()].count(party)
                    free = len(in_hand) < WORKERS and mine < OF_A_PARTY
                    if free and all(name != one for one, _ in in_hand.values()):
                        in_hand[workers.submit(now.serve, name)] = (name, party)
            if not in_hand:
                break
            done, _ = wait(in_hand, timeout=1.0, return_when=FIRST_COMPLETED)
            for each in done:
                del in_hand[each]
                sent.add(each.result())
    return event(
        "callbacks_made", deliveries=sent.deliveries, events=sent.events, failed=sent.failed
    )


def _is_wanted(context: Context) -> bool:
    with context.pool.connection() as conn:
        return bool(callbacks.due(conn, context.now, CLOCK.now()))


JOBS = (Job("trace_callbacks", timedelta(seconds=5), call_back, wanted=_is_wanted),)

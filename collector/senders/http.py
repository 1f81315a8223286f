"""The sender that hands messages to a gateway by HTTP: docs/messages.md has the request."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collector.senders.address import Address
from collector.senders.message import Message, Outcome

MOST_BYTES = 65_536
MOST_REFERENCE = 200
TRY_AGAIN = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class _Answer:
    """What came of one attempt; `again`: another may do better."""

    outcome: Outcome
    again: bool = False


class HttpSender:
    """Posts each message as JSON, sealed with an HMAC; tries twice with the same key.

    Parameters
    ----------
    address : Address
        Of the gateway.
    secret : bytes
        Shared with it.
    template_ids : mapping of str to str
        The gateway's own names of our templates; ours where it has none.
    timeout_s : float
        For one attempt [s].
    """

    way = "http"

    def __init__(
        self,
        address: Address,
        secret: bytes,
        template_ids: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        self.address = address
        self.secret = secret
        self.template_ids = dict(template_ids or {})
        self.timeout_s = timeout_s

    def send(self, message: Message) -> Outcome:
        """Hand a message to the gateway.

        Where an attempt may have got through and the next one did not, the outcome is unknown.
        """
        body = self._body(message)
        first = self._attempt(message, body)
        if not first.again:
            return first.outcome
        second = self._attempt(message, body)
        if second.outcome.state == "failed" and first.outcome.state == "unknown":
            return Outcome.unknown(second.outcome.error or "")
        return second.outcome

    def _body(self, message: Message) -> bytes:
        values = {
            "key": str(message.key),
            "to": message.to,
            "template": self.template_ids.get(message.template, message.template),
            "params": dict(message.params),
            "ordered": list(message.params.values()),
            "signature": message.signature,
            "language": message.language,
            "text": message.text,
        }
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        now = str(int(time.time()))  # the gateway's time is the world's, whatever clock runs here
        seal = hmac.new(self.secret, f"{now}\n".encode() + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "nongqing",
            "Idempotency-Key": str(message.key),
            "X-Nongqing-Time": now,
            "X-Nongqing-Signature": f"sha256={seal}",
        }

    def _attempt(self, message: Message, body: bytes) -> _Answer:
        deadline = time.monotonic() + self.timeout_s
        conn = self._connection()
        try:
            try:
                conn.connect()
            except OSError as error:  # nothing was sent
                return _Answer(Outcome.failed(self._no_answer(error)), again=True)
            conn.request("POST", self.address.target, body, self._headers(message, body))
            response = conn.getresponse()
            answer = _read(response, deadline)
        except (OSError, http.client.HTTPException) as error:
            return _Answer(Outcome.unknown(self._no_answer(error)), again=True)
        finally:
            conn.close()
        if 200 <= response.status < 300:
            return _Answer(Outcome.sent(_reference(answer)))
        said = f"SMS gateway {self.address.host} refuses it: HTTP {response.status}"
        if response.status in TRY_AGAIN:
            # Who answers so says that it did not send; a gateway behind it may have.
            outcome = Outcome.failed(said) if response.status == 429 else Outcome.unknown(said)
            return _Answer(outcome, again=True)
        return _Answer(Outcome.failed(said))

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self.address.host, self.address.port
        if self.address.tls:
            trust = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self.timeout_s, context=trust)
        return http.client.HTTPConnection(host, port, timeout=self.timeout_s)

    def _no_answer(self, error: Exception) -> str:
        cause = " ".join(str(error).split()) or type(error).__name__
        return f"SMS gateway {self.address.host}: no answer ({cause})"


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Read the beginning of an answer; one that trickles in is given up at the deadline."""
    found = b""
    while len(found) < MOST_BYTES:
        if time.monotonic() > deadline:
            raise TimeoutError("the answer does not end")
        piece = response.read1(MOST_BYTES)
        if not piece:
            break
        found += piece
    return found


def _reference(answer: bytes) -> str | None:
    """Return by which name the gateway knows the message, if it says so."""
    try:
        values: Any = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    found = values.get("reference") if isinstance(values, dict) else None
    if not isinstance(found, str | int):
        return None
    return "".join(c for c in str(found) if c.isprintable())[:MOST_REFERENCE] or None

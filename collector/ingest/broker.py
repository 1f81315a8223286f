"""The connection to the broker: the only place that knows the MQTT client."""

from __future__ import annotations

import logging
import ssl
import sys
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from collector.ingest.authenticity import Message
from collector.settings import BrokerTls, SettingsError, parse_broker
from collector.trouble import Trouble
from field_configs.events import Event, event

SUBSCRIPTIONS = ("nq/1/+/up", "nq/1/+/evt", "nq/1/+/ask", "senml/+", "thingsboard/+")
# A refused subscription is asked for again, since somebody may have allowed it meanwhile.
ASK_AGAIN_SECONDS = 30.0

log = logging.getLogger("nongqing.ingest")


class MqttLink:
    """The connection to the broker; it comes back by itself.

    Parameters
    ----------
    url : str
        ``mqtt[s]://[user:password@]host[:port]``
    deliver : callable
        Takes each message, on the client's thread.
    shared_group : str, optional
        Divide messages among all collectors of this group.
    tls : BrokerTls
        Certificates, for ``mqtts``.

    Attributes
    ----------
    trouble : Event or None
        Why nothing comes in; None while messages may come.
    subscribed : threading.Event
        Set while every subscription is granted.

    Raises
    ------
    SettingsError
        When a certificate cannot be used.
    """

    def __init__(
        self,
        url: str,
        deliver: Callable[[Message], None],
        shared_group: str | None = None,
        tls: BrokerTls | None = None,
    ) -> None:
        self.address = parse_broker(url)
        self.deliver = deliver
        self.topics = [f"$share/{shared_group}/{t}" if shared_group else t for t in SUBSCRIPTIONS]
        self.subscribed = threading.Event()
        self.trouble: Event | None = None
        self._refused = False
        self._connected = False
        self._trouble = Trouble(log)
        self._ask_again: threading.Timer | None = None
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, clean_session=True)
        self.client.reconnect_delay_set(min_delay=1, max_delay=10)
        if self.address.tls:
            self._set_tls(tls or BrokerTls())
        if self.address.user:
            self.client.username_pw_set(self.address.user, self.address.password)
        self.client.on_connect = self._on_connect
        self.client.on_connect_fail = self._on_connect_fail
        self.client.on_disconnect = self._on_disconnect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message

    def _set_tls(self, tls: BrokerTls) -> None:
        try:
            ca, cert, key = (None if p is None else str(p) for p in (tls.ca, tls.cert, tls.key))
            self.client.tls_set(ca, cert, key)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise SettingsError(
                f"NONGQING_BROKER_CA, _CERT, _KEY: cannot be used ({error}); name files in PEM, "
                "the key without a passphrase and belonging to the certificate"
            ) from error

    @property
    def place(self) -> str:
        """Host and port."""
        return f"{self.address.host}:{self.address.port}"

    def start(self) -> None:
        """Begin to connect, on a thread of the client's own."""
        self.client.connect_async(self.address.host, self.address.port, keepalive=30)
        self.client.loop_start()

    def stop(self) -> None:
        """Disconnect and end the thread."""
        self.client.disconnect()
        self.client.loop_stop()
        if self._ask_again is not None:
            self._ask_again.cancel()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message with QoS 1; one that cannot be sent now is dropped.

        An acknowledgement that gets lost costs nothing: the node sends its frame again.
        """
        if self.client.is_connected():
            self.client.publish(topic, payload, qos=1)

    def _say(self, level: int, trouble: Event) -> None:
        self.trouble = trouble
        self._trouble.say(level, str(trouble))

    def _on_connect(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, props: Any
    ) -> None:
        self._refused, self._connected = reason.is_failure, not reason.is_failure
        if self._refused:
            refused = event("broker_refuses", broker=self.place, reason=str(reason))
            self._say(logging.ERROR, refused)
        else:
            self._subscribe()

    def _subscribe(self) -> None:
        self.client.subscribe([(topic, 1) for topic in self.topics])

    def _on_subscribe(
        self, client: mqtt.Client, userdata: Any, mid: int, reasons: Any, props: Any
    ) -> None:
        refused = [
            topic
            for topic, reason in zip(self.topics, reasons, strict=False)
            if getattr(reason, "is_failure", False)
        ]
        if not refused:
            self.trouble = None
            self._trouble.over()
            log.info("broker %s: connected", self.place)
            self.subscribed.set()
            return
        self._say(
            logging.ERROR,
            event(
                "broker_refuses_topics",
                broker=self.place,
                user=self.address.user or "(none)",
                topics=", ".join(refused),
            ),
        )
        self._ask_again = threading.Timer(ASK_AGAIN_SECONDS, self._subscribe)
        self._ask_again.daemon = True
        self._ask_again.start()

    def _on_connect_fail(self, client: mqtt.Client, userdata: Any) -> None:
        # the client calls this while it handles the error that it met
        error = sys.exception()
        self._refused = False
        reason = str(error) or type(error).__name__
        if isinstance(error, ssl.SSLError):
            trouble = event("broker_not_trusted", broker=self.place, reason=reason)
        else:
            trouble = event("broker_silent", broker=self.place, reason=reason)
        self._say(logging.WARNING, trouble)

    def _on_disconnect(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, props: Any
    ) -> None:
        self.subscribed.clear()
        before, self._connected = self._connected, False
        if not reason.is_failure or self._refused:
            return
        if not before:
            self._say(logging.WARNING, event("broker_hangs_up", broker=self.place))
        else:
            log.warning("broker %s: connection lost (%s); connecting again", self.place, reason)

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.deliver(Message(message.topic, bytes(message.payload)))

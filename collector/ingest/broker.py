"""The connection to the broker: the only place that knows the MQTT client."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from collector.ingest.authenticity import Message
from collector.ingest.trouble import Trouble
from collector.settings import parse_broker

SUBSCRIPTIONS = ("nq/1/+/up", "nq/1/+/evt")

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
    """

    def __init__(
        self, url: str, deliver: Callable[[Message], None], shared_group: str | None = None
    ) -> None:
        self.address = parse_broker(url)
        self.deliver = deliver
        self.prefix = f"$share/{shared_group}/" if shared_group else ""
        self.subscribed = threading.Event()
        self.refusal: str | None = None
        self.connected = False
        self._trouble = Trouble(log)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, clean_session=True)
        self.client.reconnect_delay_set(min_delay=1, max_delay=10)
        if self.address.tls:
            self.client.tls_set()
        if self.address.user:
            self.client.username_pw_set(self.address.user, self.address.password)
        self.client.on_connect = self._on_connect
        self.client.on_connect_fail = self._on_connect_fail
        self.client.on_disconnect = self._on_disconnect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message

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

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message with QoS 1; one that cannot be sent now is dropped.

        An acknowledgement that gets lost costs nothing: the node sends its frame again.
        """
        if self.client.is_connected():
            self.client.publish(topic, payload, qos=1)

    def _on_connect(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, props: Any
    ) -> None:
        if reason.is_failure:
            self.refusal = str(reason)
            self._trouble.say(
                logging.ERROR,
                f"broker {self.place} refuses this collector ({reason}); check user and password "
                "in NONGQING_BROKER",
            )
            return
        self.refusal, self.connected = None, True
        self._trouble.over()
        log.info("broker %s: connected", self.place)
        client.subscribe([(self.prefix + topic, 1) for topic in SUBSCRIPTIONS])

    def _on_connect_fail(self, client: mqtt.Client, userdata: Any) -> None:
        # the client calls this while it handles the error that it met
        error = sys.exception()
        self._no_answer(str(error) or type(error).__name__)

    def _no_answer(self, reason: str) -> None:
        self.refusal = None
        self._trouble.say(
            logging.WARNING,
            f"broker {self.place}: no answer ({reason}); start it, or mend NONGQING_BROKER",
        )

    def _on_subscribe(
        self, client: mqtt.Client, userdata: Any, mid: int, reasons: Any, props: Any
    ) -> None:
        self.subscribed.set()

    def _on_disconnect(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, props: Any
    ) -> None:
        self.subscribed.clear()
        before, self.connected = self.connected, False
        if not reason.is_failure or self.refusal is not None:
            return
        if not before:
            self._no_answer("it hangs up before a word; is it mqtt:// or mqtts://?")
        else:
            log.warning("broker %s: connection lost (%s); connecting again", self.place, reason)

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.deliver(Message(message.topic, bytes(message.payload)))

"""The connection to the broker: the only place that knows the MQTT client.

A message is acknowledged to the broker once it is stored, by `MqttLink.done`, and in the order of
arrival, which MQTT demands (3.1.1, MQTT-4.6.0-2) and rumqttd enforces. Its number counts on the
connection that it came by alone: another one may give the number to another message.
"""

from __future__ import annotations

import logging
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from collector.ingest.authenticity import Message
from collector.ingest.buffered_client import BufferedClient
from collector.ingest.session import Session
from collector.settings import BrokerAddress, BrokerTls, SettingsError, parse_broker
from collector.trouble import Trouble
from field_configs.events import Event, event

SUBSCRIPTIONS = ("nq/1/+/up", "nq/1/+/evt", "nq/1/+/ask", "senml/+", "thingsboard/+")
# A refused subscription is asked for again, since somebody may have allowed it meanwhile.
ASK_AGAIN_SECONDS = 30.0
CONNECT_AGAIN_SECONDS = (1, 10)
KEEPALIVE_S = 30
ANSWER_SECONDS = 5.0
#: Most messages that a broker of MQTT 5 sends ahead of their acknowledgements.
RECEIVE_MOST = 5000
#: How long a broker of MQTT 5 keeps what comes for a collector that is away [s]. Of a group the
#: others take over, so that a share of the messages must not wait for long.
ALONE_EXPIRY_S = 7 * 86400
GROUP_EXPIRY_S = 60
#: How the topics of acknowledgements end.
ANSWERS = "/ack"
#: Most of our own messages that wait for the broker.
SEND_MOST = 20_000
# So often a connection that just stood is lost at once until the name seems to be another's too.
TAKEN_TIMES, TAKEN_SECONDS = 3, 5.0

FIVE, FOUR = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311

log = logging.getLogger("nongqing.ingest")


class MqttLink:
    """The connection to the broker; it comes back by itself.

    Parameters
    ----------
    url : str
        ``mqtt[s]://[user:password@]host[:port]``
    deliver : callable
        Takes each message, on the client's thread; while it waits, no more are read.
    shared_group : str, optional
        Divide messages among all collectors of this group.
    tls : BrokerTls
        Certificates, for ``mqtts``.
    session : Session, optional
        Under what name; default: a passing one.

    Attributes
    ----------
    trouble : Event or None
        Why nothing comes in; None while messages may come.
    subscribed : threading.Event
        Set while every subscription is granted.
    protocol : MQTTProtocolVersion
        5, or 3.1.1 where the broker has no other.

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
        session: Session | None = None,
    ) -> None:
        self.address = parse_broker(url)
        self.deliver = deliver
        self.shared = shared_group is not None
        self.topics = [f"$share/{shared_group}/{t}" if shared_group else t for t in SUBSCRIPTIONS]
        self.session = session or Session()
        self.subscribed = threading.Event()
        self.trouble: Event | None = None
        self.protocol = FIVE
        self._tls = tls or BrokerTls()
        self._refused = False
        self._connected = False
        self._trouble = Trouble(log)
        self._ask_again: threading.Timer | None = None
        self._lock = threading.Lock()  # of the number of the connection, and who acknowledges by it
        self._connection = 0
        self._changing = threading.Lock()  # of the client
        self._stopped = False
        self._spoke_five = False
        self._stood_since = 0.0
        self._lost_at_once = 0
        self.client = self._make_client()

    def _make_client(self) -> BufferedClient:
        """Make the client of this protocol and name."""
        five = self.protocol == FIVE
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self.session.name,
            clean_session=None if five else self.shared or not self.session.lasts,
            protocol=self.protocol,
            manual_ack=True,
        )
        client.reconnect_delay_set(*CONNECT_AGAIN_SECONDS)
        client.max_queued_messages_set(SEND_MOST)
        if self.address.tls:
            self._set_tls(client)
        if self.address.user:
            client.username_pw_set(self.address.user, self.address.password)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_socket_open = _send_at_once
        client.on_socket_close = self._on_socket_close
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _set_tls(self, client: mqtt.Client) -> None:
        tls = self._tls
        try:
            ca, cert, key = (None if p is None else str(p) for p in (tls.ca, tls.cert, tls.key))
            client.tls_set(ca, cert, key)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise SettingsError(
                f"NONGQING_BROKER_CA, _CERT, _KEY: cannot be used ({error}); name files in PEM, "
                "the key without a passphrase and belonging to the certificate"
            ) from error

    @property
    def place(self) -> str:
        """Host and port."""
        return _place(self.address)

    @property
    def _expiry_s(self) -> int:
        """How long the broker keeps what comes for us while we are away [s]."""
        if not self.session.lasts:
            return 0
        return GROUP_EXPIRY_S if self.shared else ALONE_EXPIRY_S

    def start(self) -> None:
        """Begin to connect, on a thread of the client's own."""
        where = self.address.host, self.address.port, KEEPALIVE_S
        if self.protocol == FIVE:
            asked: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            asked.SessionExpiryInterval = self._expiry_s
            asked.ReceiveMaximum = RECEIVE_MOST
            self.client.connect_async(*where, clean_start=not self.session.lasts, properties=asked)
        else:
            self.client.connect_async(*where)
        self.client.loop_start()

    def stop(self) -> None:
        """Disconnect and end the thread; what comes for a group goes to the others at once."""
        with self._changing:
            self._stopped = True
            if self.shared and self.protocol == FIVE:
                last: Any = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
                last.SessionExpiryInterval = 0
                self.client.disconnect(properties=last)
            else:
                self.client.disconnect()
            _end_loop(self.client)
        if self._ask_again is not None:
            self._ask_again.cancel()
        self.session.close()

    def _change(self, protocol: MQTTProtocolVersion) -> None:
        """Go on with another client, of this protocol; on a thread that is none of a client's."""

        def change() -> None:
            with self._changing:
                if not self._stopped:
                    self.client.disconnect()
                    _end_loop(self.client)
                    self.protocol = protocol
                    self.client = self._make_client()
                    self.start()

        threading.Thread(target=change, name="broker", daemon=True).start()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send with QoS 1, an acknowledgement with 0; what cannot be sent now is dropped.

        An acknowledgement that gets lost costs nothing: the node sends its frame again.
        """
        if self.client.is_connected():
            self.client.publish(topic, payload, qos=0 if topic.endswith(ANSWERS) else 1)

    def done(self, messages: Iterable[Message]) -> None:
        """Tell the broker that messages are stored, in the order in which they came.

        What came by a connection that is lost is not told: the broker sends it again.
        """
        with self._lock:
            came = [message.came for message in messages if message.came is not None]
            self.client.ack_all([number for by, number in came if by == self._connection])

    def _say(self, level: int, trouble: Event) -> None:
        self.trouble = trouble
        self._trouble.say(level, str(trouble))

    def _on_connect(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, props: Any
    ) -> None:
        self._refused, self._connected = reason.is_failure, not reason.is_failure
        if reason == "Unsupported protocol version" and self.protocol == FIVE:
            self._change(FOUR)
        elif self._refused:
            refused = event("broker_refuses", broker=self.place, reason=str(reason))
            self._say(logging.ERROR, refused)
        else:
            self._stood_since = time.monotonic()
            self._spoke_five |= self.protocol == FIVE
            if flags.session_present:
                self._drop_other_topics(client)
            self._subscribe()

    def _drop_other_topics(self, client: mqtt.Client) -> None:
        """End what an earlier start subscribed to under this name, and we do not."""
        others = [topic for topic in self.session.topics if topic not in self.topics]
        if others:
            client.unsubscribe(others)

    def _subscribe(self) -> None:
        if self.protocol == FIVE:  # what is retained comes with a new subscription only
            options = SubscribeOptions(
                qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
            )
            self.client.subscribe([(topic, options) for topic in self.topics])
        else:
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
            self._note_topics()
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

    def _note_topics(self) -> None:
        try:
            if self.session.topics != tuple(self.topics):
                self.session.note(self.topics)
        except OSError as error:
            log.warning("%s: cannot be written (%s)", self.session.path, error.strerror)

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

    def _on_socket_close(self, client: mqtt.Client, userdata: Any, sock: Any) -> None:
        with self._lock:  # what was acknowledged before this is not sent by the next connection
            self._connection += 1

    def _on_disconnect(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, props: Any
    ) -> None:
        self.subscribed.clear()
        before, self._connected = self._connected, False
        if client is not self.client or self._stopped:
            return
        if reason == "Session taken over":
            self._name_taken()
        elif not reason.is_failure or self._refused:
            return
        elif before:
            log.warning("broker %s: connection lost (%s); connecting again", self.place, reason)
            at_once = time.monotonic() - self._stood_since < TAKEN_SECONDS
            self._lost_at_once = self._lost_at_once + 1 if at_once else 0
            if self._lost_at_once == TAKEN_TIMES and self.session.lasts:
                self._name_taken()
            elif self.protocol == FOUR:
                self._change(FIVE)  # it may be another broker now
        elif self.protocol == FIVE and not self._spoke_five:
            self._change(FOUR)  # brokers that know no other hang up
        else:
            self._say(logging.WARNING, event("broker_hangs_up", broker=self.place))

    def _name_taken(self) -> None:
        """Take another name, where each of two collectors would put the other out for ever."""
        log.error(
            "broker %s: another collector seems to have the name %s, as with a copied state "
            "folder; this one goes on under a passing name. Remove %s on one of the machines and "
            "start it again",
            self.place,
            self.session.name,
            self.session.path,
        )
        self.session.pass_by()
        self._lost_at_once = 0
        self._change(self.protocol)

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        came = (self._connection, message.mid) if message.qos else None
        try:
            topic = message.topic
        except UnicodeDecodeError:  # which the client raises where somebody asks for it
            topic = ""
        self.deliver(Message(topic, bytes(message.payload), came))


def _send_at_once(client: mqtt.Client, userdata: Any, sock: Any) -> None:
    """Let small packets not wait for the other side's delayed acknowledgement (40 ms)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _end_loop(client: mqtt.Client) -> None:
    """End a client's thread."""
    with suppress(AttributeError):  # it was over between the client's look at it and waiting for it
        client.loop_stop()


def _place(address: BrokerAddress) -> str:
    return f"{address.host}:{address.port}"


def put_out(url: str, tls: BrokerTls, names: Iterable[str]) -> None:
    """End the connections that a broker has under names.

    A client that comes under the name of another takes its place (MQTT 3.1.1, MQTT-3.1.4-2). So
    this works where the broker names clients by their users (use_username_as_clientid), and not
    those who come by our own way in.

    Raises
    ------
    OSError
        When the broker does not let us in.
    """
    address = parse_broker(url)
    for name in sorted(names):
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=FOUR)
        if address.tls:
            ca, cert, key = (None if p is None else str(p) for p in (tls.ca, tls.cert, tls.key))
            client.tls_set(ca, cert, key)
        if address.user:
            client.username_pw_set(address.user, address.password)
        answers: list[Any] = []
        client.on_connect = lambda c, u, f, reason, p, said=answers: said.append(reason)
        client.connect(address.host, address.port, KEEPALIVE_S)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not answers and time.monotonic() < deadline:
            if client.loop(0.1):
                break
        client.disconnect()
        if not answers or answers[0].is_failure:
            raise OSError(f"{_place(address)}: {answers[0] if answers else 'no answer'}")

"""A device that sends each message once: what the broker has acknowledged it forgets."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from collector.store.network.registry import NodeKey
from firmware.wire import codec, seal, topics

PAUSE_S, STEP_S, SAMPLES = 0.03, 60, 6


class Once:
    """Such a device, on a thread of its own; it writes down what the broker has taken over.

    Parameters
    ----------
    key, layout
        Its own.
    port : int
        The broker's.
    opens : datetime
        When the campaign begins; it has measured since five days before.
    journal : Path
        Its journal: boot, seq and SHA-256 of each frame.
    """

    def __init__(
        self, key: NodeKey, layout: codec.Layout, port: int, opens: datetime, journal: Path
    ) -> None:
        self.key, self.layout = key, layout
        self.begins = int((opens - timedelta(days=5)).timestamp())
        self.journal = journal
        self._digests: dict[int, tuple[int, str]] = {}
        self._stopping = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = self._on_publish
        self.client.connect_async("127.0.0.1", port, 10)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self.client.loop_start()
        self._thread.start()

    def _run(self) -> None:
        seq = 0
        topic = topics.topic(self.key.node, "up")
        while not self._stopping.wait(PAUSE_S):
            if not self.client.is_connected():
                continue
            channels = tuple(
                tuple(200 + (seq + i) % 7 for i in range(SAMPLES)) for _ in self.layout.channels
            )
            frame = codec.Frame(
                self.layout.id, 1, seq, self.begins, seq * SAMPLES * STEP_S, STEP_S, channels
            )
            sealed = seal.seal(self.key.key, self.key.epoch, topic, codec.encode(frame))
            with self.client._out_message_mutex:  # its acknowledgement waits for the note
                sent = self.client.publish(topic, sealed, 1)
                self._digests[sent.mid] = seq, hashlib.sha256(sealed).hexdigest()
            seq += 1

    def _on_publish(self, client: object, userdata: object, mid: int, *_: object) -> None:
        with self.client._out_message_mutex:
            found = self._digests.pop(mid, None)
        if found is not None:
            with self.journal.open("a") as file:
                file.write(f"1 {found[0]} {found[1]}\n")

    def stop(self) -> None:
        """End, once what was sent is acknowledged."""
        self._stopping.set()
        self._thread.join()
        self.client.disconnect()
        self.client.loop_stop()

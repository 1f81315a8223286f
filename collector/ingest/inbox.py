"""What came from the broker and is not yet gathered: bounded in messages and in bytes."""

from __future__ import annotations

import queue

from collector.ingest.authenticity import Message

MOST_BYTES = 64 << 20


class Inbox(queue.Queue[Message]):
    """A queue that is full at so many messages, or at so many bytes of them.

    Parameters
    ----------
    messages : int
        Most messages.
    most_bytes : int
        Most bytes of payload, but for one message that may go beyond.
    """

    def __init__(self, messages: int, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(messages)
        self._most_bytes = most_bytes
        self._bytes = 0

    def _qsize(self) -> int:
        return self.maxsize if self._bytes >= self._most_bytes else super()._qsize()

    def _put(self, item: Message) -> None:
        self._bytes += len(item.payload)
        super()._put(item)

    def _get(self) -> Message:
        item = super()._get()
        self._bytes -= len(item.payload)
        return item

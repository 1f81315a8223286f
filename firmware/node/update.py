"""An update that is up when a node starts: fetched, tried, kept or undone, and told of."""

from firmware import const
from firmware.node.slots import NEWEST, Slots, replace

_WINDOW_S = const(3600)
STATES = {"+": "kept", "!": "undone", "x": "failed"}


class Update:
    """What is up with the slots below `root`; `uplink` carries what is to be told of it."""

    def __init__(self, root, uplink):
        self.slots = slots = Slots(root)
        self.uplink = uplink
        self.fetch = None
        mark = slots.mark()
        if mark == slots.other:
            slots.note(slots.runs, "!started %s times without an answer" % slots.text[2:])
        head = slots.head(slots.other)
        if mark == ">" and head is None:  # cannot be, but of a damaged flash
            slots.note(slots.runs)
        elif mark == ">":
            from firmware.node.fetch import Fetch

            self.fetch = Fetch(root, slots.runs, slots.other, head, uplink, self._report)
        self._tell()

    def step(self, uptime):
        """Do what is next at `uptime` [s]; true when the board is to start again."""
        mark = self.slots.mark()
        if mark == self.slots.runs:
            return self._judge(uptime)
        if self.fetch:
            self._go_on()
        elif mark and not self.uplink.events:
            if mark == self.slots.other:
                return True
            self.slots.note(self.slots.runs)  # told
        return False

    def busy(self):
        """Whether `step` has something to do at once."""
        return bool(self.fetch) and self.fetch.busy()

    def _judge(self, uptime):
        slots = self.slots
        if self.uplink.confirmed:
            replace(slots.root + NEWEST, str(slots.head(slots.runs).number).encode())
            slots.note(slots.runs, "+")
            self._tell()
        elif uptime > _WINDOW_S:
            slots.note(slots.other, "!not acknowledged in %d s" % _WINDOW_S)
            return True
        return False

    def _go_on(self):
        from firmware.node.fetch import Failed

        try:
            if not self.fetch.step():
                return
            self.slots.note(self.slots.runs, self.slots.other + "0")
            self._report("trial", None)
        except (Failed, MemoryError) as error:
            self.slots.note(self.slots.runs, "x" + (str(error) or "no memory"))
            self._tell()
        self.fetch = self.uplink.on_part = None

    def _tell(self):
        state = STATES.get(self.slots.mark())
        if state:
            self._report(state, self.slots.text[2:] or None)

    def _report(self, state, more):
        slots = self.slots
        head = slots.head(slots.runs if state == "kept" else slots.other)
        self.uplink.report("update", [head.number if head else 0, state, more])

"""The outputs of a node: what the server orders and rules want, under their limits, and told.

All are off from the first line of this on, and each ends by its lease (`leases`). What is told is
numbered and kept for a while, so that what was lost on the way can be asked for (docs/control.md).
"""

from firmware import const
from firmware.actuators.leases import Leases
from firmware.node.account import Account
from firmware.node.board_outputs import make_pin, make_timer
from firmware.node.proof import Proofs
from firmware.node.rules import Rules
from firmware.wire import seal
from firmware.wire.outputs_read import decode_order, is_order

_MOST_AHEAD_S = const(3600)
_ROWS = const(40)
_QUEUE = const(4)  # of the 16 events that may wait, these are ours
_SOON_MS = const(1000)
_REST_MS = const(30000)
_MS = const(1000)


class Output:
    """What is known of one output beside its lease."""

    def __init__(self, row):
        self.row = row
        self.on = False  # as it was told
        self.by = 0
        self.began = 0  # uptime [s] since which it is on, or off
        self.total = 0  # time on before that [s]
        self.shown = None  # what proved that it is on
        self.ends = 0  # when its lease ends, or ended [s of uptime]
        self.refused = None  # why a rule may not, as it was told


class Control:
    """The outputs of `board` by a node's `config`; `report(kind, detail)` tells the server."""

    def __init__(self, board, config, report):
        self.board = board
        self.report = report
        ticks, diff = getattr(board, "lease_ms", board.ticks_ms), board.ticks_diff
        self.outputs = [Output(row) for row in config["outputs"]]
        switches, behind = {}, {}
        for number, output in enumerate(self.outputs):
            row = output.row
            driver = __import__("firmware.actuators." + row["driver"], None, None, ("make",))
            pins = [make_pin(pin) for pin in row["pins"]]
            switches[number] = driver.make(pins, ticks, diff, **row.get("settings", {}))
            if "behind" in row:
                behind[number] = row["behind"]
        self.leases = Leases(switches, ticks, diff, behind)
        self.leases.start(make_timer())
        board.buses["output"] = self  # of the sensor that says how long each was on
        self.account = Account(board.root, len(self.outputs), self.uptime)
        self.rules = Rules(self, config.get("rules", ()))
        self.k = self.told = self.replayed = 0
        self.rows = []

    def begin(self, node):
        """Begin, when there is something to measure with and somebody to tell."""
        self.cycle, self.uplink, self.clock = node.cycle, node.uplink, node.cycle.clock
        self.proofs = Proofs(self, node.cycle.sensing)
        self.tell(0)

    def uptime(self):
        """Whole seconds since boot."""
        return self.board.uptime_ms() // _MS

    def hear(self, message):
        """Do what a message on ``cmd`` says, if it is for outputs; true if it is."""
        identity = self.uplink.identity
        try:
            epoch, body = seal.open_(identity.key, self.uplink.cmd, message or b"")
            if epoch != identity.epoch or not is_order(body):
                return False
            order = decode_order(body)
        except (ValueError, TypeError):
            return False  # counted with all others
        seq = self.account.seq
        if order.act == "state":
            self.tell(order.argument)
        elif order.seq > seq:
            self._do(order)
        elif order.seq < seq or not self._again(order.id):
            count = self.replayed = self.replayed + 1
            if count == 10 ** (len(str(count)) - 1):
                self.report("refused", ["replayed", count])
        return True

    def _do(self, order):
        account, act, number = self.account, order.act, order.id
        chosen = list(range(len(self.outputs)))
        output = None
        if act in ("on", "off"):
            output, more = order.argument
            chosen = [output] if output in chosen else []
        elif order.argument:
            chosen = [each for each in chosen if each in order.argument]
        why = None if chosen else "unknown"
        if order.boot:
            left = order.until - self.uptime()
            if order.boot != self.uplink.identity.boot:
                why = "boot"
            elif left < 0:
                why = "late"
            elif left > _MOST_AHEAD_S:
                why = "ahead"
        account.seq = order.seq
        if number in account.ids:
            if self._again(number):
                return
            why = "repeated"
        if why:
            self.say(output, "refused", number, why)
        elif act == "on":
            self.switch(output, more, number)
        elif act == "auto":
            before = account.holds
            account.holds = [each for each in before if each not in chosen]
            try:
                account.write([number])
            except OSError:
                account.holds = before
                self.say(None, "refused", number, "flash")
                return
            self.say(None, "accepted", number)
            for each in chosen:
                self.say(each, "auto", number)
        else:
            # Off first: nothing that may fail stands before it.
            for each in chosen:
                self.leases.end(each)
            self.say(output, "accepted", number)
            self.follow("command" if act == "off" else "all_off", number)
            if act != "off" or more:
                account.holds = [each for each in account.holds if each not in chosen] + chosen
                self.say(output, "hold", number)
            try:
                account.write([number])
            except OSError:
                pass  # come again, it does nothing worse

    def switch(self, number, seconds, by):
        """Switch an output on for an order or a rule, or renew it."""
        self.follow()
        output, account, renews = self.outputs[number], self.account, self.outputs[number].on
        why = self.why_not(number, output, seconds)
        before = account.hours[number], account.given[number]
        if not why:
            if renews:
                account.refund(number, self.left(number))
            account.charge(number, seconds)
            try:
                account.write([by] if by > 0 else ())
            except OSError:
                account.hours[number], account.given[number] = before
                why = "flash"
        if not why:
            if by > 0:
                self.say(number, "accepted", by)
            try:
                if not self.leases.grant(number, seconds, renews):
                    why = "rest"  # it ended while it was written down that it goes on
            except OSError:
                why = "fault"
        if why:
            if by > 0 or output.refused != why:
                self.say(number, "refused", by, why)
            output.refused = why
            return
        if by > 0 or not renews:
            self.say(number, "on", by, seconds)
        now = self.uptime()
        output.on, output.by, output.refused, output.ends = True, by, None, now + seconds
        if not renews:
            output.began, output.shown = now, None
            self.proofs.expect(number, output)
        elif by > 0 and output.shown:
            self.say(number, "proof", by, output.shown)

    def why_not(self, number, output, seconds):
        """Say which limit forbids an output to be on from now for so many seconds, or None."""
        row, on_for = output.row, self.uptime() - output.began
        if not output.on and on_for < row["rest_s"]:
            return "rest"
        if seconds + (on_for if output.on else 0) > row["longest_s"]:
            return "longest"
        if self.account.used(number) - self.left(number) + seconds > row["day_s"]:
            return "day"
        if self.proofs.forbids(output):
            return "limit"
        return "order" if seconds > self.leases.most(number) else None

    def left(self, number):
        """Whole seconds that are surely left of a lease."""
        return max(0, (self.leases.left(number) or 0) - 1)

    def end(self, number, why, by):
        """Switch an output off."""
        self.leases.end(number)
        self.follow(why, by)

    def follow(self, why="lease", by=None):
        """Tell what went off since the last look: by the timer, or now for a reason."""
        leases = self.leases
        for number in leases.order:
            output = self.outputs[number]
            if not output.on or leases.leases[number] is not None:
                continue
            ago = leases.ticks_diff(leases.ticks_ms(), leases.ended[number]) // _MS
            now = self.uptime() - ago
            output.total += now - output.began
            output.began, output.on = now, False
            left = output.ends - now
            self.account.refund(number, max(0, left - 1))
            reason = "lease" if left <= 0 else why
            if left > 0 and why != "all_off" and not leases.most(number):
                reason = "order"
            self.say(number, "off", output.by if by is None or reason != why else by, reason)
            self.proofs.ended(number)

    def say(self, output, state, by, more=None):
        """Tell the server a state, as soon as there is room for it."""
        self.rows.append([self.k, self.uptime(), output, state, by, more])
        self.k += 1
        del self.rows[:-_ROWS]
        self._feed()

    def _feed(self):
        room = _QUEUE - sum([event.kind == "output" for event in self.uplink.events])
        for row in self.rows:
            if room > 0 and row[0] >= self.told:
                self.told = row[0] + 1
                self.report("output", row)
                room -= 1

    def _again(self, number):
        """Tell once more what came of an order; false if nothing is known of it."""
        for row in self.rows:
            if row[4] == number:
                self.told = min(self.told, row[0])
                self._feed()
                return True
        return False

    def tell(self, k):
        """Tell all outputs as they are, and states from number `k` on."""
        self.told = min(self.told, k)
        rows = []
        for number, output in enumerate(self.outputs):
            row = [number, output.on, self.leases.left(number) or 0, output.by]
            rows.append(row + [number in self.account.holds, self.account.used(number)])
        self.report("outputs", [self.k, self.uptime(), self.account.seq, rows])
        self._feed()

    def step(self):
        """Do what is due; return in how many milliseconds there is more to do."""
        self.leases.tick()
        self.follow()
        self.proofs.step()
        self.rules.step()
        self.account.step()
        self._feed()
        wait = _SOON_MS if self.proofs.waiting else _REST_MS
        for number in range(len(self.outputs)):
            left = self.leases.left(number)
            if left != 0:
                wait = min(wait, (left or 1) * _MS)
            self.proofs.alarm(number, "stuck", left is None, left is not None)
        return wait

    def on_s(self, number):
        """How long an output was on in this boot [s]."""
        self.follow()
        output = self.outputs[number]
        return output.total + (self.uptime() - output.began if output.on else 0)

"""What is done when the modem fails: more with every failure, and each step counted and told.

Repeat, find the answers again, reopen the connection, switch the radio off and on, pull the reset
line. Meanings of codes: the sources A chapter 15 and M chapter 4 of link_nbiot.
"""

from firmware import const
from firmware.node.at_line import ModemError

_REOPEN = const(0)
_RADIO = const(1)
_RESET = const(2)
STEPS = ("reopen", "radio", "reset")
_FAILURES_A_STEP = const(2)
_FIRST_PAUSE_MS = const(60000)
_LAST_PAUSE_MS = const(3600000)
# Codes that make the lower steps useless. Out of memory, internal error or failure, not powered:
# only a reset helps. No service, not attached, PDN gone: the radio starts anew.
NEEDS = {_RESET: (20, 23, 60, 301, 303, 308, 8508, 8509, 8510, 8511)}
NEEDS[_RADIO] = (1, 30, 31, 53, 57, 122, 126, 134, 148, 304, 305, 602)


class Ladder:
    """Steps of recovery of one modem.

    Parameters
    ----------
    modem : ModemMqtt
    reset : callable
    report : callable
        Takes a fault of a step when it has been taken 1, 2, 4, 8 … times in this boot.
    """

    def __init__(self, modem, reset, report):
        self.modem = modem
        self.reset = reset
        self.report = report
        self.counts = {}
        self.failures = 0
        self.least = _REOPEN
        self.why = None
        self.pause = 0
        self.last_reset = None

    def count(self, step):
        """Count a step, and tell of it."""
        done = self.counts[step] = self.counts.get(step, 0) + 1
        if done & (done - 1) == 0 and step not in ("repeat", "resync"):
            self.report("fault", "modem: %s, %d times; %s" % (step, done, self.why or ""))

    def failed(self, error):
        """Note a failure; its kind may ask for more than its number does."""
        self.failures += 1
        self.why = str(error)
        code = getattr(error, "code", None)
        if isinstance(error, ModemError) and error.code is None and "modem: AT:" in self.why:
            self.least = _RESET  # dumb even to AT
        for step in (_RADIO, _RESET):
            if code in NEEDS[step]:
                self.least = max(self.least, step)

    def worked(self):
        """A message has gone through: start from the bottom next time."""
        self.failures = 0
        self.least = _REOPEN
        self.pause = 0

    def climb(self):
        """Do the step that the failures so far ask for."""
        if not self.failures:
            return
        step = max(self.least, min((self.failures - 1) // _FAILURES_A_STEP, _RESET))
        now = self.modem.board.ticks_ms()
        if step == _RESET and self.pause:
            if self.modem.board.ticks_diff(now, self.last_reset) < self.pause:
                step = _RADIO  # resets come further and further apart
        self.count(STEPS[step])
        self.least = _REOPEN
        if step == _RESET:
            self.pause = min(max(_FIRST_PAUSE_MS, 2 * self.pause), _LAST_PAUSE_MS)
            self.last_reset = now
            self.reset()
            self.modem.await_boot()
        elif step == _RADIO:
            self.modem.resync()
            self.modem.ask("AT+CFUN=0", self.modem.times["radio_ms"])
            self.modem.ask("AT+CFUN=1", self.modem.times["radio_ms"])

"""The sensors of a node, each made from its own file; one that fails costs its own channels only.

A driver that never returns holds up everything until the watchdog resets the board. So that this
does not happen again at every start, the name of the sensor being asked is kept where it outlives a
reset (`Board.keep`); a sensor at which the program ended is left out until the power is off.
"""

from firmware import forget
from firmware.wire import frame
from firmware.wire.frame import Missing


class Sensor:
    """A sensor's name, its driver (None: left out) and its trouble."""

    def __init__(self, name):
        self.name = name
        self.driver = None
        self.failed = False  # in this sample
        self.fault = None  # reason last reported, until a sample succeeds


class Sensing:
    """All channels of a node and the sensors behind them.

    Parameters
    ----------
    board : Board
        ``bus``, ``kept``, ``keep`` and what drivers take.
    rows : sequence of dict
        Of each channel ``number``, ``quantity``, ``scale``, ``driver``, ``bus``, ``address`` and
        ``settings``, as ``node.json`` has them. One sensor may serve several channels.
    report : callable
        ``report(kind, detail)`` for a sensor's fault.
    """

    feed = None  # switches what feeds the sensors: called with True before a sample, then False

    def __init__(self, board, rows, report):
        self.board = board
        self.report = report
        self.hung = []  # names of sensors that are left out
        self.channels = []
        self.sensors = []
        from firmware.node import fitting

        fitting.fit(self, rows)
        forget(fitting)

    def sample(self, only=None):
        """Ask every sensor once; return for each channel a scaled integer or Missing.

        `only` is the place of the one channel that is measured, the others lack the power for it.
        """
        if only is not None:
            channel, sensor = self.channels[only]
            row = [Missing(frame.LOW_POWER)] * len(self.channels)
            row[only] = self._raw(channel, sensor, self._ask(sensor))
            return row
        if self.feed:
            self.feed(True)
        answers = {sensor.name: self._ask(sensor) for sensor in self.sensors}
        if self.feed:
            self.feed(False)
        row = [
            self._raw(channel, sensor, answers[sensor.name]) for channel, sensor in self.channels
        ]
        for sensor in self.sensors:
            if not sensor.failed:
                sensor.fault = None
        return row

    def urgent(self):
        """Whether a sensor asks for a sample before the next is due."""
        for sensor in self.sensors:
            urgent = getattr(sensor.driver, "urgent", None)
            if urgent and urgent():
                return True
        return False

    def settle(self):
        """The last sample is safe on flash: sensors that count may let go of what it took."""
        for sensor in self.sensors:
            settle = getattr(sensor.driver, "settle", None)
            if settle:
                settle()

    def note(self, name):
        """Keep the name of the sensor that is asked, none where it has answered."""
        self.board.keep("%s>%s" % (",".join(self.hung), name))

    def _ask(self, sensor):
        """Return what `sensor` measured, or Missing."""
        if sensor.driver is None:
            return Missing(sensor.fault)
        sensor.failed = False
        self.note(sensor.name)
        for _ in range(2):  # a disturbed line, a chip still waking up: asked again at once
            reason, text = frame.DRIVER_FAULT, "measures nothing"
            try:
                values = sensor.driver.measure()
                if isinstance(values, dict):
                    break
            except OSError as error:
                reason, text = frame.NO_ANSWER, "no answer: %s" % error
            except ValueError as error:
                reason, text = frame.BAD_CHECKSUM, "bad checksum: %s" % error
            except Exception as error:  # noqa: BLE001  reported, and the channel says so
                text = repr(error)
        else:
            values = self.fail(sensor, reason, text)
        self.note("")
        return values

    def _raw(self, channel, sensor, values):
        if isinstance(values, dict):
            values = values.get(channel.quantity)
        if isinstance(values, Missing):
            return values
        try:
            raw = int(round(values * channel.scale))
        except (TypeError, ValueError, OverflowError):  # None, NaN, infinite
            text = "quantity %d is %r" % (channel.quantity, values)
            return self.fail(sensor, frame.DRIVER_FAULT, text)
        if not -frame.MAX_RAW // 2 <= raw < frame.MAX_RAW // 2:
            return Missing(frame.OUT_OF_RANGE)
        return raw

    def fail(self, sensor, reason, text):
        """Report a sensor's trouble, once for each reason; return Missing with it."""
        sensor.failed = True
        if sensor.fault != reason:
            sensor.fault = reason
            self.report("fault", "%s: %s" % (sensor.name, text))
        return Missing(reason)

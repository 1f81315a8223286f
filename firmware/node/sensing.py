"""The sensors of a node, each made from its own file; one that fails costs its own channels only.

A driver that never returns holds up everything until the watchdog resets the board. So that this
does not happen again at every start, the name of the sensor being asked is kept where it outlives a
reset (`Board.keep`); a sensor at which the program ended is left out until the power is off.
"""

import gc

from firmware.wire import frame
from firmware.wire.frame import Missing
from firmware.wire.layout import Channel


def make_sensor(board, driver, bus, address, settings):
    """Make the sensor of firmware/sensors/<driver>.py; drivers not used are never loaded."""
    try:
        module = __import__("firmware.sensors." + driver, None, None, ("make",))
    except ImportError:
        raise ValueError("there is no such sensor in this firmware")
    return module.make(board, board.bus(bus, address), address, **settings)


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

    def __init__(self, board, rows, report):
        self.board = board
        self.report = report
        hung, _, asked = board.kept().partition(">")
        self.hung = [name for name in hung.split(",") + [asked] if name]
        self.channels = []
        self.sensors = []
        for row in rows:
            channel = Channel(row["number"], row["quantity"], row["scale"])
            self.channels.append((channel, self._sensor(row)))
            gc.collect()
        self._note("")

    def sample(self, only=None):
        """Ask every sensor once; return for each channel a scaled integer or Missing.

        `only` is the place of the one channel that is measured, the others lack the power for it.
        """
        if only is not None:
            channel, sensor = self.channels[only]
            row = [Missing(frame.LOW_POWER)] * len(self.channels)
            row[only] = self._raw(channel, sensor, self._ask(sensor))
            return row
        answers = {sensor.name: self._ask(sensor) for sensor in self.sensors}
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

    def _sensor(self, row):
        where = row["driver"], row["bus"], row["address"]
        name = "/".join([str(part) for part in where if part is not None])
        for sensor in self.sensors:
            if sensor.name == name:
                return sensor
        sensor = Sensor(name)
        self.sensors.append(sensor)
        if name in self.hung:
            self._fail(sensor, frame.NO_ANSWER, "does not return; left out until the power is off")
            return sensor
        self._note(name)
        try:
            sensor.driver = make_sensor(self.board, *where, row.get("settings") or {})
        except Exception as error:  # noqa: BLE001  reported, and the channel says "not fitted"
            self._fail(sensor, frame.NOT_FITTED, "cannot start: %s" % error)
        return sensor

    def _note(self, name):
        self.board.keep("%s>%s" % (",".join(self.hung), name))

    def _ask(self, sensor):
        """Return what `sensor` measured, or Missing."""
        if sensor.driver is None:
            return Missing(sensor.fault)
        sensor.failed = False
        self._note(sensor.name)
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
            values = self._fail(sensor, reason, text)
        self._note("")
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
            return self._fail(sensor, frame.DRIVER_FAULT, text)
        if not -frame.MAX_RAW // 2 <= raw < frame.MAX_RAW // 2:
            return Missing(frame.OUT_OF_RANGE)
        return raw

    def _fail(self, sensor, reason, text):
        sensor.failed = True
        if sensor.fault != reason:
            sensor.fault = reason
            self.report("fault", "%s: %s" % (sensor.name, text))
        return Missing(reason)

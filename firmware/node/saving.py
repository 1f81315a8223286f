"""What a node does when its battery runs low: measure less often, at last only say that it lives.

Three modes, by the battery's voltage: normal; saving, with longer periods; survival, in which the
battery alone is measured, a report every few hours. A mode is left only when the voltage has risen
above its limit by `back`: a cell rises when it is spared, and would else swing between two modes.
"""

from firmware import const
from firmware.node.power import NORMAL, Power

SAVING = const(1)
SURVIVAL = const(2)
NAMES = ("normal", "saving", "survival")


class Saving(Power):
    """The policy of a board; limits and `back` are scaled integers of the battery's channel.

    Parameters
    ----------
    policy : dict
        ``channel`` (number of the battery's), ``saving_below``, ``survival_below``, ``back``,
        ``saving_s`` and ``survival_s`` (times between samples [s]).
    channels : sequence of layout.Channel
        In the order of a sample.
    sample_s : int
        Time between samples in the mode normal [s].
    report : callable
        ``report(kind, detail)`` when the battery runs low.
    """

    def __init__(self, policy, channels, sample_s, report):
        self.policy = policy
        self.report = report
        numbers = [channel.number for channel in channels]
        self.place = numbers.index(policy["channel"])
        self.scale = channels[self.place].scale
        self.limits = (None, policy["saving_below"], policy["survival_below"])
        self.steps = (sample_s, policy["saving_s"], policy["survival_s"])

    def step(self):
        """Time between samples now [s]."""
        return self.steps[self.mode]

    def only(self):
        """Place of the only channel to be measured now, or None for all."""
        return self.place if self.mode == SURVIVAL else None

    def judge(self, sample):
        """Take over the battery's voltage of one sample; true if the mode is another now."""
        if not isinstance(sample[self.place], int):
            return False  # without a reading nothing is known that was not known before
        volts = sample[self.place]
        mode = self.mode
        while mode < SURVIVAL and volts < self.limits[mode + 1]:
            mode += 1
        while mode > NORMAL and volts >= self.limits[mode] + self.policy["back"]:
            mode -= 1
        if mode == self.mode:
            return False
        if mode > self.mode:
            text = "battery at %.2f V: %s, a sample every %d s"
            self.report("fault", text % (volts / self.scale, NAMES[mode], self.steps[mode]))
        self.mode = mode
        return True

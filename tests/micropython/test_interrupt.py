"""The rain gauge's interrupt under MicroPython, where memory must not be taken in one."""

import sys

if sys.implementation.name == "micropython":
    import time

    import micropython

    from firmware.node.kept import Kept
    from firmware.sensors.tipping_bucket import TippingBucket

    class Pin:
        """Takes the handler."""

        def irq(self, handler, trigger):
            """Remember it, so that calling it takes no memory."""
            self.handler = handler

    held = bytearray(512)

    def memory(data=None):
        """As the RTC's: written to what is there."""
        if data is None:
            return b""
        for place in range(len(data)):
            held[place] = data[place]
        return None

    for tally in (None, Kept(memory).tally(27)):
        pin = Pin()
        bucket = TippingBucket(pin, 2, time.ticks_ms, tally=tally)
        handler = pin.handler
        micropython.heap_lock()
        handler(pin)
        handler(pin)
        micropython.heap_unlock()
        print(bucket.measure())
    print(Kept(lambda: bytes(held)).tally(27).waiting())
else:
    import subprocess
    from pathlib import Path

    from tests.paths import ROOT

    def test_the_interrupt_takes_no_memory() -> None:
        """The script above; a MemoryError would end it."""
        start = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
        done = subprocess.run(
            [sys.executable, "-c", start, str(Path(__file__))],
            env={"MICROPYPATH": f"{ROOT}:.frozen"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "{3: 0.2}\n{3: 0.2}\n1\n", done.stdout + done.stderr

"""The rain gauge's interrupt under MicroPython, where memory must not be taken in one."""

import sys

if sys.implementation.name == "micropython":
    import time

    import micropython

    from firmware.sensors.tipping_bucket import TippingBucket

    class Pin:
        """Takes the handler."""

        def irq(self, handler, trigger):
            """Remember it, so that calling it takes no memory."""
            self.handler = handler

    pin = Pin()
    bucket = TippingBucket(pin, 2, time.ticks_ms)
    handler = pin.handler
    micropython.heap_lock()
    handler(pin)
    handler(pin)
    micropython.heap_unlock()
    print(bucket.measure())
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
        assert done.stdout == "{3: 0.2}\n", done.stdout + done.stderr

"""What a node switches: nothing here is on without the end of it (`firmware.actuators.leases`).

A driver of an output is a file named after what it is, `relay` or `motor`. It holds, as plain
values that the server reads without running the file,

``PINS``
    what each of its pins is, in their order,
``SETTINGS``
    what a board type may set, as of a sensor (`firmware.sensors`),

and ``make(pins, ticks_ms, ticks_diff, **settings)`` of pins that are off (``value(level)``), which
returns a callable that takes whether the output is to be on. It may raise OSError; it is then
called again. Where it has ``tick()``, that is called by the timer four times a second.

There is no driver of a latching valve: without power it stays as it is, and nothing could end it.
"""

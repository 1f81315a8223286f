"""One file for each sensor chip or probe; nothing else has to know it.

The file's name is the `driver` of a board type under field_configs/boards/; what several share is
in files that begin with an underscore. It holds, as plain values that the server reads without
running the file,

``BUS``
    the bus it takes: ``"i2c"``, ``"rs485"``, ``"gnss"``, ``"pulse"``, ``"adc"``, ``"onewire"``,
    ``"link"`` (`Board.bus`),
``QUANTITIES``
    the ids of the quantities it gives (firmware/wire/quantities.py),
``SETTINGS``
    optional: what a board type may set, each a range ``(least, greatest)`` of numbers, a list of
    the values it may have, a pattern (regular expression) of texts, or a table of these,

and ``make(board, bus, address, **settings)``, which returns an object with ``measure()``: a
dictionary from quantity id to value. Of `board` a driver may take ``wait_ms`` (pause),
``uptime_ms``, ``falling``, ``changing`` and ``edge_ms`` (triggers and tick counter of a pulse),
``tally`` (a count that outlives a reset) and ``set_baud`` (speed of the RS-485 line). An object may
have ``settle()``, called once its last answer is safe, and ``urgent()``, true when a sample should
be taken at once. Where it has no reading it says so and never makes one up:

- OSError: no answer; ValueError: an answer that is damaged. It is asked once more at once;
- `frame.Missing` with a reason in place of a value: that quantity has none, with its reason. A chip
  that answers with the value it holds after power-on (85 degC of a DS18B20) is ``WARMING_UP``;
- None, or a number that is none (NaN): a fault of the driver.

A value at the end of the range is a reading: 100 % in fog is true.
"""

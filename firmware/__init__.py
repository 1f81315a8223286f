"""The wire format, the node program, its drivers and the technician's workbench."""

import sys

#: Of the node's program and of all else here: setup.cfg reads it from this line.
VERSION = "0.1.0"


def const(value):  # type: ignore[no-untyped-def]  # nodes know no types
    """Return `value`; where a name is given one so, MicroPython's compiler puts the value itself.

    A name of a module that begins with an underscore then takes no memory on a node.
    """
    return value


def forget(module):  # type: ignore[no-untyped-def]  # as above
    """Let go of a module that is needed once, so that a node has its memory for other things."""
    room, _, name = module.__name__.rpartition(".")
    del sys.modules[module.__name__]
    delattr(sys.modules[room], name)

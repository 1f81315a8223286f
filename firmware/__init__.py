"""The wire format, the node program, its drivers and the technician's workbench."""

#: Of the node's program and of all else here: setup.cfg reads it from this line.
VERSION = "0.1.0"


def const(value):
    """Return `value`; where a name is given one so, MicroPython's compiler puts the value itself.

    A name of a module that begins with an underscore then takes no memory on a node.
    """
    return value

"""The wire format, the node program, its drivers and the technician's workbench."""

#: Of the node's program and of all else here: setup.cfg reads it from this line.
VERSION = "0.1.0"

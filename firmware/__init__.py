"""The wire format, the node program, its drivers and the technician's workbench."""

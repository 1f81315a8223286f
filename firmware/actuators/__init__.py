"""What a node switches: nothing here is on without the end of it (`firmware.actuators.leases`)."""

"""The command line of the collector, one file per group."""

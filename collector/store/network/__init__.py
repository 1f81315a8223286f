"""Who measures: sites, nodes and their keys, frames, devices, and whose clock is right."""

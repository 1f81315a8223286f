"""One module per sensor chip or probe; each takes its bus."""

"""Commands about places and devices: sites, stations, nodes, their clocks."""

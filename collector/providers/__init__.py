"""Services that tell the weather: asked over the network, behind one interface."""

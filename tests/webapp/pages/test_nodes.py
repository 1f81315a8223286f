"""Nodes as technicians see them: the list by urgency, one node with all, what was done with it."""

from __future__ import annotations

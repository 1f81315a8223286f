"""From a board type to the channel layout its nodes speak on the wire."""

from __future__ import annotations

from field_configs.schema import Board
from firmware.wire.codec import Layout, make_layout
from firmware.wire.quantities import by_name


def layout_of(board: Board) -> Layout:
    """Make the wire layout of a board type: number, quantity id and scale of each channel.

    Parameters
    ----------
    board : Board
        As loaded; its channels are in ascending number.

    Returns
    -------
    Layout
        With the 4-byte id under which frames of such a board travel.

    Raises
    ------
    firmware.wire.quantities.UnknownQuantity
        If a channel measures something that the vocabulary does not hold.
    """
    channels = []
    for channel in board.channels:
        quantity = by_name(channel.quantity)
        channels.append((channel.number, quantity.id, quantity.scale))
    layout: Layout = make_layout(channels)
    return layout

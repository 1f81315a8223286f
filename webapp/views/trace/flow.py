"""What became of goods as a drawing: layers from left to right, on a phone from top to bottom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from collector.store.inspection.downstream import LOT, Downstream, Node

#: So many nodes are drawn, the nearest first; the others are listed.
MOST_DRAWN = 200
WIDE, TALL, ACROSS, DOWN, EDGE = 178, 40, 224, 50, 6
STEP, NARROW = 12, 290
#: Letters that have room in a box.
LETTERS = 23


@dataclass(frozen=True)
class Words:
    """The words of a drawing: its title, and what it shows for who hears the page."""

    title: str
    desc: str


def short(label: str) -> str:
    """The end of a name that is too long for its box: what tells it from others stands there."""
    return label if len(label) <= LETTERS else "…" + label[1 - LETTERS :]


def drawn(found: Downstream) -> list[Node]:
    """The nodes that are drawn: the nearest, and of one layer lots first."""
    return list(found.nodes[:MOST_DRAWN])


def _box(node: Node, x: float, y: float, wide: float, holder: str, href: str | None) -> str:
    kind = "lot" if node.kind == LOT else "thing"
    text = (
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{wide:g}" height="{TALL}" rx="6"/>'
        f'<text x="{x + 8:g}" y="{y + 16:g}">{escape(short(node.label))}</text>'
        f'<text class="who" x="{x + 8:g}" y="{y + 31:g}">{escape(holder[:LETTERS])}</text>'
    )
    return f'<a href="{escape(href)}">{text}</a>' if href else text


def _svg(kind: str, width: float, height: float, words: Words, body: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704 - every text in it is escaped
        f'<svg class="flow {kind}" role="group" aria-label="{escape(words.title)}" '
        f'width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}"><title>{escape(words.title)}</title>'
        f"<desc>{escape(words.desc)}</desc>{''.join(body)}</svg>"
    )


def across(
    found: Downstream, holders: Mapping[str, str], link: Callable[[Node], str | None], words: Words
) -> Markup:
    """Draw layers from left to right.

    Parameters
    ----------
    found : Downstream
    holders : mapping of str to str
        Names by key.
    link : callable
        The address that a node leads to, or None.
    words : Words
    """
    columns: dict[int, int] = defaultdict(int)
    places = {}
    for node in drawn(found):
        places[node.id] = (EDGE + node.layer * ACROSS, EDGE + columns[node.layer] * DOWN)
        columns[node.layer] += 1
    lines = []
    for source, target in found.edges:
        if source in places and target in places:
            (a, b), (c, d) = places[source], places[target]
            x, y, z, w = a + WIDE, b + TALL / 2, c, d + TALL / 2
            bend = (z - x) / 2 if z > x else 30
            lines.append(
                f'<path d="M{x:g} {y:g}C{x + bend:g} {y:g} {z - bend:g} {w:g} {z:g} {w:g}"/>'
            )
    boxes = [
        _box(node, *places[node.id], WIDE, holders.get(node.holder, ""), link(node))
        for node in drawn(found)
    ]
    width = 2 * EDGE + max(columns) * ACROSS + WIDE
    return _svg("across", width, EDGE + max(columns.values()) * DOWN, words, lines + boxes)


def down(
    found: Downstream, holders: Mapping[str, str], link: Callable[[Node], str | None], words: Words
) -> Markup:
    """Draw the same from top to bottom for a narrow screen, each below the first it came from."""
    nodes = {node.id: node for node in drawn(found)}
    first: dict[str, str] = {}
    for source, target in found.edges:
        if source in nodes and target in nodes and nodes[source].layer < nodes[target].layer:
            first.setdefault(target, source)
    below = defaultdict(list)
    for each in nodes:
        if each in first:
            below[first[each]].append(each)
    order, waiting = [], [each for each in reversed(nodes) if each not in first]
    while waiting:
        order.append(waiting.pop())
        waiting += reversed(below[order[-1]])
    rows = {each: row for row, each in enumerate(order)}
    body = []
    for each in order:
        node, x = nodes[each], EDGE + min(nodes[each].layer, 9) * STEP
        y = EDGE + rows[each] * DOWN
        if each in first:
            origin = nodes[first[each]]
            corner = EDGE + min(origin.layer, 9) * STEP + 5
            top = EDGE + rows[origin.id] * DOWN + TALL
            body.append(f'<path d="M{corner:g} {top:g}V{y + TALL / 2:g}H{x:g}"/>')
        wide = NARROW - x - EDGE
        body.append(_box(node, x, y, wide, holders.get(node.holder, ""), link(node)))
    return _svg("down", NARROW, EDGE + len(order) * DOWN, words, body)

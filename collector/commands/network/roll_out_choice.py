"""Which nodes an update is offered to, and which are left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from collector.store.network.roll_outs import Candidate
from firmware.wire import update
from firmware.wire.quantities import nearest
from firmware.wire.update import Head

#: Why nodes are left out; those that somebody has to see to are named, with the mend.
LEFT_OUT = {
    "other": "are for another program or have not said what they run",
    "runs": "run it or a newer one",
    "no_key": "have no key",
    "no_update_key": "take no updates over the air",
    "other_update_key": "take updates of another key",
    "under_way": "are being brought it or a newer one",
}
MENDS = {
    "no_update_key": "enrol each with --update-key and flash it anew",
    "other_update_key": "sign it with the key that they trust, or enrol and flash them anew",
}
#: Nodes of one reason that are named.
MOST_NAMED = 20


def why_not(node: Candidate, head: Head, signer: str) -> str | None:
    """Name why a node is not offered a release, as in `LEFT_OUT`; None: it is.

    Parameters
    ----------
    node : Candidate
    head : Head
    signer : str
        Public key of who signed it, in hexadecimal.
    """
    if not node.counts:
        return "no_key"
    if node.target != head.target or node.version is None:
        return "other"
    try:
        runs = update.number_of(node.version)
    except ValueError:
        runs = 0  # whatever it is, it is none that was released
    if runs >= head.number:
        return "runs"
    if node.update_key is None:
        return "no_update_key"
    if node.update_key != signer:
        return "other_update_key"
    return "under_way" if (node.open_number or 0) >= head.number else None


def choose(
    found: Sequence[Candidate], head: Head, signer: str, named: Sequence[str]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Choose the nodes of a roll-out: those named, or all that it is for.

    Returns
    -------
    villages : dict
        Village of each node chosen.
    left_out : dict
        Those that are not, by reason.

    Raises
    ------
    click.UsageError
        When a node that is named cannot be offered it.
    """
    by_id = {each.node: each for each in found}
    for name in named:
        if name not in by_id:
            near = nearest(name, list(by_id)) if by_id else None
            hint = f'; did you mean "{near}"?' if near else ""
            raise click.UsageError(f"node {name}: not in the registry{hint}")
        wrong = why_not(by_id[name], head, signer)
        if wrong is not None:
            runs = by_id[name].version, by_id[name].target
            raise click.UsageError(
                f"node {name}: cannot be offered {head.version} for {head.target}: of those that "
                f"{LEFT_OUT[wrong]} (it said it runs {runs[0] or 'nothing yet'}, target "
                f"{runs[1] or 'unknown'}); {MENDS.get(wrong, 'leave it out')}"
            )
    chosen: dict[str, str] = {}
    left_out: dict[str, list[str]] = {}
    for each in [by_id[name] for name in named] or found:
        why = why_not(each, head, signer)
        if why is None:
            chosen[each.node] = each.village
        else:
            left_out.setdefault(why, []).append(each.node)
    return chosen, left_out


def tell_left_out(left_out: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Say who is left out; by name, with the mend, where somebody has to see to it."""
    for why, nodes in sorted(left_out.items()):
        said = f"left out: {len(nodes)} nodes that {LEFT_OUT[why]}"
        if why in MENDS:
            more = len(nodes) - MOST_NAMED
            rest = f" and {more} more" if more > 0 else ""
            said += f": {', '.join(nodes[:MOST_NAMED])}{rest}; {MENDS[why]}"
        yield said


def choose_first(found: Sequence[Candidate], chosen: Mapping[str, str]) -> list[str]:
    """Choose the node that was heard last: the one that answers soonest."""
    heard = [(each.last_seen, each.node) for each in found if each.node in chosen]
    return [max(pair for pair in heard if pair[0])[1]] if any(at for at, _ in heard) else []

"""What cannot be done with assets and shipments, in the reader's language, and the mend."""

from __future__ import annotations

from collector.store.coldchain.assets import AssetError
from collector.store.coldchain.shipments import ShipmentError
from webapp.language.i18n import gettext


def problem_of(error: AssetError | ShipmentError) -> str:
    """Say what cannot be done, and what to do instead."""
    words = error.words
    texts = {
        "no_asset": gettext("There is no truck, store room or box %(asset)s.", **_of(words)),
        "of_another": gettext("%(asset)s belongs to %(owner)s: ask them to do it.", **_of(words)),
        "no_node": gettext(
            "There is no logger %(node)s: look at the number on its label.", **_of(words)
        ),
        "no_logger": gettext(
            "%(node)s stands in a field: only a logger of a depot rides along.", **_of(words)
        ),
        "empty": gettext("No logger rides in %(asset)s: attach one first.", **_of(words)),
        "owned": gettext(
            "%(node)s belongs to %(owner)s: they alone attach it. Ask them, or your station if it "
            "is yours now.",
            **_of(words),
        ),
        "attached": gettext(
            "%(node)s rides in %(asset)s already: take it out there first.", **_of(words)
        ),
        "earlier": gettext(
            "%(node)s rode in %(asset)s until %(until)s: attach it from then on.", **_of(words)
        ),
        "not_attached": gettext("%(node)s rides nowhere: attach it first.", **_of(words)),
        "before": gettext(
            "%(node)s was attached only at %(since)s: take it out after that.", **_of(words)
        ),
        "taken": gettext(
            "%(uri)s is the name of another one already: give this one its own.", **_of(words)
        ),
        "bad_uri": gettext(
            "%(uri)s is no identifier: give a GIAI or another URI, or leave it empty.",
            **_of(words),
        ),
        "no_lot": gettext("There is no lot %(lot)s: look at its certificate.", **_of(words)),
        "no_limits": gettext(
            "For what is in lot %(lot)s no limits of temperature are known here: it cannot be "
            "watched over.",
            **_of(words),
        ),
        "lot_of_another": gettext("Lot %(lot)s is not yours: its owner ships it.", **_of(words)),
        "held": gettext("An inspector holds lot %(lot)s: ask them.", **_of(words)),
        "recalled": gettext(
            "Lot %(lot)s is recalled and stays where it is: ask the inspector.", **_of(words)
        ),
        "more": gettext(
            "%(left)s kg of lot %(lot)s are there to be shipped, and %(asked)s kg were asked for: "
            "take less.",
            **_of(words),
        ),
        "asset_of_another": gettext(
            "%(asset)s belongs to %(owner)s: choose one of yours.", **_of(words)
        ),
        "no_receiver": gettext("There is no party %(party)s.", **_of(words)),
        "to_oneself": gettext("%(party)s is the sender: choose another.", **_of(words)),
        "not_receiver": gettext(
            "It goes to %(receiver)s, who accepts or disputes it.", **_of(words)
        ),
        "not_left": gettext("It left only at %(shipped)s: hand it over after that.", **_of(words)),
        "twice": gettext(
            "Lot %(lot)s stands twice in the load: give its weight once.", **_of(words)
        ),
        "over": gettext("It was handed over already."),
    }
    return str(texts[error.kind])


_NAMES = (
    *("asset", "owner", "node", "until", "since", "shipped", "uri", "lot", "left", "asked"),
    *("party", "receiver", "code"),
)


def _of(words: dict[str, str]) -> dict[str, str]:
    return dict.fromkeys(_NAMES, "") | words

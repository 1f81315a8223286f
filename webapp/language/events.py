"""Events in the language of the reader: what goes wrong in the network, and what jobs report."""

from collector.store.network.frames import OTHERS
from field_configs import events
from field_configs.events import Event
from webapp.language.formats import full_day, local_time
from webapp.language.i18n import gettext
from webapp.language.risks import upper_first
from webapp.language.words import current_words, has_word, word


def event_text(event: Event | None) -> str:
    """Say an event, its times in local time; nothing for none."""
    return "" if event is None else events.sentence(event, current_words(), local_time, full_day)


def event_name(kind: str) -> str:
    """The name of a kind of event: of a maintenance item, or why a message could not be used."""
    return events.name(kind, current_words())


def refusal_name(reason: str) -> str:
    """Why a message was refused; the reason itself where only another release knows it."""
    key = f"refusal.{reason}"
    return word(key) if has_word(key) else reason


def node_name(node: str) -> str:
    """A node's id; what stands for all nodes without a name of their own is said in words."""
    return str(gettext("others")) if node == OTHERS else node


def job_name(job: str) -> str:
    """What a job does."""
    key = f"job.{job}"
    return upper_first(word(key)) if has_word(key) else job

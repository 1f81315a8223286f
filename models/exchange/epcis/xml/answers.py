"""What became of a capture, and what is wrong with a request, in the standard's XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.exchange.epcis.xml.form import EPCIS
from models.exchange.epcis.xml.texts import DECLARATION, IN_VALUE, NO_CHARACTER, escaped

FIELDS = ("type", "title", "status", "detail")


def _fields(problem: Mapping[str, Any]) -> str:
    """Its fields in order; a character that XML has not, which somebody sent, becomes U+FFFD."""
    texts = {name: NO_CHARACTER.sub("\ufffd", str(problem[name])) for name in FIELDS}
    return "".join(f"<{name}>{escaped(text)}</{name}>" for name, text in texts.items())


def write_problem(problem: Mapping[str, Any]) -> str:
    """Write a problem.

    Parameters
    ----------
    problem : mapping
        As JSON has it: type, title, status, detail.
    """
    tag = "epcis:EPCISException"
    return f'{DECLARATION}<{tag} xmlns:epcis="{EPCIS}">{_fields(problem)}</{tag}>\n'


def write_job(job: Mapping[str, Any]) -> str:
    """Write what became of a capture.

    Parameters
    ----------
    job : mapping
        As JSON has it.
    """
    told = [f"<captureErrorBehaviour>{job['captureErrorBehaviour']}</captureErrorBehaviour>"]
    for name in ("createdAt", "finishedAt"):
        if name in job:
            told.append(f"<{name}>{escaped(job[name])}</{name}>")
    errors = "".join(f"<error>{_fields(each)}</error>" for each in job["errors"])
    if errors:
        told.append(f"<errors>{errors}</errors>")
    marks = "".join(f' {name}="{str(job[name]).lower()}"' for name in ("running", "success"))
    name = escaped(job["captureID"], IN_VALUE)
    return (
        f'{DECLARATION}<epcis:EPCISCaptureJob xmlns:epcis="{EPCIS}"{marks} captureID="{name}">'
        f"{''.join(told)}</epcis:EPCISCaptureJob>\n"
    )

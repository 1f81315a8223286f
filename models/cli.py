"""The command group `risk`: train, evaluate, predict, card, moths.

Libraries are imported by the command that needs them, so that `--help` stays quick.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.risk.hazard import STATUS
from models.trained.shipped import COMPARED, FOLDER, HAZARD, SEED, STAGES

if TYPE_CHECKING:
    from models.sheets.refused import Refusals
    from models.traps.moths import Flight

FILE = click.Path(path_type=Path)
MOST_FAULTS = 20

_hazard = click.option(
    "--hazard", type=click.Choice([HAZARD]), default=HAZARD, show_default=True, help="Hazard."
)
_artefacts = click.option(
    "--artefacts", type=FILE, default=FOLDER, help="Folder of the artefacts [the shipped ones]."
)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn errors that the caller can mend into a message and exit code 2."""
    from models.evaluations.tables import DocumentError
    from models.sheets.refused import SheetError
    from models.trained.artefact import ArtefactError
    from models.trained.scab_cases import CasesError

    try:
        yield
    except (ArtefactError, DocumentError, CasesError, SheetError, OSError) as error:
        raise click.UsageError(str(error)) from error


def _teller(quiet: bool) -> Callable[[str], None]:
    """Say what is being done: a moving line on a terminal, else one line per kind of work."""
    said: set[str] = set()

    def tell(text: str) -> None:
        kind = text.split(":")[0]
        if sys.stderr.isatty() and not quiet:
            click.echo(f"\r\033[Kjudging by {text}", nl=False, err=True)
        elif kind not in said and not quiet:
            click.echo(f"judging by {kind}", err=True)
        said.add(kind)

    return tell


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


@click.group()
def risk() -> None:
    """Risk of pests, diseases and weather: trained models, their skill and their answers.

    \b
    Example:
      nongqing risk run
      nongqing risk evaluate --hazard wheat_fhb --data fhb_us_shah2023.csv
    """


@risk.command("train", epilog="\b\nExample:\n  nongqing risk train --data fhb_us_shah2023.csv")
@_hazard
@click.option("--data", type=FILE, required=True, help="Labelled cases (CSV).")
@click.option("--out", type=FILE, default=FOLDER, help="Folder to write [the shipped artefacts].")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Of redrawn years.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def _train(hazard: str, data: Path, out: Path, seed: int, as_json: bool) -> None:
    """Judge, fit and write artefacts, cards and manifest; takes about a minute."""
    from models.evaluations.scab.tables import scores_markdown
    from models.evaluations.scab.training import train

    with _usage_errors():
        manifest = train(data, out, seed, _teller(as_json))
    if as_json:
        _print_json(manifest)
        return
    click.echo(scores_markdown(manifest["report"]))
    for stage in STAGES:
        windows = ", ".join(manifest["windows"][stage]) or "agronomy alone"
        click.echo(f"\n{out / f'{hazard}_{stage}.skops'}: {windows}")


@risk.command(
    "evaluate",
    epilog="\b\nExamples:\n"
    "  nongqing risk evaluate --hazard wheat_fhb --data fhb_us_shah2023.csv\n"
    "  nongqing risk evaluate --hazard wheat_fhb --held-out new_years.csv\n"
    "  nongqing risk evaluate --hazard leaf_wetness --data ../shared/data/weather",
)
@click.option("--hazard", type=click.Choice([HAZARD, *COMPARED]), required=True)
@click.option("--data", type=FILE, help="Labelled cases, or the folder of the comparison's data.")
@click.option("--held-out", type=FILE, help="Score the shipped artefact on these labelled cases.")
@click.option("--into", type=FILE, help="Put the tables into this document, between its markers.")
@_artefacts
@click.option("--json", "as_json", is_flag=True, help="Print numbers as JSON.")
def _evaluate(
    hazard: str,
    data: Path | None,
    held_out: Path | None,
    into: Path | None,
    artefacts: Path,
    as_json: bool,
) -> None:
    """Print how well a model or rule does on years and places it has not seen."""
    if (data is None) == (held_out is None):
        raise click.UsageError(
            "give either --data (judge the procedure) or --held-out (score the shipped artefact)"
        )
    if held_out is not None and hazard != HAZARD:
        raise click.UsageError(f"{hazard} has no trained artefact: give --data, not --held-out")
    with _usage_errors():
        result, text = _result(hazard, data, held_out, artefacts, _teller(as_json))
        if into is not None:
            from models.evaluations.tables import place_between_markers

            place_between_markers(into, hazard, text)
    if as_json:
        _print_json(result)
    else:
        click.echo(text)


def _result(
    hazard: str,
    data: Path | None,
    held_out: Path | None,
    artefacts: Path,
    progress: Callable[[str], None],
) -> tuple[dict[str, Any], str]:
    if data is not None and hazard != HAZARD:
        from models.evaluations.comparisons import COMPARISONS

        return COMPARISONS[hazard](data)
    from models.evaluations.scab.tables import document_markdown, held_out_markdown
    from models.evaluations.scab.training import evaluate, evaluate_held_out

    if held_out is not None:
        result = evaluate_held_out(held_out, artefacts)
        return result, held_out_markdown(result)
    assert data is not None
    result = evaluate(data, progress)
    return result, document_markdown(result)


@risk.command(
    "predict",
    epilog="\b\nExample:\n"
    "  nongqing risk predict --hazard wheat_fhb --stage pre --cases cases.csv --out out.csv",
)
@_hazard
@click.option("--stage", type=click.Choice(STAGES), required=True, help="Weather known so far.")
@click.option("--cases", type=FILE, required=True, help="CSV; post columns are unread in pre.")
@click.option("--out", type=FILE, required=True, help="CSV with id, probability, status.")
@click.option("--bounds", is_flag=True, help="Add the columns low and high (90 %).")
@_artefacts
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON too.")
def _predict(
    hazard: str,
    stage: str,
    cases: Path,
    out: Path,
    bounds: bool,
    artefacts: Path,
    as_json: bool,
) -> None:
    """Write the probability and status of every case; a bad cell costs its own row only.

    A line that cannot be read is named and gets no answer; the exit code is then 1.
    """
    from models.evaluations.scab.predictions import check_writable, predict, write_predictions
    from models.trained.artefact import load
    from models.trained.scab_cases import read_cases

    with _usage_errors():
        check_writable(out, cases)
        estimator = load(hazard, stage, artefacts)
        given = read_cases(cases, estimator.terms.windows)
        answers = predict(estimator, given)
        write_predictions(out, answers, bounds=bounds)
    _tell(given.faults, "cells")
    _tell(given.lost, "lines")
    if as_json:
        _print_json([vars(answer) for answer in answers])
    else:
        counts = Counter(answer.status for answer in answers)
        shown = ", ".join(f"{counts[word]} {word}" for word in STATUS if word in counts)
        click.echo(f"{out}: {len(answers)} cases: {shown}")
    if len(given.lost):
        raise SystemExit(1)


def _tell(refused: Refusals, what: str) -> None:
    """Name the first cells or lines that were refused, and count the others."""
    for each in list(refused)[:MOST_FAULTS]:
        click.echo(str(each), err=True)
    if len(refused) > MOST_FAULTS:
        click.echo(f"{refused.name}: and {len(refused) - MOST_FAULTS} more {what}", err=True)


@risk.command("card", epilog="\b\nExample:\n  nongqing risk card --hazard wheat_fhb --stage pre")
@_hazard
@click.option("--stage", type=click.Choice(STAGES), required=True, help="Stage.")
@_artefacts
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def _card(hazard: str, stage: str, artefacts: Path, as_json: bool) -> None:
    """Print the model card of a trained artefact, after checking the artefact."""
    from models.trained.artefact import load, read_manifest, verified

    with _usage_errors():
        load(hazard, stage, artefacts)
        manifest = read_manifest(hazard, artefacts)
        text = verified(f"{hazard}_{stage}.md", manifest, artefacts).decode()
    if as_json:
        _print_json(manifest)
    else:
        click.echo(text.rstrip())


@risk.command("moths", epilog="\b\nExample:\n  nongqing risk moths traps.csv --json")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--all", "every", is_flag=True, help="Judge every catch, not each trap's last one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def _moths(file: Path, every: bool, as_json: bool) -> None:
    """Judge the catches of moth traps by the same ten days of earlier years.

    FILE is a CSV with the columns trap, pest (EPPO code), date, nights, count. A line that cannot
    be read is named and passed over; the exit code is then 1. The limits are provisional, and a
    large flight is no proof of harm.
    """
    from models.traps.moths import flight_of, read_catches

    with _usage_errors():
        catches, refused = read_catches(file)
    last = {(c.trap, c.pest): c for c in sorted(catches, key=lambda c: c.date)}
    wanted = sorted(catches if every else last.values(), key=lambda c: (c.trap, c.pest, c.date))
    flights = [flight_of(catch, catches) for catch in wanted]
    if as_json:
        _print_json([_flight(flight) for flight in flights])
    else:
        click.echo(f"{'trap':<16} {'pest':<8} {'date':<10} {'a night':>8} {'usual':>8}  status")
        for flight in flights:
            click.echo(_flight_line(flight))
    _tell(refused, "lines")
    if len(refused):
        raise SystemExit(1)


def _flight_line(flight: Flight) -> str:
    catch = flight.catch
    usual = "-" if math.isnan(flight.usual) else f"{flight.usual:.1f}"
    return (
        f"{catch.trap:<16} {catch.pest:<8} {catch.date} {catch.per_night:>8.1f} {usual:>8}  "
        f"{STATUS[flight.status]}"
    )


def _flight(flight: Flight) -> dict[str, object]:
    catch = flight.catch
    return {
        "trap": catch.trap,
        "pest": catch.pest,
        "date": catch.date.isoformat(),
        "per_night": catch.per_night,
        "usual": None if math.isnan(flight.usual) else flight.usual,
        "chance_in_an_ordinary_year": (
            None if math.isnan(flight.probability) else flight.probability
        ),
        "status": STATUS[flight.status],
    }

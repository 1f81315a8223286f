"""The scab estimator's scores as Markdown, for its cards and docs/skill.md."""

from __future__ import annotations

from typing import Any

from models.evaluations.scab.report import MODELS
from models.evaluations.tables import interval_text, markdown_table
from models.trained.scab_windows import WINDOWS
from models.trained.shipped import STAGES

NAMES = {
    "climatology": "climatology (base rate of the training cases)",
    "agronomy": "agronomy alone",
    "rh14": "RH14 as published",
    "pre": "this model, before flowering",
    "post": "this model, after flowering",
}
SCHEMES = {
    "year": "years left out (blocks of years, all places)",
    "state": "states left out (all years)",
    "later": "later years from earlier ones (forward in time)",
}


def windows_text(windows: list[str]) -> str:
    """Windows in words; none is agronomy alone.

    Parameters
    ----------
    windows : list of str
    """
    return "; ".join(f"`{w}` ({WINDOWS[w].meaning})" for w in windows) or "agronomy alone"


def _scheme_markdown(title: str, scores: dict[str, Any], blocks: str) -> list[str]:
    rows = [
        (
            NAMES[name],
            "—" if name == "climatology" else f"{scores['models'][name]['auc']:.3f}",
            f"{scores['models'][name]['brier']:.4f}",
            f"{scores['models'][name]['skill']:+.3f}",
        )
        for name in MODELS
    ]
    differences = [
        (
            f"{NAMES[d['one']]} − {NAMES[d['other']]}",
            interval_text(d["skill"]),
            interval_text(d["auc"]) if "auc" in d else "—",
        )
        for d in scores["differences"]
    ]
    return [
        f"**{title[0].upper()}{title[1:]}**: {scores['cases']} cases, "
        f"{scores['epidemics']} epidemics",
        markdown_table(("forecast", "AUC", "Brier", "Brier skill"), rows),
        markdown_table(
            ("difference", f"Brier skill (95 % by {blocks})", f"AUC (95 % by {blocks})"),
            differences,
        ),
    ]


def held_out_markdown(result: dict[str, Any]) -> str:
    """Scores of the shipped artefact on cases it never saw, in Markdown.

    Parameters
    ----------
    result : dict
        Of `models.evaluations.scab.report.held_out`; scores have no unit.
    """
    parts = _scheme_markdown("shipped artefact on cases it never saw", result, "years")
    for stage in STAGES:
        parts += [f"### Stage {stage}", stage_markdown(result, stage)]
    return "\n\n".join(parts)


def document_markdown(result: dict[str, Any]) -> str:
    """The tables of docs/skill.md for the scab estimator.

    Parameters
    ----------
    result : dict
        Of `models.evaluations.scab.report.report`; scores have no unit.
    """
    parts = [scores_markdown(result)]
    for stage in STAGES:
        parts += [f"### Stage {stage}", stage_markdown(result, stage)]
    return "\n\n".join(parts)


def scores_markdown(result: dict[str, Any]) -> str:
    """The comparison of all models under every scheme, in Markdown.

    Parameters
    ----------
    result : dict
        Of `models.evaluations.scab.report.report`; scores have no unit.
    """
    parts = []
    for scheme, title in SCHEMES.items():
        parts += _scheme_markdown(title, result["schemes"][scheme], "blocks of years")
    kept = result["kept_back"]
    parts += [
        f"**Four years kept back at a time**, {kept['draws']} random sets of a fifth to two "
        "fifths of the cases, terms chosen again each time: 10 % / median / 90 %",
        markdown_table(
            ("forecast", "AUC", "Brier skill", "worst AUC", "worst skill", "reaches .70 and .10"),
            [
                (
                    NAMES[name],
                    " / ".join(f"{v:.3f}" for v in row["auc"]),
                    " / ".join(f"{v:+.3f}" for v in row["skill"]),
                    f"{row['worst'][0]:.3f}",
                    f"{row['worst'][1]:+.3f}",
                    f"{100 * row['goal']:.0f} %",
                )
                for name, row in ((n, kept["models"][n]) for n in MODELS if n in kept["models"])
            ],
        ),
    ]
    return "\n\n".join(parts)


def stage_markdown(result: dict[str, Any], stage: str) -> str:
    """Reliability, decisions, by year and by state of one stage, in Markdown.

    Parameters
    ----------
    result : dict
        Of `report`.
    stage : {"pre", "post"}
    """
    own = result["stages"][stage]
    line = own["calibration_line"]
    value = own["cost_loss"]["value"]
    bins = [
        (
            f"{b['low']:.1f}–{b['high']:.1f}",
            b["count"],
            f"{b['mean_probability']:.3f}",
            f"{b['frequency']:.3f}",
        )
        for b in own["reliability"]
    ]
    limits = [
        (
            word,
            f"{t['from']:.2f}",
            *(t[k] for k in ("hits", "misses", "false_alarms", "correct_negatives")),
            *(f"{t[k]:.2f}" for k in ("pod", "far", "csi")),
        )
        for word, t in own["thresholds"].items()
    ]
    worth = [
        (f"{ratio:.2f}", *(f"{value[name][i]:+.2f}" for name in ("agronomy", "rh14", stage)))
        for i, ratio in enumerate(own["cost_loss"]["ratios"])
    ]
    parts = [
        f"Reliability (calibration line: intercept {line[0]:+.2f}, slope {line[1]:.2f}; "
        "0 and 1 are perfect)",
        markdown_table(("probability", "cases", "mean said", "happened"), bins),
        "At the status limits",
        markdown_table(
            ("status", "from", "hits", "misses", "false alarms", "correct negatives", "POD")
            + ("FAR", "CSI"),
            limits,
        ),
        "Cost-loss: relative value of acting from probability C/L (1 perfect, 0 no better than "
        "always acting alike)",
        markdown_table(("C/L", "agronomy alone", "RH14 as published", "this model"), worth),
        "By year",
        _groups_markdown(result["by_year"][stage], "year"),
        "By state",
        _groups_markdown(result["by_state"][stage], "state"),
    ]
    if "chosen" in result:
        chosen = [
            (
                windows_text(c["windows"])
                + (", outside {:g} to {:g}".format(*c["outside"]) if c["outside"] else ""),
                c["folds"],
            )
            for c in result["chosen"][stage]
        ]
        parts += [
            "Terms chosen inside the training cases of each left-out block or state",
            markdown_table(("weather windows", "times"), chosen),
        ]
    return "\n\n".join(parts)


def _groups_markdown(rows: list[dict[str, Any]], name: str) -> str:
    return markdown_table(
        (name, "cases", "happened", "mean said", "AUC", "Brier", "climatology", "agronomy"),
        [
            (
                row["group"],
                row["cases"],
                f"{row['rate']:.2f}",
                f"{row['said']:.2f}",
                "—" if row["auc"] is None else f"{row['auc']:.2f}",
                *(f"{row[k]:.3f}" for k in ("brier", "brier_climatology", "brier_agronomy")),
            )
            for row in rows
        ],
    )

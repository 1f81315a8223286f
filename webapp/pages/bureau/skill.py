"""For officers: how well each hazard did here, whether it is validated, and by which rules."""

from dataclasses import dataclass, fields

from flask import Blueprint, render_template

from collector.providers.open_meteo import NAME as OPEN_METEO
from collector.store.advice import ledger, outlook_skill, risk_account
from collector.store.advice.ledger import Evidence, RuleChange
from collector.store.measured import weather_fetch
from collector.store.network import registry
from models.hazards.catalogue import catalogue
from models.skill.ledger import LedgerRow
from models.skill.outlooks import RAIN_MM
from models.skill.rules import DEFAULTS, Rules
from webapp.accounts.access import public
from webapp.app.database import connection
from webapp.app.menu import NavItem
from webapp.app.shares import heavy
from webapp.language.events import event_text
from webapp.language.formats import number
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.language.risks import hazard_name
from webapp.language.words import pick
from webapp.views.bureau.outlooks import show_outlooks
from webapp.views.bureau.risk_outlooks import show_risk_outlooks, show_seen

bp = Blueprint("skill", __name__)
NAV = NavItem(30, "skill.page", lazy_gettext("Trust"))
SHOWN = 20


@dataclass(frozen=True)
class ShownAccount:
    """One row of a hazard's table: a county, all seasons or one."""

    place: str
    season: str
    row: LedgerRow
    skill: str
    validated: bool | None
    lacks: list[str]


@dataclass(frozen=True)
class ShownHazard:
    """A hazard and its accounts; `validated` where it is so in any county."""

    id: str
    name: str
    validated: bool
    accounts: list[ShownAccount]


@dataclass(frozen=True)
class ShownRule:
    """A rule in force beside its default."""

    name: str
    value: str
    default: str
    changed: bool
    lowered: bool


def rule_name(name: str) -> str:
    """Say what a rule is about."""
    names = {
        "least_cases": gettext("Cases needed"),
        "least_seasons": gettext("Seasons needed"),
        "lower_bound": gettext("Lower bound of the Brier skill must lie above"),
        "level": gettext("Coverage of the interval"),
        "disease_first": gettext("Disease: report counts from day"),
        "disease_last": gettext("Disease: report counts up to day"),
        "pest_first": gettext("Pest: report counts from day"),
        "pest_last": gettext("Pest: report counts up to day"),
        "weather_first": gettext("Weather damage: report counts from day"),
        "weather_last": gettext("Weather damage: report counts up to day"),
    }
    return str(names.get(name, name))


def show_rules(rules: Rules) -> list[ShownRule]:
    """List the rules in force."""
    return [
        ShownRule(
            rule_name(f.name),
            f"{getattr(rules, f.name):g}",
            f"{getattr(DEFAULTS, f.name):g}",
            f.name in rules.changed,
            f.name in rules.lowered,
        )
        for f in fields(rules)
    ]


def skill_text(row: LedgerRow) -> str:
    """Write a Brier skill with its interval, or why there is none."""
    why = {
        "no_scores": gettext("no case with a probability"),
        "one_outcome": gettext("always or never seen"),
        "one_block": gettext("too short a time for an interval"),
        "few_events": gettext("too few events for an interval"),
    }
    if row.brier_skill is None:
        return str(why[row.why])
    skill = number(row.brier_skill, 2)
    if row.low is None or row.high is None:
        return str(gettext("%(skill)s (%(why)s)", skill=skill, why=why[row.why]))
    span = gettext("%(low)s to %(high)s", low=number(row.low, 2), high=number(row.high, 2))
    return str(gettext("%(skill)s (%(why)s)", skill=skill, why=span))


def lack_texts(found: Evidence, rules: Rules) -> list[str]:
    """Say what a hazard lacks to be validated in a county."""
    row = found.row
    texts = {
        "version": gettext("the model has changed since"),
        "cases": ngettext(
            "needs %(num)d case, has %(there)d",
            "needs %(num)d cases, has %(there)d",
            rules.least_cases,
            there=row.scored,
        ),
        "seasons": ngettext(
            "needs %(num)d season, has %(there)d",
            "needs %(num)d seasons, has %(there)d",
            rules.least_seasons,
            there=row.seasons,
        ),
        "interval": gettext("no interval can be given yet"),
        "bound": gettext("not surely better than the usual year alone"),
    }
    return [str(texts[each]) for each in found.lacks]


def show_hazards(
    evidence: list[Evidence], rows: list[LedgerRow], rules: Rules, counties: dict[str, str]
) -> list[ShownHazard]:
    """List every hazard of the catalogue; those with reports first."""
    found = []
    for hazard in catalogue():
        accounts = []
        for each in (s for s in evidence if s.row.hazard == hazard):
            place = counties.get(each.row.county, each.row.county)
            lacks = lack_texts(each, rules)
            whole = str(gettext("all seasons"))
            accounts.append(
                ShownAccount(place, whole, each.row, skill_text(each.row), each.validated, lacks)
            )
            for row in rows:
                if (row.hazard, row.county) == (hazard, each.row.county) and row.season is not None:
                    season = str(gettext("sown %(year)d", year=row.season))
                    accounts.append(ShownAccount(place, season, row, skill_text(row), None, []))
        proven = any(account.validated for account in accounts)
        found.append(ShownHazard(hazard, hazard_name(hazard), proven, accounts))
    return sorted(found, key=lambda each: (not each.accounts, not each.validated))


def show_change(change: RuleChange) -> str:
    """Write what a change of a rule was."""
    default = str(gettext("default"))
    return str(
        gettext(
            "%(rule)s: %(old)s, now %(new)s",
            rule=rule_name(change.name),
            old=change.old or default,
            new=change.new or default,
        )
    )


@bp.get("/skill")
@public
@heavy
def page() -> str:
    """The skill ledger, the rules in force and every change of them."""
    conn = connection()
    rules = ledger.rules(conn)
    counties = {v.county: pick(v.county_zh, v.county_en) for v in registry.villages(conn)}
    changes = ledger.rule_changes(conn)
    return render_template(
        "bureau/skill.html",
        rules=show_rules(rules),
        lowered=rules.lowered,
        hazards=show_hazards(
            ledger.evidence(conn, catalogue()), ledger.rows(conn), rules, counties
        ),
        changes=[(show_change(change), change) for change in changes[:SHOWN]],
        refused=ledger.refused(conn, SHOWN),
        outlooks=show_outlooks(outlook_skill.rows(conn)),
        risks_ahead=show_risk_outlooks(risk_account.rows(conn)),
        risks_seen=show_seen(risk_account.seen_rows(conn)),
        rain_mm=RAIN_MM,
        by_open_meteo=bool(weather_fetch.latest(conn, OPEN_METEO)),
        event_text=event_text,
    )

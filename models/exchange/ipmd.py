"""The catalogue and its answers in the formats of IPM Decisions.

The catalogue is a DSS description (YAML) with one model for each hazard, its pest and crops as
EPPO codes, its inputs as weather parameter codes. An answer is a model output: one row for each
local day, our status codes as they are, since both use 0 to 4 for the same things.

References
----------
IPM Decisions DSSService, DSS metadata schema; formats, DSS model output schema version 0.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import yaml

from field_configs.schema import Crop
from field_configs.words import Words
from models.exchange.ipmd_parameters import PARAMETERS, chosen
from models.exchange.ipmd_weather import HOUR_S
from models.risk.fold import MODEL_VERSION
from models.risk.hazard import STATUS, Hazard
from models.weather.local_days import LOCAL, day_ended, midnight

DAY_S = 86400
#: Stands where a day has no value: the format has no word for none. Its status is then 1.
NO_VALUE = -9999.0
SCORE = "score"


@dataclass(frozen=True)
class Provider:
    """Who offers the catalogue; what is not stated stays empty. See `read_provider`."""

    id: str = "cn.nongqing"
    name: str = "Nongqing"
    url: str = ""
    logo_url: str = ""
    organization: str = ""
    country: str = "China"
    address: str = ""
    postal_code: str = ""
    city: str = "Puyang"
    email: str = ""
    organization_url: str = ""


class ProviderError(ValueError):
    """A statement about the provider that the catalogue has no place for."""


def provider_from(values: Mapping[str, object]) -> Provider:
    """Make a provider from stated facts, for instance of a TOML file.

    Parameters
    ----------
    values
        Names and texts of `Provider`.

    Raises
    ------
    ProviderError
        When a name is unknown or a value is no text.
    """
    known = asdict(Provider())
    for name, value in values.items():
        if name not in known:
            raise ProviderError(f'unknown "{name}" (one of {", ".join(known)})')
        if not isinstance(value, str):
            raise ProviderError(f"{name}: {value!r} is no text; put it in quotes")
    return Provider(**{**known, **values})


def catalogue_yaml(
    hazards: Mapping[str, Hazard],
    crops: Mapping[str, Crop],
    words: Words,
    version: str,
    provider: Provider | None = None,
) -> str:
    """Describe the catalogue as a DSS of IPM Decisions.

    Parameters
    ----------
    hazards, crops
        By id.
    words
        Of the language to describe it in.
    version
        Of this software, without spaces.
    provider
        Who offers it.
    """
    by = provider or Provider()
    document = {
        "id": by.id,
        "version": version,
        "name": by.name,
        "url": by.url,
        "logo_url": by.logo_url,
        "languages": ["Chinese", "English"],
        "organization": {
            "name": by.organization,
            "country": by.country,
            "address": by.address,
            "postal_code": by.postal_code,
            "city": by.city,
            "email": by.email,
            "url": by.organization_url,
        },
        "models": [model(hazard, crops, words) for hazard in hazards.values()],
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def model(hazard: Hazard, crops: Mapping[str, Crop], words: Words) -> dict[str, Any]:
    """Describe one hazard as a model of a DSS; an entry of `catalogue_yaml`.

    Parameters
    ----------
    hazard
        A hazard of the catalogue.
    crops
        Crop id -> crop; stages are BBCH.
    words
        Words of one language.
    """
    quantities = tuple(dict.fromkeys(i.quantity for i in hazard.inputs))
    codes = chosen([parameter.code for parameter in PARAMETERS])
    name = words.text(f"hazard.{hazard.id}.name")
    return {
        "name": name[:1].upper() + name[1:],
        "id": hazard.id,
        "version": f"{MODEL_VERSION}.{hazard.version}",
        "type_of_decision": "Short-term tactical",
        "type_of_output": "Probability" if hazard.probability else "Risk indication",
        "purpose": f"Daily risk of {name} from hourly weather and growth stage",
        "description": description(hazard, crops, words, [q for q in quantities if q not in codes]),
        "citation": "; ".join(hazard.references) or None,
        "keywords": None,
        "platform_validated": False,
        "pests": [hazard.eppo] if hazard.eppo else [],
        "crops": [crops[crop].eppo for crop in hazard.crops],
        "authors": [],
        "input": {
            "weather_parameters": [
                {"parameter_code": codes[q].code, "interval": HOUR_S, "is_required": True}
                for q in quantities
                if q in codes
            ],
            "field_observation": None,
        },
        "valid_spatial": {"countries": [], "geoJSON": "{}"},
        "output": {
            "warning_status_interpretation": [
                {"explanation": text, "recommended_action": action(hazard, code, words)}
                for code, text in enumerate(explanations(hazard))
            ],
            "chart_heading": name,
            "chart_groups": [{"title": name, "result_parameter_ids": [SCORE]}],
            "result_parameters": [
                {
                    "id": SCORE,
                    "title": f"Probability: {hazard.probability}"
                    if hazard.probability
                    else "Score",
                    "description": f"Higher is worse; {NO_VALUE:g} where nothing can be said",
                    "chart_info": {
                        "unit": "",
                        "default_visible": True,
                        "chart_type": "line",
                        "color": "#0072b2",
                    },
                }
            ],
        },
    }


def description(
    hazard: Hazard, crops: Mapping[str, Crop], words: Words, without: Sequence[str]
) -> str:
    """Say in which stages a hazard is judged, where it was validated, what it needs besides.

    Parameters
    ----------
    hazard
        A hazard of the catalogue.
    crops
        Crop id -> crop; stages are BBCH.
    words
        Words of one language.
    without
        Quantities that the standard has no parameter for.
    """
    stages = "; ".join(
        f"{crops[crop].en} BBCH {first} to {last}" for crop, (first, last) in hazard.crops.items()
    )
    validated = hazard.validated or "nowhere that is published"
    lines = [
        f"THE HAZARD: {words.text(f'hazard.{hazard.id}.what')}",
        f"THE STAGES: {stages}.",
        f"VALIDATION: equation validated for {validated}; not validated in Puyang.",
    ]
    if hazard.provisional:
        lines.append(f"PROVISIONAL NUMBERS: {', '.join(hazard.provisional)}.")
    if without:
        lines.append(f"INPUT WITHOUT A PARAMETER CODE: {', '.join(without)}.")
    return "\n".join(lines)


def explanations(hazard: Hazard) -> tuple[str, ...]:
    """Say what each of the five status codes means, in the order of the codes.

    Parameters
    ----------
    hazard
        A hazard of the catalogue; its class limits are in its own unit.
    """
    return (
        "The crop is not in a stage at which the question arises.",
        "Data are missing, so that nothing can be said.",
        f"The score is below {round(hazard.medium, 9):g}.",
        f"The score is at or above {round(hazard.medium, 9):g}.",
        f"The score is at or above {round(hazard.high, 9):g}."
        if math.isfinite(hazard.high)
        else "This hazard is never called high.",
    )


def action(hazard: Hazard, status: int, words: Words) -> str:
    """Say what to do at a status code: the hazard's actions from medium on, else NA.

    Parameters
    ----------
    hazard
        A hazard of the catalogue.
    status
        Status code.
    words
        Words of one language.
    """
    if STATUS[status] not in ("medium", "high") or not hazard.actions:
        return "NA"
    return " ".join(words.text(f"hazard.{hazard.id}.action.{key}") for key in hazard.actions)


@dataclass(frozen=True)
class Answered:
    """A day's answer as the model output tells it: the day's end (aware), status, its numbers."""

    time: datetime
    status: int
    values: Mapping[str, float | None]


def model_output(
    answers: Sequence[Answered], longitude: float, latitude: float, message: str | None = None
) -> dict[str, Any]:
    """Put the answers of one hazard and place into a model output.

    Parameters
    ----------
    answers
        At most one for each local day (UTC+8), in order; a day that lacks one gets status 1.
    longitude, latitude
        Of the place [degree].
    message
        For people; None for none.

    Raises
    ------
    ValueError
        Without an answer, or with two for one day.
    """
    if not answers:
        raise ValueError("no answer to put out; ask for days on which risk was computed")
    by_day = {day_ended(answer.time): answer for answer in answers}
    if len(by_day) < len(answers):
        raise ValueError("two answers for one day; give the newest of each day")
    first, last = min(by_day), max(by_day)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    names = list(dict.fromkeys(name for answer in answers for name in answer.values))
    rows = [
        [number(by_day[day].values.get(name)) if day in by_day else NO_VALUE for name in names]
        for day in days
    ]
    return {
        "timeStart": _midnight_text(first),
        "timeEnd": _midnight_text(last),
        "interval": DAY_S,
        "resultParameters": names,
        "locationResult": [
            {
                "longitude": longitude,
                "latitude": latitude,
                "altitude": None,
                "data": rows,
                "warningStatus": [by_day[day].status if day in by_day else 1 for day in days],
                "length": len(rows),
                "width": len(names),
            }
        ],
        "message": message,
        "messageType": None if message is None else 0,
    }


def _midnight_text(day: date) -> str:
    return midnight(day).astimezone(LOCAL).isoformat()


def number(value: float | None) -> float:
    """The value, or `NO_VALUE` where there is none, in the parameter's unit.

    Parameters
    ----------
    value
        A number in any unit, or none.
    """
    return NO_VALUE if value is None or not math.isfinite(value) else float(value)

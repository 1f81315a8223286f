"""What was judged and not found is named in one line and is on no page as a level."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from collector.store.advice import outlook as outlook_store
from collector.store.advice import risk
from field_configs.load import load
from field_configs.words import Words
from models.hazards.catalogue import catalogue, unlevelled
from models.risk.hazard import CANNOT_SAY, HIGH, NO_RISK

LEVELS = sorted(set(catalogue()) - unlevelled())
#: Colour, shape and word of the level, in both languages.
MARKS = re.compile(r"is-no_risk|#[so]-no_risk|No risk now|no risk now|暂无风险")
DAY = "/v/qf-liuge?day=2016-05-08"
PAGES = ("/v/qf-liuge", DAY, "/v/qf-liuge/details", "/v/qf-liuge.txt")
LINE = {"zh": "按当天数据看过，还没苗头的：", "en": "Checked by the day&#39;s data, no sign of: "}


def answers(seed, codes):
    """Every hazard of every crop in two fields, quiet but for those with another code."""
    crops = load(site=None).crops
    reasons = Words.load("zh_CN")
    found = []
    for crop, kind in crops.items():
        for hazard in (h for h in catalogue().values() if crop in h.crops):
            code = codes.get(hazard.id, NO_RISK)
            text = reasons.raw(f"hazard.{hazard.id}.reason.no_risk")
            terms = re.findall(r"\{(\w+)", text)
            base = seed.status("qf-liuge-1", "wheat_fhb", code, stage_bbch=kind.stages[1].bbch)
            missing = ("relative_humidity",) if code == CANNOT_SAY else ()
            one = replace(
                base,
                crop=crop,
                hazard=hazard.id,
                drivers=dict.fromkeys(terms, 1.0),
                missing=missing,
            )
            found += [one, replace(one, site="qf-liuge-2", status=NO_RISK, missing=())]
    return found


@pytest.fixture
def village(empty_app, seed, monkeypatch):
    """Fill the village with answers and a forecast like them; give a reader."""

    def fill(codes=(), ahead=True):
        said = answers(seed, dict(codes))
        monkeypatch.setattr(seed, "answers", list)
        with empty_app.pool.connection() as conn:
            seed.fill(conn)
            risk.save_statuses(conn, said, seed.NOW)
            calm = [replace(e, status=NO_RISK, missing=(), source="forecast") for e in said]
            coming = [
                replace(each, time=each.time + timedelta(days=n)) for each in calm for n in (1, 2)
            ]
            issued = dict.fromkeys(("qf-liuge-1", "qf-liuge-2"), seed.NOW)
            outlook_store.replace_outlook(conn, coming if ahead else [], issued, seed.NOW)
        return empty_app.test_client()

    return fill


def text_of(client, path, lang):
    page = client.get(path, query_string={"lang": lang} if "?" not in path else None)
    if "?" in path:
        page = client.get(f"{path}&lang={lang}")
    assert page.status_code == 200, path
    return page.get_data(as_text=True)


def of_hazards(page):
    """The page but for its headline, which is of the village, and its devices, which work."""
    return re.sub(r'<section class="(top-line|section at-nodes).*?</section>', "", page, flags=re.S)


def name_of(hazard, lang):
    name = Words.load({"zh": "zh_CN", "en": "en"}[lang]).raw(f"hazard.{hazard}.name")
    return name[:1].upper() + name[1:]


def lines(page, lang):
    return [line.split("<")[0] for line in page.split(LINE[lang])[1:]]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_whole_catalogue_at_no_risk_shows_no_level(village, path, lang):
    page = of_hazards(text_of(village(), path, lang))
    assert MARKS.findall(page) == []
    if not path.endswith(".txt"):
        named = "".join(lines(page, lang))
        assert [hazard for hazard in LEVELS if name_of(hazard, lang) not in named] == []
        assert [h for h in unlevelled() if f"{name_of(h, lang)}；" in named] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_village_page_has_one_line_and_the_details_one_for_each_crop(village, lang):
    client = village()
    assert len(lines(text_of(client, "/v/qf-liuge", lang), lang)) == 1
    details = text_of(client, "/v/qf-liuge/details", lang)
    assert len(lines(details, lang)) == len(load(site=None).crops)
    assert details.count('class="facts"') >= len(LEVELS), "what it rests on stays readable"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_warns_or_cannot_be_judged_is_not_in_the_line(village, lang):
    client = village({"wheat_fhb": HIGH, "wheat_leaf_rust": CANNOT_SAY})
    page = text_of(client, "/v/qf-liuge", lang)
    (line,) = lines(page, lang)
    for hazard in ("wheat_fhb", "wheat_leaf_rust"):
        assert name_of(hazard, lang) not in line
        assert name_of(hazard, lang) in page, "named with what is missing"
    assert ("空气湿度" if lang == "zh" else "air humidity") in page
    details = text_of(client, "/v/qf-liuge/details", lang)
    assert MARKS.findall(of_hazards(details)) == [], "the other field is quiet"
    assert {"high", "cannot_say"} <= set(re.findall(r"status is-(\w+)", details))


def test_what_the_devices_of_yesterday_say_is_no_all_clear(village, seed):
    client = village(ahead=False)
    client.application.clock.at = seed.NOW + timedelta(hours=26)
    assert lines(text_of(client, "/v/qf-liuge", "zh"), "zh") == []

"""Rules asked through the engine against a plain reading of their sources, hour by hour.

Each function below is the rule as its source says it, with the source's numbers as literals, and
shares nothing with the hazard: it takes all hours of one site, oldest first, in degC, %, mm, m s-1
and m3 m-3, and gives the status or the score of the last day. The weather is made up, near the
rule's limits.
"""

from datetime import date, timedelta

import numpy as np
import pytest

from field_configs.load import load
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import begin, walk
from models.risk.hazard import HIGH, MEDIUM, NO_RISK
from models.weather.dataset import dataset
from models.weather.local_days import midnight

CROPS = load(site=None).crops
FIRST, DAYS, SITES = date(2016, 5, 1), 17, 150


def weather(seed, heat, damp, swing):
    """Hours around a mean temperature and humidity, measured to a tenth and a per cent."""
    random = np.random.default_rng(seed)
    n = 24 * DAYS
    clock = np.arange(n) % 24
    warmer, damper = (np.repeat(random.normal(0, s, DAYS), 24) for s in (3, 7))
    wave = random.uniform(*swing) * np.sin((clock - 9) / 24 * 2 * np.pi)
    humidity = damp + damper - 3 * wave + random.normal(0, 2, n)
    rain = np.where(random.random(n) < 0.15, random.exponential(1.5, n), 0)
    moisture = np.repeat(np.clip(0.3 + np.cumsum(random.normal(0, 0.04, DAYS)), 0.1, 0.46), 24)
    return {
        "air_temperature": (heat + warmer + wave + random.normal(0, 0.7, n)).round(1),
        "relative_humidity": np.clip(humidity, 5, 100).round(0),
        "precipitation_amount": rain.round(1),
        "wind_speed": random.gamma(2, 1.5, n).round(1),
        "soil_moisture": moisture.round(3),
    }


def answer(name, made):
    """Scores and statuses of the last day, at a stage in the middle of those asked about."""
    hazard = catalogue()[name]
    crop, (low, high) = next(iter(hazard.crops.items()))
    seen = tuple((FIRST + timedelta(days=d), (low + high) // 2) for d in range(DAYS))
    sown = FIRST + timedelta(days=DAYS - CROPS[crop].longest_days)
    sites = [str(n) for n in range(len(made))]
    rows = tuple(SiteSeason(site, crop, sown, None, None, seen) for site in sites)
    times = [midnight(FIRST) + timedelta(hours=h) for h in range(24 * DAYS)]
    columns = {name: np.stack([hours[name] for hours in made], axis=1) for name in made[0]}
    data = dataset(times, sites, columns)
    ((last,),) = list(walk(begin(data, Seasons(rows, CROPS), [hazard]), data))[-1:]
    return last.score.tolist(), last.status.tolist()


def of(hours, *names):
    short = {"t": "air_temperature", "rh": "relative_humidity", "rain": "precipitation_amount"}
    return [hours[short[name]] for name in names]


def days(values, n):
    return values.reshape(-1, 24)[-n:]


def nights(hours, n, *names):
    """The last n spans from noon to noon, each a tuple of arrays."""
    for back in range(n):
        end = 24 * DAYS - 24 * back - 12
        yield tuple(values[end - 24 : end] for values in of(hours, *names))


def spells(going):
    """First hour and length of each unbroken run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], going.astype(int), [0]])))
    return [(int(a), int(b - a)) for a, b in edges.reshape(-1, 2)]


def graded(value, medium, high):
    return HIGH if value >= high else MEDIUM if value >= medium else NO_RISK


def smith(hours):
    """Two days of at least 10 degC, each with eleven hours of 90 %; ten are a near miss."""
    t, rh = (days(values, 2) for values in of(hours, "t", "rh"))
    return graded(min((rh >= 90).sum(axis=1) * (t.min(axis=1) >= 10)), 10, 11)


def hutton(hours):
    """Two days of at least 10 degC, each with six hours of 90 %; one is half of it."""
    t, rh = (days(values, 2) for values in of(hours, "t", "rh"))
    return graded((((rh >= 90).sum(axis=1) >= 6) & (t.min(axis=1) >= 10)).sum(), 1, 2)


def wallin(hours):
    """Severity values of 14 nights; the season's total counts as reached."""
    total = 0
    for t, rh in nights(hours, 14, "t", "rh"):
        humid = rh >= 90
        warm = round(float(t[humid].mean()), 1) if humid.any() else 0
        steps = (15, 18, 21) if 7.2 <= warm <= 11.6 else ()
        steps = (12, 15, 18, 21) if 11.7 <= warm <= 15.0 else steps
        steps = (9, 12, 15, 18) if 15.1 <= warm <= 26.6 else steps
        total += sum(humid.sum() > step for step in steps)
    return graded(total, 3, 14)


def grey_mould(hours):
    """More than 7 h wet a day and more than 9.5 h of 9-21 degC from 18:00 to 08:00, of a week."""
    t, rh = of(hours, "t", "rh")
    wet = (days(rh, 7) >= 90).sum() / 7
    ends = [24 * (DAYS - back) - 16 for back in range(7)]
    night = sum(((t[e - 14 : e] >= 9) & (t[e - 14 : e] <= 21)).sum() for e in ends) / 7
    near = wet >= 0.8 * 7 and night >= 0.8 * 9.5
    return HIGH if wet > 7 and night > 9.5 else MEDIUM if near else NO_RISK


def downy_mildew(hours):
    """Days with a range of at most 5 degC, 80 % and 15-25 degC on the mean, of three."""
    t, rh = (days(values, 3) for values in of(hours, "t", "rh"))
    warm, narrow = t.mean(axis=1), t.max(axis=1) - t.min(axis=1) <= 5
    return graded((narrow & (rh.mean(axis=1) >= 80) & (warm >= 15) & (warm <= 25)).sum(), 1, 2)


def waterlogging(hours):
    """Three days running with less than 5 % of air below a saturation of 46 %; one, or nearly."""
    run = 0
    means = [round(float(x), 9) for x in days(hours["soil_moisture"], 3).mean(axis=1)]
    for moisture in means:
        run = run + 1 if moisture >= 0.41 else 0
    return HIGH if run == 3 else MEDIUM if means[-1] >= 0.40 else NO_RISK


def dry_hot_wind(hours):
    """Light 32 degC, 30 %, 3 m/s; severe 35, 25, 3; wind of 2 m times 1/0.748; of three days."""
    t, rh = (days(values, 3) for values in of(hours, "t", "rh"))
    wind = days(hours["wind_speed"], 3)[:, 14] / 0.748
    hot, dry = t.max(axis=1), rh[:, 14]
    severe = (hot >= 35) & (dry <= 25) & (wind >= 3)
    light = (hot >= 32) & (dry <= 30) & (wind >= 3) & ~severe
    return graded(35 * light.sum() + 65 * severe.sum(), 35, 65)


def garlic_rust(hours):
    """Nights of nine with the fourth hour running of 97 % at 5-25 degC, or four since noon."""
    t, rh = of(hours, "t", "rh")
    return graded(hits((rh >= 97) & (t >= 5) & (t <= 25), np.ones(len(t)), 4, 9), 1, 3)


def leaf_rust(hours):
    """Nights of ten in which a wet spell of 5-30 degC reaches 90 degC h, mirrored above 22.5."""
    t, rh, rain = of(hours, "t", "rh", "rain")
    wet = ((rh >= 90) | (rain >= 0.1)) & (t > 5) & (t < 30)
    return hits(wet, np.where(t <= 22.5, t, 45 - t), 90, 10)


def hits(going, gain, needed, of_nights):
    """Nights in which a spell reaches the sum for the first time, or once more since noon."""
    found = set()
    for begins, length in spells(going):
        sums = np.cumsum(gain[begins : begins + length])
        reached = np.flatnonzero(sums >= needed)
        if len(reached):
            found.add((begins + int(reached[0]) + 12) // 24)
        for noon in range(begins - (begins - 12) % 24 + 24, begins + length, 24):
            if gain[noon : min(begins + length, noon + 24)].sum() >= needed:
                found.add((noon + 12) // 24)
    return len([n for n in found if DAYS - of_nights <= n < DAYS])


def stripe_rust(hours):
    """Hours above 92 % at 4-16 degC without rain, from the fourth running on, of ten days [%]."""
    t, rh, rain = of(hours, "t", "rh", "rain")
    counted = np.zeros(len(t))
    for begins, length in spells((rh > 92) & (t > 4) & (t < 16) & (rain <= 0.1)):
        if length >= 4:
            counted[begins + 3] += 4
            counted[begins + 4 : begins + length] += 1
    return 100 * counted[-240:].sum() / 240


def grey_leaf_spot(hours):
    """Hours of 22-30 degC and 95 % in ten days."""
    t, rh = (values[-240:] for values in of(hours, "t", "rh"))
    return float(((t >= 22) & (t <= 30) & (rh >= 95)).sum())


def degree_days(base, constant, top, n):
    """Share of a life that n days bring above a base, cut off at a top."""

    def share(hours):
        air = hours["air_temperature"][-24 * n :]
        return (np.clip(air, base, top) - base).sum() / 24 / constant

    return share


def padi(hours):
    """Generations in ten days above 5.61 degC (92 degC d), falling from 25 to none at 30."""
    air = hours["air_temperature"][-240:]
    rate = np.maximum(np.minimum(air, 25) - 5.61, 0) / 92 * np.clip((30 - air) / 5, 0, 1)
    return rate.sum() / 24


def drought(hours):
    """1 - Ks of FAO-56 for wheat (p .55) in a loam between 15 % and 31 %, mean of two days."""
    gone = (0.31 - hours["soil_moisture"][-48:].mean()) / (0.31 - 0.15)
    return 1 - (1 - gone) / (1 - 0.55)


CLASSES = [
    ("tomato_late_blight_smith", smith, (14, 90, (1, 4))),
    ("tomato_late_blight_hutton", hutton, (14, 88, (1, 4))),
    ("tomato_late_blight_wallin", wallin, (15, 82, (2, 7))),
    ("tomato_grey_mould", grey_mould, (17, 78, (2, 7))),
    ("cucumber_downy_mildew", downy_mildew, (19, 83, (0.5, 2))),
    ("soil_waterlogging", waterlogging, (15, 60, (2, 7))),
    ("wheat_dry_hot_wind", dry_hot_wind, (28, 32, (3, 7))),
    ("garlic_rust", garlic_rust, (15, 85, (0.2, 1))),
]
SCORES = [
    ("wheat_leaf_rust", leaf_rust, (14, 84, (0.2, 2))),
    ("wheat_stripe_rust_rule", stripe_rust, (11, 86, (2, 7))),
    ("maize_grey_leaf_spot", grey_leaf_spot, (24, 90, (2, 7))),
    ("maize_fall_armyworm", degree_days(11.10, 211.93, 30, 10), (25, 70, (2, 7))),
    ("cucumber_spider_mite", degree_days(10.32, 148.7, 35, 14), (24, 70, (2, 9))),
    ("tomato_whitefly", degree_days(10.1, 351, 35, 14), (24, 70, (2, 9))),
    ("garlic_thrips", degree_days(8.1, 221, 30, 10), (22, 70, (2, 9))),
    ("wheat_bird_cherry_oat_aphid", padi, (20, 60, (2, 9))),
    ("soil_drought", drought, (15, 60, (2, 7))),
]


@pytest.mark.parametrize(("name", "rule", "near"), CLASSES, ids=[c[0] for c in CLASSES])
def test_the_class_is_that_of_the_source(name, rule, near):
    made = [weather(seed, *near) for seed in range(SITES)]
    wanted = [rule(hours) for hours in made]
    assert answer(name, made)[1] == wanted
    assert len(set(wanted)) > 1, "weather on both sides of a limit"


@pytest.mark.parametrize(("name", "rule", "near"), SCORES, ids=[c[0] for c in SCORES])
def test_the_score_is_that_of_the_source(name, rule, near):
    made = [weather(seed, *near) for seed in range(SITES)]
    wanted = [rule(hours) for hours in made]
    assert answer(name, made)[0] == pytest.approx(wanted)
    assert len(set(wanted)) > 3

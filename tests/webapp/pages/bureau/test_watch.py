"""What an officer keeps an eye on."""

from datetime import timedelta

from collector.store import people
from collector.store.advice import replies
from tests.webapp.pages.bureau.test_region import page, said, world  # noqa: F401 - a fixture
from tests.webapp.people import client_of


def rows(shown, id_):
    """Texts of the rows of a table, by its heading."""
    if f'aria-labelledby="{id_}"' not in shown:
        return []
    body = shown.split(f'<h2 id="{id_}">')[1].split("<tbody>")[1].split("</tbody>")[0]
    return [row for row in body.split("<tr>") if row.strip()]


def test_what_rises_holes_and_silence_are_told(world, conn, seed):  # noqa: F811
    shown = page(client_of(world, "officer"), "/watch?lang=en")
    rising = rows(shown, "rising")
    # nothing is known of a week ago; scab threatens more land tomorrow than it did yesterday
    assert len(rising) == 1
    assert "wheat_fhb~winter_wheat" in rising[0]
    counties = rows(shown, "counties")
    assert "Qingfeng" in counties[0]
    assert len(counties) == 8
    assert not rows(shown, "holes")  # each demo village has a node
    assert len(rows(shown, "silent")) == 3  # none of which was ever heard
    assert "Nobody has answered any advice" in shown
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE node SET last_seen = %s", (seed.NOW,))
        cur.execute(
            "INSERT INTO village (id, zh, en, county, township, position) VALUES "
            "('bare', '空村', 'Bare', '410922', '410922102', 'unknown')"
        )
    shown = page(client_of(world, "officer"), "/watch?lang=en")
    assert not rows(shown, "silent")
    assert len(rows(shown, "holes")) == 1


def test_the_newest_answer_of_each_counts_within_ones_reach(world, conn, seed):  # noqa: F811
    person = people.add(conn, "甲", seed.NOW, username="jia")
    about = ("winter_wheat", "wheat_fhb", seed.NOW)
    for days, done in ((0, False), (-1, True), (-40, False)):
        at = seed.NOW + timedelta(days=days)
        replies.put(conn, "qf-liuge-1", about, person.id, done=done, note="", at=at)
    conn.commit()
    (row,) = rows(page(client_of(world, "officer"), "/watch"), "answers")
    assert '<td class="num">1</td><td class="num">0</td>' in row
    other = client_of(world, "officer", "county", "410928")
    assert not rows(page(other, "/watch"), "answers")

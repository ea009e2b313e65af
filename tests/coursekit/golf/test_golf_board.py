"""Who ranks where, and what the pages say of it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from coursekit.golf.board import Row, append_played, board, read_played, table
from coursekit.golf.entry import Entry
from coursekit.golf.page import _DARK, page, plot, write_page
from coursekit.golf.play import Played

SEEDS = (1, 2, 3)


def entry(name: str, claim: float, team: str = "", source: bytes = b"") -> Entry:
    return Entry(name, claim, False, source or name.encode(), team)


def games(*bits: float, learning: float = 10.0, scoring: float = 5.0) -> dict[int, Played]:
    return {
        seed: Played(seed, value, learning, scoring, 1000 * seed)
        for seed, value in enumerate(bits, start=1)
    }


def ranked() -> list[Row]:
    fast, slow = entry("fast", 1.9, "blue"), entry("slow & <good>", 1.6, "red")
    worse, wrong = entry("worse", 1.95, "green"), entry("wrong", 1.5, "pink")
    played = {
        fast.digest: games(1.9, 1.91, 1.92, learning=4),
        slow.digest: games(1.6, 1.6, 1.6, learning=50),
        worse.digest: games(1.95, 1.95, 1.95, learning=20),
        wrong.digest: games(1.8, 1.8, 1.8),
    }
    return board([worse, wrong, fast, slow], played, SEEDS, {"grey": "golf/entry.py: is no Python"})


def test_the_fewest_bits_are_first():
    rows = ranked()
    assert [(row.rank, row.name) for row in rows] == [
        (1, "slow & <good>"), (2, "fast"), (3, "worse"), (0, "grey"), (0, "wrong"),
    ]  # fmt: skip
    assert rows[1].bits == 1.91
    assert round(rows[1].spread, 6) == 0.02
    assert rows[1].artefact_bytes == 3000


def test_the_frontier_is_who_nobody_beats_in_as_little_time():
    assert {row.name for row in ranked() if row.frontier} == {"slow & <good>", "fast"}


def test_a_claim_that_does_not_come_out_is_not_ranked():
    wrong = ranked()[-1]
    assert (wrong.tier, wrong.rank) == ("differs", 0)
    assert wrong.reason == "claims 1.5: 1.8 came out instead of 1.5"


def test_a_claim_may_be_too_modest_but_not_too_bold():
    """Within 2 % nobody is blamed for a slower machine; whoever is better than claimed ranks."""
    bold, near, modest = entry("bold", 1.55), entry("near", 1.58), entry("modest", 2.0)
    played = {one.digest: games(1.6, 1.6, 1.6) for one in (bold, near, modest)}
    tiers = {row.name: row.tier for row in board([bold, near, modest], played, SEEDS)}
    assert tiers == {"bold": "differs", "near": "reproduced", "modest": "reproduced"}


def test_the_same_figure_shares_a_rank():
    """1.6001 and 1.6004 are both shown as 1.600."""
    one, two, three = entry("one", 1.6), entry("two", 1.6), entry("three", 1.7)
    played = {
        one.digest: games(*[1.6004] * 3, learning=1),
        two.digest: games(*[1.6001] * 3, learning=2),
        three.digest: games(*[1.7] * 3),
    }
    rows = board([three, two, one], played, SEEDS)
    assert [(row.rank, row.name) for row in rows] == [(1, "one"), (1, "two"), (3, "three")]


def test_a_seed_that_failed_or_lacks_leaves_an_entry_unranked():
    one, two = entry("one", 1.6, "blue"), entry("two", 1.6, "red")
    failed = games(1.6, 1.6, 1.6) | {2: Played(2, failed="learning: \x1bboom")}
    rows = board([one, two], {one.digest: failed, two.digest: games(1.6)}, SEEDS)
    assert [(row.tier, row.reason) for row in rows] == [
        ("measured", "seed 2: learning: boom"),
        ("measured", "1 of 3 seeds were played"),
    ]


def test_what_was_played_is_remembered_for_this_game_alone(tmp_path):
    """Another text or another torch is another game; damaged lines are passed over."""
    log, one = tmp_path / "golf.jsonl", entry("one", 1.6)
    played = Played(2, 1.61, 5.5, 3.25, 77, "", "Linux")
    append_played(log, one, "g1", played)
    with log.open("a", encoding="utf-8") as file:
        file.write('{"game": "g1", "entry": "x", "seed": 1, "bits": "nan"}\n{"half')
    append_played(log, one, "g2", Played(1, 9.0))
    assert read_played(log, "g1") == {one.digest: {2: played}}


def test_the_table_says_what_is_ranked_and_why_the_rest_is_not():
    lines = table(ranked())
    assert lines[1] == "   1   1.600   0.000   50.0 + 5.0       3 kB  no      slow & <good> (red) *"
    assert lines[4] == "   –  measured: grey: golf/entry.py: is no Python"
    assert lines[-1] == "* on the frontier: no entry is better in as little time"


def test_the_page_escapes_and_orders():
    text = page("Course <1>", ranked())
    assert "<title>CPU golf – Course &lt;1&gt;</title>" in text
    assert "<strong>slow &amp; &lt;good&gt;</strong></td><td>red</td>" in text
    assert text.index("slow &amp;") < text.index("<strong>fast") < text.index("worse")
    assert "<li>wrong (pink): differs; claims 1.5: 1.8 came out instead of 1.5</li>" in text


def test_the_plot_draws_each_ranked_entry_where_it_belongs():
    """More CPU-seconds to the right, fewer bits further down; the frontier joins two points."""
    root = ET.fromstring(plot(ranked(), _DARK))
    circles = [one for one in root.iter() if one.tag.endswith("circle")]
    slow, fast, worse = [(float(c.get("cx")), float(c.get("cy"))) for c in circles]
    assert fast[0] < worse[0] < slow[0]
    assert worse[1] < fast[1] < slow[1]
    (line,) = [p.get("d") for p in root.iter() if p.get("stroke-dasharray")]
    numbers = [float(n) for n in re.findall(r"[\d.]+", line)]
    assert numbers[:4] == [*fast, *slow]


def test_both_pictures_and_the_page_are_written(tmp_path):
    write_page(tmp_path, "Course", [])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "frontier-dark.svg", "frontier-light.svg", "index.html",
    ]  # fmt: skip

"""Cue words: the patterns of both languages, how they are tried, and their cost."""

from __future__ import annotations

import json
import re
import time

import pytest

from litreview.abstracts import cues
from litreview.abstracts.choice import WEIGHTS

LANGUAGES = ("english", "german")


@pytest.mark.parametrize(
    ("sentence", "present", "absent"),
    [
        ("In this paper we propose a parser.", {"self", "we_new"}, {"we_find", "outlook"}),
        ("In an earlier paper we described a parser.", {"earlier_work"}, {"self"}),
        ("The aim of this study was to count moths.", {"goal"}, {"we_find"}),
        ("Researchers actively try to save energy.", set(), {"goal"}),
        ("In order to save energy, makers use small cells.", set(), {"goal"}),
        ("We study this problem for small graphs.", {"points_back"}, {"we_find"}),
        ("We address this problem by sampling twice.", {"we_new"}, {"points_back"}),
        ("Our results show that it works.", {"results_show"}, {"outlook"}),
        ("We report on three surveys of moths.", {"we_new"}, {"we_find"}),
        ("We report that moths are rare.", {"we_find"}, set()),
        ("We conclude by naming open questions.", {"outlook"}, {"we_find"}),
        ("This study yields detailed insights into moths.", {"implication"}, {"better"}),
        ("Moths were caught using light traps.", {"done", "means"}, {"we_find"}),
        ("Losses fell by 12% (p < 0.01).", {"figure", "number"}, {"implication"}),
        ("This paves the way for new lamps.", {"outlook", "hanging"}, {"figure"}),
        ("The eﬀect is signiﬁcant.", {"quality"}, set()),
    ],
)
def test_cues_of_an_english_sentence(sentence, present, absent):
    """Each says one thing about the sentence's part in the text."""
    found = cues.load_cues("english").find(sentence)
    assert present <= found
    assert not absent & found


@pytest.mark.parametrize(
    ("sentence", "present"),
    [
        ("Diese Arbeit untersucht Falter im Garten.", {"self_aims"}),
        ("Ziel ist es, Falter zu zählen.", {"goal"}),
        ("Dazu wurden Falter mit Lichtfallen gesammelt.", {"done", "hanging"}),
        ("Die Ergebnisse zeigen, dass Falter seltener sind.", {"results_show"}),
        ("Künftig sollten weitere Gärten untersucht werden.", {"outlook", "implication"}),
    ],
)
def test_cues_of_a_german_sentence(sentence, present):
    """The names are the same, so that the weights are, too."""
    assert present <= cues.load_cues("german").find(sentence)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_filter_loses_nothing(data_dir, language):
    """Trying each pattern only where its words stand finds what searching with all finds."""
    lines = (data_dir / "csabstruct" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    lines += (data_dir / "drafts" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    known = cues.load_cues(language)
    patterns = [(cue.name, re.compile(cue.pattern, re.VERBOSE)) for cue in known.cues]
    for sentence in (s for line in lines for s in json.loads(line)["sentences"]):
        text = cues.plain(sentence)
        wanted = {name for name, pattern in patterns if pattern.search(text)}
        assert known.find(sentence) == wanted, sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cue_counts_for_something(language):
    """A cue without a weight would be dead; one only takes part in the name "test_only"."""
    weighed = {name for weights in WEIGHTS.values() for name in weights}
    assert {cue.name for cue in cues.load_cues(language).cues} - weighed <= {"demonstrates_on"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "piece",
    [
        "we ",
        "this study ",
        "results ",
        "the aim of this ",
        "a ",
        "is a ",
        "x-",
        "(",
        "1 ",
        "werden ",
        "die arbeit ",
    ],
)
def test_the_worst_sentence_is_read_in_bounded_time(language, piece):
    """A hostile abstract of one sentence costs no more than a page of prose."""
    sentence = (piece * 100_000)[:100_000]
    known = cues.load_cues(language)
    begin = time.process_time()
    known.find(sentence)
    assert time.process_time() - begin < 1.0

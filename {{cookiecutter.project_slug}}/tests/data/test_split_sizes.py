"""How many examples go where: the sizes of all parts, and every sentence that is said."""

from __future__ import annotations

import pytest

from baseline.data import alike, splits, targets
from baseline.data.examples import SPLITS, Example


def text(number):
    return f"text {number} about {number * 7} {number * 11} {number * 13} things"


def examples(count, label="a", first=0, group=""):
    return [Example(text(n), label, group=group) for n in range(first, first + count)]


def sizes(done):
    return tuple(len(done.parts[split]) for split in SPLITS)


def test_a_place_depends_on_the_key_alone():
    """Else the test part of yesterday would be in the training data of today."""
    assert splits.place("") == 0.8894159948913374
    assert splits.place("a") == 0.7913742705223816


@pytest.mark.parametrize(
    ("shares", "parts"),
    [
        ((0.1, 0.1), ("bervwzmokqyhlagit", "supjd", "nfxc")),
        ((0.3, 0.2), ("kqyhlagit", "supjdnfxcberv", "wzmo")),
    ],
)
def test_items_are_dealt_out_by_their_keys(shares, parts):
    found = splits.split_by_key([(c, c) for c in "abcdefghijklmnopqrstuvwxyz"], shares)
    assert tuple("".join(part) for part in found) == parts


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 0, 0)), (2, (2, 0, 0)), (3, (1, 1, 1)), (4, (2, 1, 1)), (10, (8, 1, 1)),
     (14, (12, 1, 1)), (16, (12, 2, 2)), (30, (24, 3, 3))],
)  # fmt: skip
def test_a_tenth_is_held_back_and_at_least_one(count, expected):
    done = splits.deal({"train": examples(count)})
    assert (sizes(done), done.report) == (expected, ())


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (14, (12, 1, 1)), (16, (12, 2, 2))],
)
def test_of_one_text_the_end_is_held_back(count, expected):
    done = splits.deal_in_order({"train": examples(count)})
    assert sizes(done) == expected
    order = [example.text for split in SPLITS for example in done.parts[split]]
    assert order == [text(n) for n in range(count)]


def test_of_one_text_only_what_is_missing_is_held_back():
    done = splits.deal_in_order({"train": examples(20), "test": examples(3, first=50)})
    assert sizes(done) == (18, 2, 3)
    assert done.parts["test"] == tuple(examples(3, first=50))


BY_GROUP = "split by group: {} of them, each on one side"


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ((10, 10, 10), [(10,), (10,), (10,)]),
        ((5, 5, 20), [(20,), (5,), (5,)]),
        ((1, 1, 28), [(28,), (1,), (1,)]),
        ((1, 1, 1, 27), [(27,), (1,), (1, 1)]),
        ((3,) * 10, [(3,) * 8, (3,), (3,)]),
        ((7,) + (2,) * 12, None),
    ],
)
def test_whole_groups_are_held_back_and_no_part_stays_empty(groups, expected):
    """Large groups stay in training; where all are large, the smallest are taken."""
    rows = [
        example
        for place, count in enumerate(groups)
        for example in examples(count, first=100 * place, group=f"g{place}")
    ]
    done = splits.deal({"train": rows})
    names = [[example.group for example in done.parts[split]] for split in SPLITS]
    found = [tuple(sorted(map(part.count, set(part)))) for part in names]
    if expected:
        assert found == expected
    else:  # more than twice the quota of three at once would be too much
        assert 7 in found[0]
        assert (sum(found[1]), sum(found[2])) == (4, 4)
    assert done.report == (BY_GROUP.format(len(groups)),)


def test_one_group_alone_is_dealt_out_with_a_warning():
    done = splits.deal({"train": examples(30, group="g")})
    assert sizes(done) == (24, 3, 3)
    assert done.report == (
        "there are only 1 independent texts, so the same ones stand on both sides: no figure "
        "means anything",
        BY_GROUP.format(1),
    )


def test_rare_labels_stay_in_training_and_five_are_named():
    rows = [*examples(20), *examples(10, "b", 30), *examples(2, "c", 50)]
    rows += [example for n, label in enumerate("defgh") for example in examples(1, label, 60 + n)]
    done = splits.deal({"train": rows}, strata=targets.label_strata)
    assert [[e.target for e in done.parts[s]].count(c) for s in SPLITS for c in "abc"] == [
        16, 8, 2, 2, 1, 0, 2, 1, 0,
    ]  # fmt: skip
    assert done.report == (
        "labels with fewer than 3 independent texts stay in training and are not measured: "
        "'c' (2), 'd' (1), 'e' (1), 'f' (1), 'g' (1) and 1 more",
    )
    assert sizes(splits.deal({"train": rows})) == (29, 4, 4)
    five = splits.deal({"train": rows[:-1]}, strata=targets.label_strata)
    assert five.report[0].endswith(": 'c' (2), 'd' (1), 'e' (1), 'f' (1), 'g' (1)")


def test_a_label_that_leads_in_few_groups_is_dealt_out_with_the_most_common_one():
    """It stands beside others as well, so it can be measured and is not called rare."""
    rows = []
    for number in range(12):
        labels = "ccb" if number == 0 else "bbc" if number < 4 else "aac"
        for place, label in enumerate(labels):
            rows += examples(1, label, 100 * number + place, f"g{number}")
    done = splits.deal({"train": rows}, strata=targets.label_strata)
    assert done.report == (BY_GROUP.format(12),)
    assert sizes(done) == (24, 6, 6)


def test_what_stands_in_a_given_part_leaves_those_before_it():
    test = [Example(text(0), "b"), *examples(1, first=1), *examples(1, first=50)]
    validation = [*examples(1, first=2), *examples(1), *examples(1, first=60)]
    done = splits.deal({"train": examples(20), "validation": validation, "test": test})
    assert sizes(done) == (17, 2, 3)
    alike_how = "(case, spaces and punctuation aside, or nearly equal)"
    assert done.report == (
        f"1 of 3 test texts are also in the validation data {alike_how}, 1 of them with another "
        "answer: 1 moved out of validation",
        f"2 of 3 test texts are also in the training data {alike_how}, 1 of them with another "
        "answer: 2 moved out of training",
        f"1 of 3 validation texts are also in the training data {alike_how}: 1 moved out of "
        "training",
    )


@pytest.mark.parametrize(
    ("count", "expected"), [(10, (6, 2, 2)), (14, (10, 2, 2)), (15, (11, 2, 2)), (30, (22, 4, 4))]
)
def test_a_stored_split_stays_and_new_texts_are_dealt_out_beside_it(count, expected):
    stored = {
        alike.key(text(n)): ("test", "validation", "train")[min(n // 2, 2)] for n in range(10)
    }
    done = splits.deal({"train": examples(count)}, stored=stored)
    assert sizes(done) == expected
    assert set(examples(2)) <= set(done.parts["test"])
    assert set(examples(2, first=2)) <= set(done.parts["validation"])
    assert set(examples(6, first=4)) <= set(done.parts["train"])


def test_beside_a_stored_split_nothing_new_is_kept_for_training():
    """It has its texts already, so both parts may have all that is new."""
    rows = examples(12)
    stored = {alike.key(text(n)): "train" for n in range(10)}
    done = splits.deal({"train": rows}, stored=stored, shares={"validation": 0.5, "test": 0.5})
    assert sizes(done) == (10, 1, 1)


def test_a_near_copy_joins_the_part_of_the_text_that_was_stored():
    """Else the copy would be learnt, and its original measured."""
    copy = Example(text(1) + " indeed", "a")
    done = splits.deal({"train": [*examples(10), copy]}, stored={alike.key(text(1)): "test"})
    assert copy in done.parts["test"]


@pytest.mark.parametrize(
    ("one", "other", "runs", "shared", "near"),
    [
        ("a b c d", "a b c d e", 0, 0, 0),
        ("a b c d e", "a b c d e f", 1, 1, 1),
        ("a b c d e f g h i", "a b c d e f g x y", 5, 3, 1),
        ("a b c d e f g h i j", "a b c d e f g x y z", 6, 3, 0),
        ("a b c d e f g h i j", "x a b c d e f g h z y w v", 6, 4, 1),
        ("一二三四五六", "一二三四五", 2, 1, 1),
        ("A, b. C!", "a , b . c", 2, 1, 1),
    ],
)
def test_texts_are_nearly_equal_from_three_fifths_of_their_runs_on(one, other, runs, shared, near):
    assert len(alike.runs_of_words(one)) == runs
    assert len(alike.runs_of_words(one) & alike.runs_of_words(other)) == shared
    equal = alike.plain(one) == alike.plain(other)
    assert alike.join_alike([one, other], near=False)[1] == equal
    units, repeated = alike.join_alike([one, other])
    assert (units.of(0) == units.of(1)) is bool(near)
    assert repeated == (1 if equal else near)


def test_chains_of_texts_and_groups_are_one_unit():
    units, repeated = alike.join_alike(
        ["a", "b", "A!", "c", "d", "e"], ["", "x", "x", "y", "y", ""]
    )
    assert [units.of(n) for n in range(6)] == [0, 0, 0, 3, 3, 5]
    assert repeated == 1

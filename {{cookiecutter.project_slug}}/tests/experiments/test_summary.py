"""The results summary: filled from measured results, and never over the team's words."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from baseline import cli
from baseline.experiments import summary
from baseline.experiments.results import Result

ROW = Result(
    task="ner",
    dataset="notes",
    split="test",
    metric="entity F1",
    value=0.5,
    higher_is_better=True,
    model="most frequent tag",
    family="count-based",
    role="baseline",
    run="20261101-120000-tags",
    seed=1,
    commit="abc1234",
    date="2026-11-01T12:00:00Z",
)
MODEL = replace(ROW, value=0.75, model="encoder", role="model", run="r2", date="2026-11-02")
README = """# Title

### Results Summary

- **Best Model:** [Which model was best?]
- **Evaluation Metric:** [Which metric?]
- **Result:** [What did it reach?]
- **Baseline Performance:**
- **Improvement Over Baseline:** [What is the difference?]
- **Model Limitations:** [What does the model get wrong?]

## Documentation
"""


def line(text: str, label: str) -> str:
    return next(row for row in text.splitlines() if f"**{label}" in row).split("**", 2)[2].strip()


def test_hints_are_replaced_by_what_was_measured() -> None:
    done = summary.fill(README, summary.summarize([ROW, MODEL], "ner"))

    assert line(done.text, "Best Model") == "encoder"
    assert line(done.text, "Evaluation Metric").startswith("entity F1 (higher is better) on notes")
    assert line(done.text, "Result") == "0.75 (run r2)"
    assert line(done.text, "Baseline Performance").startswith("0.5 (run 20261101-120000-tags)")
    assert line(done.text, "Improvement Over Baseline") == "+0.25 (+50.0%)"
    assert line(done.text, "Model Limitations") == "[What does the model get wrong?]"
    assert set(done.filled) == set(summary.LABELS)


def test_a_second_run_changes_nothing() -> None:
    values = summary.summarize([ROW, MODEL])
    once = summary.fill(README, values)

    again = summary.fill(once.text, values)

    assert again.text == once.text
    assert again.filled == ()


def test_a_newer_result_replaces_an_older_one_but_not_the_teams_words() -> None:
    text = summary.fill(README, summary.summarize([ROW, MODEL])).text
    text = text.replace("** encoder", "** Our encoder, 12 layers")
    better = replace(MODEL, value=0.875, run="r3", date="2026-11-03")

    done = summary.fill(text, summary.summarize([ROW, MODEL, better]))

    assert line(done.text, "Result") == "0.875 (run r3)"
    assert line(done.text, "Best Model") == "Our encoder, 12 layers"
    assert done.kept == ("Best Model",)


def test_what_cannot_be_told_yet_stays_a_question() -> None:
    """A half-filled summary must not look like a finished one."""
    alone = summary.fill(README, summary.summarize([MODEL]))
    assert line(alone.text, "Improvement Over Baseline") == "[What is the difference?]"

    both = summary.fill(alone.text, summary.summarize([ROW, MODEL]))
    assert line(both.text, "Improvement Over Baseline") == "+0.25 (+50.0%)"

    # A result that disappears for a while does not turn our own words into the team's.
    without = summary.fill(both.text, summary.summarize([MODEL]))
    again = summary.fill(without.text, summary.summarize([ROW, replace(MODEL, value=1.0)]))
    assert line(again.text, "Improvement Over Baseline") == "+0.5 (+100.0%)"
    assert again.kept == ()


def test_several_seeds_count_as_their_mean() -> None:
    seeds = [replace(MODEL, value=v, seed=s) for s, v in ((1, 0.7), (2, 0.8), (3, 0.75))]

    values = summary.summarize([ROW, *seeds])

    assert values["Result"] == "0.75 (mean of 3 seeds, 0.7 to 0.8)"
    assert values["Best Model"] == "encoder"


def test_a_baseline_that_is_still_the_best_is_said_to_be() -> None:
    worse = replace(MODEL, value=0.4)

    values = summary.summarize([ROW, worse])

    assert values["Best Model"] == "most frequent tag"
    assert values["Improvement Over Baseline"] == "none: the baseline is still the best"


def experiment(name: str, value: float, seed: int = 1, split: str = "validation", **changes):
    """A result of an experiment that has a name of its own."""
    return replace(
        MODEL,
        value=value,
        seed=seed,
        split=split,
        name=name,
        identity=name,
        run=f"{name}-{seed}",
        **changes,
    )


def test_a_try_out_does_not_replace_a_good_run() -> None:
    """Same model, same seed, other settings, later: another experiment, and a worse one."""
    good = experiment("sixty steps", 0.9, date="2026-11-02")
    short = experiment("three steps", 0.6, date="2026-11-03")

    values = summary.summarize([good, short])

    assert values["Best Model"] == "sixty steps"
    assert values["Result"] == "0.9 (run sixty steps-1); the test part is still sealed"
    assert values["Evaluation Metric"].endswith("validation split")


def test_different_settings_are_no_seeds_of_each_other() -> None:
    rows = [experiment("small", 0.7, 1), experiment("small", 0.7, 3), experiment("large", 0.8, 2)]

    values = summary.summarize(rows)

    assert values["Best Model"] == "large"
    assert "mean of" not in values["Result"]


def test_validation_decides_and_the_test_part_is_shown() -> None:
    """The experiment with the better test figure is not taken: nobody may choose by it."""
    rows = [
        experiment("chosen", 0.9),
        experiment("lucky", 0.8),
        experiment("chosen", 0.7, split="test", interval=(0.6, 0.8), openings=2),
        experiment("lucky", 0.95, split="test", interval=(0.9, 1.0), openings=2),
    ]

    values = summary.summarize(rows)

    assert values["Best Model"] == "chosen"
    assert values["Result"] == (
        "0.7 (run chosen-1; 95 % interval 0.6 to 0.8; test part opened 2 times)"
    )
    assert values["Evaluation Metric"].endswith("on notes, test split")


def test_a_baseline_is_compared_on_the_same_split() -> None:
    """A model's test figure beside a baseline's validation figure says nothing."""
    sealed = experiment("tags", 0.5, role="baseline")
    rows = [sealed, experiment("ours", 0.75), experiment("ours", 0.7, split="test")]

    alone = summary.summarize(rows)
    both = summary.summarize([*rows, replace(sealed, split="test", value=0.4)])

    assert "Baseline Performance" not in alone
    assert both["Baseline Performance"] == "0.4 (run tags-1), tags"
    assert both["Improvement Over Baseline"] == "+0.3 (+75.0%)"


def test_a_subset_of_the_data_does_not_win() -> None:
    easy = experiment("toy", 1.0, dataset="notes, at most 40 of each part", date="2026-12-01")

    assert summary.summarize([easy, experiment("ours", 0.7)])["Best Model"] == "ours"


def test_corrected_data_are_other_data() -> None:
    """A result on corrected data is no second seed of the one before."""
    before, after = experiment("a", 0.9, data="1"), experiment("b", 0.8, data="2", date="2027")

    assert summary.summarize([before, after])["Result"].startswith("0.8 (run b-1)")


def test_lower_can_be_better() -> None:
    bits = replace(ROW, metric="bits", higher_is_better=False, value=2.0)
    model = replace(MODEL, metric="bits", higher_is_better=False, value=1.5)

    values = summary.summarize([bits, model])

    assert values["Best Model"] == "encoder"
    assert values["Improvement Over Baseline"] == "-0.5 (-25.0%)"


def test_only_comparable_values_are_compared() -> None:
    """Another data set's figure may be higher and still say nothing."""
    elsewhere = replace(MODEL, dataset="easier notes", value=0.99)

    values = summary.summarize([elsewhere, ROW, MODEL], "ner")

    assert values["Result"] == "0.75 (run r2)"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_other_byte_stays(newline: str) -> None:
    text = README.replace("\n", newline)

    done = summary.fill(text, summary.summarize([ROW, MODEL]))

    kept = [row for row in done.text.split(newline) if row in text.split(newline)]
    assert [row for row in text.split(newline) if "[W" not in row and "Performance" not in row] == [
        row for row in kept if "[W" not in row
    ]
    assert ("\n" in done.text.replace("\r\n", "")) == (newline == "\n")


def test_a_model_name_cannot_smuggle_in_markup() -> None:
    hostile = replace(MODEL, model="<script>x</script>\n# Title [a](b)")

    done = summary.fill(README, summary.summarize([ROW, hostile]))

    assert "<script>" not in done.text.replace("\\<", "")
    assert done.text.count("\n# ") == 0


def test_without_results_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "README.md").write_bytes(README.encode())

    assert cli.main(["summary", "--root", str(tmp_path)]) == 0

    assert (tmp_path / "README.md").read_bytes() == README.encode()
    assert "nothing to fill in yet" in capsys.readouterr().out


def test_a_result_without_its_run_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(README.encode())
    rows = {"schema": 1, "results": [asdict(ROW), asdict(MODEL)]}
    (tmp_path / "results.json").write_text(json.dumps(rows), encoding="utf-8")
    run = tmp_path / "runs" / ROW.run / "run.json"
    run.parent.mkdir(parents=True)
    run.write_text("{}", encoding="utf-8")

    done = summary.update(tmp_path)

    assert line(done.text, "Best Model") == "most frequent tag"
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == done.text


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    test_a_result_without_its_run_is_not_used(tmp_path)
    (tmp_path / "README.md").write_bytes(README.encode())

    assert cli.main(["summary", "--dry-run", "--root", str(tmp_path)]) == 0

    assert "would fill Best Model" in capsys.readouterr().out
    assert (tmp_path / "README.md").read_bytes() == README.encode()


def test_a_missing_readme_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["summary", "--root", str(tmp_path)]) == 2
    assert "README.md: does not exist" in capsys.readouterr().err

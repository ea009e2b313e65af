"""Runs and results: every figure can be traced to what was run."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from baseline import config
from baseline.errors import BaselineError
from baseline.experiments import plots, results
from baseline.experiments.train import train
from baseline.training import runs


def silent(text, **options):
    pass


def count(root, *overrides):
    chosen = config.read_config(
        None,
        ["model.name=ngram", "project.task=translation", "data.max_examples=60", *overrides],
    )
    return train(chosen, root, silent)


@pytest.fixture
def repository(tmp_path):
    """A git repository with one commit."""
    for arguments in (
        ["init", "-q"],
        [
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.org",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "x",
        ],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return tmp_path


def test_a_run_says_what_was_run_on_what_and_what_came_out(repository):
    run = count(repository, "training.seed=5")
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.strip()
    about = json.loads((repository / "runs" / run.id / "run.json").read_text(encoding="utf-8"))
    assert about["commit"] == head
    assert about["uncommitted_changes"] is False
    assert (about["seed"], about["task"], about["role"]) == (5, "translation", "baseline")
    assert about["status"] == "finished"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", about["finished"])
    assert about["examples"] == {"train": 60, "validation": 60, "test": 60}
    assert about["environment"]["python"]
    assert about["parameters"] > 0
    assert set(about["results"]) == {"validation"}


def test_changed_files_are_noted(repository):
    """A commit that is not what was run must not be shown as if it were."""
    (repository / "model.py").write_text("x = 1\n", encoding="utf-8")
    assert count(repository).uncommitted_changes is True


def test_a_run_names_no_user_and_no_folder_of_this_computer(repository):
    """Runs are committed and published."""
    run = count(repository)
    for path in (repository / "runs" / run.id).rglob("*.*"):
        if path.suffix != ".npz":
            assert str(repository) not in path.read_text(encoding="utf-8"), path.name
            assert "/home/" not in path.read_text(encoding="utf-8")


def test_files_given_by_an_absolute_path_are_recorded_relative_to_the_repository(tmp_path):
    """The configuration is committed, so it must work for the whole team."""
    rows = "source,target\n" + "".join(f"word {n},{n}\n" for n in range(30))
    (tmp_path / "pairs.csv").write_text(rows, encoding="utf-8")
    path = json.dumps(str((tmp_path / "pairs.csv").resolve()))
    run = count(tmp_path, "data.name=files", f"data.train={path}", "data.title=counting")
    recorded = config.read_config(tmp_path / "runs" / run.id / "config.toml")
    assert recorded.data.train == "pairs.csv"
    assert run.dataset == "counting"


def test_a_saved_configuration_repeats_the_run(tmp_path):
    first = count(tmp_path)
    again = config.read_config(tmp_path / "runs" / first.id / "config.toml")
    second = train(again, tmp_path, silent)
    assert second.id != first.id
    assert second.results == first.results


def test_results_hold_each_metric_of_each_split_with_its_run(tmp_path):
    run = count(tmp_path)
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert content["schema"] == 1
    keys = (
        "task dataset split metric value higher_is_better unit interval openings name identity "
        "data model family role run seed commit date"
    )
    for row in content["results"]:
        assert set(row) == set(keys.split())
        assert row["run"] == run.id
        assert row["value"] == run.results[row["split"]][row["metric"]]


def test_results_can_be_made_again_from_the_runs(tmp_path):
    """A merge conflict in results.json is solved by removing it."""
    count(tmp_path)
    count(tmp_path, "training.seed=2")
    before = (tmp_path / "results.json").read_bytes()
    (tmp_path / "results.json").unlink()
    results.rebuild(tmp_path)
    assert (tmp_path / "results.json").read_bytes() == before


def test_a_run_that_did_not_finish_has_no_results(tmp_path):
    run = count(tmp_path)
    folder = tmp_path / "runs" / run.id
    about = json.loads((folder / "run.json").read_text(encoding="utf-8")) | {
        "status": "interrupted"
    }
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    assert results.rebuild(tmp_path) == []


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../../elsewhere"},
        {"results": {"test": {"chrF": "high"}}},
        {"results": [1]},
        {"task": 7},
        {"schema": 9},
    ],
)
def test_a_damaged_run_is_named(tmp_path, change):
    """A merge that went wrong must not end in a traceback, or in a figure of another run."""
    run = count(tmp_path)
    path = tmp_path / "runs" / run.id / "run.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(about | change), encoding="utf-8")
    with pytest.raises(BaselineError, match=r"run\.json"):
        results.rebuild(tmp_path)


def test_rows_whose_run_is_elsewhere_are_kept(tmp_path):
    """A run's folder may not have been committed yet by another member of the team."""
    run = count(tmp_path)
    rows = results.read(tmp_path / "results.json")
    (tmp_path / "runs" / run.id).rename(tmp_path / "elsewhere")
    assert results.rebuild(tmp_path) == rows


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"schema": 2, "results": []}', '{"schema": 1, "results": [{}]}', '{"schema": 1}'],
)
def test_a_damaged_results_file_says_how_to_get_it_back(tmp_path, content):
    (tmp_path / "results.json").write_text(content, encoding="utf-8")
    with pytest.raises(BaselineError, match=r"results\.json"):
        results.read(tmp_path / "results.json")


def test_a_file_of_an_earlier_version_is_read(tmp_path):
    """Its rows have no name, unit, interval and openings; teams have such files."""
    count(tmp_path)
    path = tmp_path / "results.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    new = ("unit", "name", "identity", "data", "interval", "openings")
    for row in content["results"]:
        for key in new:
            del row[key]
    path.write_text(json.dumps(content), encoding="utf-8")
    found = results.read(path)
    assert [(row.metric, row.unit) for row in found] == [
        ("chrF", "points"),
        ("BLEU", "points"),
        ("exact match", "share"),
    ]
    assert found[0].experiment == "nearest example as baseline"
    assert found[0].interval is None


def test_seeds_of_one_experiment_are_one_score_with_mean_and_spread():
    """And of two results with one seed the newer one counts."""

    def row(seed, value, date):
        about = ("ner", "d", "validation", "F1", value, True, "m", "f", "model", f"r{date}")
        return results.Result(*about, seed, "", date, identity="i", name="ours")

    rows = [row(1, 0.1, "2026-01"), row(1, 0.6, "2026-03"), row(2, 0.8, "2026-02")]
    (score,) = results.scores(rows)
    assert score.value == pytest.approx(0.7)
    assert score.spread == pytest.approx(0.1414, abs=1e-4)
    assert [row.seed for row in score.rows] == [1, 2]
    assert score.name == "ours"


def test_ranks_depend_on_the_metric_s_direction(tmp_path):
    """Fewer bits are better, more points are better."""

    def row(value, higher, metric):
        return results.Result(
            "generation",
            "d",
            "validation",
            metric,
            value,
            higher,
            f"m{value}",
            "f",
            "model",
            "r",
            1,
            "",
            "",
        )

    rows = [row(v, h, m) for m, h in (("bits", False), ("F1", True)) for v in (0.3, 0.1, 0.2)]
    found = results.ranked(rows)
    assert [r.value for r in found["generation", "d", "", "bits"]] == [0.1, 0.2, 0.3]
    assert [r.value for r in found["generation", "d", "", "F1"]] == [0.3, 0.2, 0.1]


def test_two_runs_in_one_second_do_not_share_a_folder(tmp_path):
    assert len({count(tmp_path).id for _ in range(4)}) == 4


def test_a_run_is_found_by_the_beginning_of_its_name(tmp_path):
    ids = [count(tmp_path).id for _ in range(2)]
    assert runs.find(tmp_path / "runs", ids[0]).name == ids[0]
    assert runs.find(tmp_path / "runs", "last").name == max(ids)
    with pytest.raises(BaselineError, match="beginning of several"):
        runs.find(tmp_path / "runs", "2")
    with pytest.raises(BaselineError, match="not one of the runs"):
        runs.find(tmp_path / "runs", "x")
    with pytest.raises(BaselineError, match="no runs yet"):
        runs.find(tmp_path / "nothing", "last")


def test_a_log_leaves_out_a_line_that_was_cut_off(tmp_path):
    log = runs.Log(tmp_path)
    log.write(step=1, loss=0.5)
    log.write(step=2, loss=float("nan"))
    with log.path.open("a", encoding="utf-8") as stream:
        stream.write('{"step": 3, "lo')
    assert runs.read_log(tmp_path) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": None}]


# ---------------------------------------------------------------------------- drawings


def texts(path) -> list[str]:
    root = ElementTree.parse(path).getroot()  # noqa: S314
    return [element.text for element in root.iter() if element.tag.endswith("text")]


def test_a_learning_curve_is_valid_svg_for_light_and_dark_pages(tmp_path):
    path = tmp_path / "curve.svg"
    plots.learning_curve(
        {"training <b>": [(1, 3.0), (2, float("nan")), (3, 1.0)], "validation": [(3, 2.0)]},
        path,
        title="A & B \x07",
        x_label="steps",
        y_label="loss",
    )
    assert {"training <b>", "validation", "steps", "loss"} <= set(texts(path))
    assert "prefers-color-scheme: dark" in path.read_text(encoding="utf-8")


def test_a_curve_without_points_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no point"):
        plots.learning_curve(
            {"a": [(1, float("nan"))]}, tmp_path / "c.svg", title="", x_label="", y_label=""
        )


def test_a_confusion_matrix_counts_every_example(tmp_path):
    path = tmp_path / "matrix.svg"
    plots.confusion_matrix(list("aabbc"), list("abbbx"), path, title="t")
    counts = [int(text) for text in texts(path) if text.isdigit()]
    assert sum(counts) == 5
    assert "(other)" in texts(path)


def test_many_labels_still_make_a_small_picture(tmp_path):
    path = tmp_path / "matrix.svg"
    gold = [f"label {i % 300}" for i in range(900)]
    plots.confusion_matrix(gold, gold, path, title="t")
    assert path.stat().st_size < 100_000

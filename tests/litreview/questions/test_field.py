"""A field from its abstracts: what is counted, and that nobody's order or machine changes it."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from litreview.actions import field as field_action
from litreview.actions.field import survey
from litreview.cli.index import command as index_command
from litreview.cli.map import command
from litreview.errors import UserError
from litreview.questions.charts import charts
from litreview.questions.field import Abstract, Tally, count
from litreview.text.names import models_in

SVG = "{http://www.w3.org/2000/svg}"
ABSTRACTS = [
    ("1801.00001", "We train an LSTM on 2,000 tweets of the GermEval-2017 corpus."),
    ("1902.00002", "We fine-tune BERT on 18,000 tweets. BERT is better than an SVM."),
    ("1903.00003", "Our BERT is trained on the GermEval-2017 corpus with 1.2 M tweets."),
    ("1904.00004", "Smith et al. (2018) train GPT-2 on 9 tweets."),
    ("math/9605005", "We prove a theorem about learning from tweets."),
]


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    path = tmp_path / "arxiv.jsonl"
    records = [
        {"id": name, "title": "Learning from tweets", "abstract": text, "categories": "cs.CL",
         "authors": "Ada Example", "versions": [{"version": "v1", "created": created(name)}]}
        for name, text in [*ABSTRACTS, ("2001.00006", "A talk about birds and BERT.")]
    ]  # fmt: skip
    records[-1]["title"] = "Birds"
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + "broken\n[]\n")
    return path


def created(name: str) -> str:
    year = 1996 if name.startswith("math") else 2000 + int(name[:2])
    return f"Mon, 1 Apr {year} 10:00:00 GMT"


def test_works_are_counted_by_year_and_once():
    """BERT twice in an abstract is one; what others trained is none of it."""
    field = count(
        Abstract(name, 2000 + int(name[:2]), text) for name, text in ABSTRACTS[:4]
    ).to_json()
    models = {model["name"]: (model["abstracts"], model["years"]) for model in field["models"]}
    assert models == {"BERT": (2, {"2019": 2}), "LSTM": (1, {"2018": 1}), "SVM": (1, {"2019": 1})}
    assert field["models"][0]["examples"] == ["1902.00002", "1903.00003"]
    assert [(item["name"], item["abstracts"]) for item in field["data"]] == [("GermEval-2017", 2)]
    assert field["sizes"] == [
        {"unit": "tweet", "abstracts": 3, "smallest": 2e3, "lower_quarter": 2e3,
         "median": 18e3, "upper_quarter": 1.2e6, "largest": 1.2e6}
    ]  # fmt: skip
    assert field["years"] == {"2018": 1, "2019": 3}


def test_neither_order_nor_division_changes_the_result():
    """However many processes read in whatever order, the bytes are the same."""
    works = [Abstract(f"{n:03}-{name}", 2018 + n % 3, text)
             for n in range(30) for name, text in ABSTRACTS]  # fmt: skip
    whole = json.dumps(count(works).to_json())
    for size, backwards in itertools.product((1, 7), (False, True)):
        parts = [count(works[at : at + size]) for at in range(0, len(works), size)]
        total = Tally()
        for part in reversed(parts) if backwards else parts:
            total.add(part)
        assert json.dumps(total.to_json()) == whole


def test_a_snapshot_its_packed_form_and_its_index_say_the_same(snapshot: Path, tmp_path: Path):
    """Works that do not match are left out, broken lines passed over, years read from the id."""
    packed = tmp_path / "arxiv.jsonl.gz"
    packed.write_bytes(gzip.compress(snapshot.read_bytes()))
    index = tmp_path / "index.sqlite"
    done = CliRunner().invoke(index_command, [str(snapshot), "--out", str(index)])
    assert done.exit_code == 0, done.output
    fields = [
        survey("tweets learn", file, workers=1).to_json() for file in (snapshot, packed, index)
    ]
    assert fields[0]["abstracts"] == 5
    assert fields[0]["years"] == {"1996": 1, "2018": 1, "2019": 3}
    assert fields[1] == fields[0]
    for field in fields:
        for item in [*field["models"], *field["data"]]:
            item.pop("examples")
    assert fields[2] == fields[0]


def test_processes_count_as_one_does(snapshot: Path):
    one = survey("tweets", snapshot, workers=1).to_json()
    assert survey("tweets", snapshot, workers=2).to_json() == one


def test_whole_papers_are_counted_as_well(snapshot: Path, tmp_path: Path):
    """A folder of papers: those that cannot be read are named and passed over."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.tex").write_text(r"\section{Model}We fine-tune RoBERTa on 500 texts.")
    (folder / "b.pdf").write_text("no paper")
    (folder / "notes.md").write_text("We fine-tune GPT-2.")
    said: list[str] = []
    field = survey("tweets", snapshot, papers=folder, workers=1, notify=said.append).to_json()
    assert {"RoBERTa"} <= {model["name"] for model in field["models"]}
    assert "GPT-2" not in {model["name"] for model in field["models"]}
    assert len(said) == 1
    assert "b.pdf" in said[0]


def test_the_command_writes_data_and_plots(snapshot: Path, tmp_path: Path):
    """JSON and plots for both grounds; a dry run writes nothing."""
    out = tmp_path / "map"
    arguments = ["tweets", "--snapshot", str(snapshot), "--workers", "1", "-o", str(out)]
    assert CliRunner().invoke(command, [*arguments, "--dry-run"]).exit_code == 0
    assert not out.exists()
    result = CliRunner().invoke(command, arguments)
    assert "5 abstracts on “tweets”, 1996 to 2019" in result.stdout
    assert "2  BERT  (2019: 2)" in result.stdout
    assert "3  tweet: 2,000, 18,000, 1.2 M" in result.stdout
    assert sorted(path.name for path in out.iterdir()) == [
        "data-dark.svg", "data-light.svg", "map.json", "models-dark.svg", "models-light.svg",
        "sizes-dark.svg", "sizes-light.svg",
    ]  # fmt: skip
    assert json.loads((out / "map.json").read_text())["query"] == "tweets"


def test_plots_show_the_figures():
    """A line's height is its share of the year, a bar's length its value; names stay text."""
    field = {
        "years": {"2018": 4, "2019": 2},
        "models": [{"name": "<b>&", "years": {"2018": 1, "2019": 2}}],
        "data": [{"name": "Big", "abstracts": 40}, {"name": "Small", "abstracts": 10}],
        "sizes": [],
    }
    drawn = charts(field, "a<b")
    assert sorted(drawn) == [
        "data-dark.svg",
        "data-light.svg",
        "models-dark.svg",
        "models-light.svg",
    ]
    lines = ElementTree.fromstring(drawn["models-light.svg"])
    (path,) = (e.get("d") for e in lines.iter(f"{SVG}path") if e.find(f"{SVG}title") is not None)
    (_, first), (_, last) = (point.split() for point in path[1:].split("L"))
    bottom, top = 420 - 44, 46
    assert (float(first), float(last)) == (bottom - (bottom - top) * 0.25, top)
    bars = ElementTree.fromstring(drawn["data-dark.svg"])
    widths = [float(e.get("width")) for e in bars.iter(f"{SVG}rect")][1:]
    assert widths[0] == pytest.approx(4 * widths[1], abs=0.5)
    assert "40" in [e.text for e in bars.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("query", "on", "reason"),
    [("zebras", "", "no abstract matches"), ("the of", "", "query is empty"),
     ("tweets", "moon", "say ray")],
)  # fmt: skip
def test_mistakes_are_said(snapshot: Path, query: str, on: str, reason: str):
    with pytest.raises(UserError, match=reason):
        survey(query, snapshot, workers=1, on=on)


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read"):
        survey("tweets", tmp_path / "nothing.jsonl", workers=1)


def test_names_written_small_are_found():
    """Most words are passed over by their first letters; no name may be."""
    text = (
        "random forests, k-means, word2vec, naive Bayes, deep neural networks, transformers, "
        "hidden Markov models, n-gram models, roberta, skip-gram, principal component analysis, "
        "encoder-decoder models, topic models, bidirectional LSTMs, wav2vec 2.0, mT5, fastText"
    )
    assert models_in(text) == (
        "random forest", "k-means", "word2vec", "naive Bayes", "deep neural network", "Transformer",
        "HMM", "n-gram model", "RoBERTa", "PCA", "seq2seq", "topic model", "BiLSTM", "wav2vec 2.0",
        "mT5", "fastText",
    )  # fmt: skip


@pytest.mark.slow
def test_a_cluster_counts_as_one_machine_does(snapshot: Path):
    """Two nodes of Ray give the same bytes."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        field = survey("tweets", snapshot, on=f"ray:{cluster.address}").to_json()
    finally:
        cluster.shutdown()
    assert json.dumps(field) == json.dumps(survey("tweets", snapshot, workers=1).to_json())


@pytest.mark.slow
def test_a_lost_machine_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A node is taken away after the first answer; what it had is counted anew."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    monkeypatch.setattr(field_action, "CHUNK", 20)
    path = tmp_path / "arxiv.jsonl"
    path.write_text("".join(
        json.dumps({"id": f"19{n % 12 + 1:02}.{n:05}", "title": "Tweets", "abstract": text}) + "\n"
        for n in range(400) for _, text in ABSTRACTS[:1]
    ))  # fmt: skip
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    taken: list[int] = []
    try:
        node = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()

        def advance(read: int) -> None:
            if not taken:
                cluster.remove_node(node)
            taken.append(read)

        found = survey("tweets", path, on=f"ray:{cluster.address}", advance=advance).to_json()
    finally:
        cluster.shutdown()
    assert (len(taken), sum(taken)) == (20, 400)
    assert json.dumps(found) == json.dumps(survey("tweets", path, workers=1).to_json())

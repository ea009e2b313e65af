"""What a team does with a trained model: try values, look at errors, take it along, show it."""

from __future__ import annotations

import http.client
import json
import threading
import zipfile

import pytest

from baseline import cli
from baseline.errors import BaselineError
from baseline.experiments import app, inference
from baseline.experiments.train import combinations

WORDS = {"good": "fine lovely warm", "bad": "broken cold late"}
PLACE = "3_Model"


def call(root, *arguments):
    return cli.main([arguments[0], "--root", str(root), *arguments[1:]])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A repository with naive Bayes on own mails; every seventh has the other label."""
    root = tmp_path_factory.mktemp("team")
    rows = []
    for n in range(70):
        for label, words in WORDS.items():
            told = label if n % 7 else next(other for other in WORDS if other != label)
            filler = " thing" * (n % 5)
            rows.append(f"{words.split()[n % 3]} <b>{n}</b>{filler},{told}")
    (root / "mails.csv").write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    (root / "baseline.toml").write_text(
        '[project]\ntask = "text-classification"\nfamily = "encoder-only"\n'
        '[data]\nname = "files"\ntrain = "mails.csv"\n',
        encoding="utf-8",
    )
    (root / PLACE).mkdir()
    assert call(root, "train", "--model", "naive-bayes") == 0
    return root


# ------------------------------------------------------------------------------- several values


def test_values_are_combined_and_the_last_one_varies_fastest():
    assert combinations([]) == [[]]
    assert combinations(["model.width=16, 32", "training.seed=1,2,2"]) == [
        ["model.width=16", "training.seed=1"],
        ["model.width=16", "training.seed=2"],
        ["model.width=32", "training.seed=1"],
        ["model.width=32", "training.seed=2"],
    ]


@pytest.mark.parametrize(
    ("tries", "words"),
    [
        (["training.seed"], "'training.seed' names fewer than two values"),
        (["training.seed=3"], "names fewer than two values"),
        ([f"training.seed={','.join(map(str, range(101)))}"], "asks for 101 trainings; 100"),
    ],
)
def test_what_cannot_be_tried_is_one_sentence(tries, words):
    with pytest.raises(BaselineError, match=words):
        combinations(tries)


def test_each_value_is_an_experiment_and_is_not_trained_twice(tmp_path, capsys):
    arguments = ["train", "--model", "ngram", "--try", "model.order=2,3"]
    assert call(tmp_path, *arguments, "--dry-run") == 0
    assert capsys.readouterr().out.count("would train n-gram, order=") == 2
    assert list(tmp_path.iterdir()) == []
    assert call(tmp_path, *arguments) == 0
    shown = capsys.readouterr().out
    assert "  1. " in shown
    assert shown.index("n-gram, order=3  ") < shown.index("n-gram, order=2  ")
    assert call(tmp_path, *arguments) == 0
    assert capsys.readouterr().err.count("did that already") == 2
    assert len(list((tmp_path / "runs").iterdir())) == 2


# ------------------------------------------------------------------------------------ errors


def test_the_page_tells_by_length_by_class_and_the_worst(trained, capsys):
    assert call(trained, "errors", "--dry-run", "--json") == 0
    page = json.loads(capsys.readouterr().out)["text"]
    examples, outputs, _ = judged(trained)
    wrong = [(e, o) for e, o in zip(examples, outputs, strict=True) if e.target != o]
    right = len(examples) - len(wrong)
    assert f"accuracy {right / len(examples):.4g} on {len(examples)} validation examples" in page
    groups = page.split("## By length")[1].split("## ")[0].strip().splitlines()[2:]
    assert sum(int(row.split("|")[2]) for row in groups) == len(examples)
    ends = [[int(n) for n in row.split("|")[1].split(" to ")] for row in groups]
    assert ends == sorted(ends)
    assert all(high < low for (_, high), (low, _) in zip(ends, ends[1:], strict=False))
    good = [(e.target, o) for e, o in zip(examples, outputs, strict=True)]
    wanted = sum(a == "good" for a, _ in good)
    recall = sum(a == b == "good" for a, b in good) / wanted
    row = next(line for line in page.splitlines() if line.startswith("| good |")).split("|")
    assert int(row[2]) == wanted
    assert float(row[4]) == pytest.approx(recall, abs=5e-4)
    worst = page.split("## The worst answers")[1].strip().splitlines()[2:]
    assert len(worst) == len(wrong) > 0
    assert "<b>" not in page
    sure = [int(line.split("|")[-2].strip(" %")) for line in worst]
    assert sure == sorted(sure, reverse=True)


def judged(root):
    from baseline.data import loading

    model = inference.open_run(root, "last")
    examples = loading.load_dataset(model.task.form, model.config.data, root).validation
    return examples, model.predict(examples), model


def test_the_page_is_written_once_and_a_team_s_own_words_stay(trained, capsys):
    page = trained / PLACE / "error_analysis.md"
    assert call(trained, "errors", "--dry-run") == 0
    assert not page.exists()
    assert call(trained, "errors") == 0
    first = page.read_text(encoding="utf-8")
    assert call(trained, "errors") == 0
    assert page.read_text(encoding="utf-8") == first
    page.write_text(first + "Most of them are sarcasm.\n", encoding="utf-8")
    capsys.readouterr()
    assert call(trained, "errors") == 0
    assert "your own words stay" in capsys.readouterr().out
    assert page.read_text(encoding="utf-8").endswith("sarcasm.\n")
    page.unlink()


@pytest.mark.parametrize(
    ("task", "words"),
    [("ner", "| O | TEXT |"), ("generation", "bits per character"), ("summarization", "ROUGE-L")],
)
def test_every_kind_of_task_has_its_page(tmp_path, capsys, task, words):
    quick = [f"project.task={task}", "data.max_examples=60"]
    names = {"ner": "frequent-tag", "summarization": "first-sentence", "generation": "ngram"}
    assert call(tmp_path, "train", "--model", names[task], *quick) == 0
    capsys.readouterr()
    assert call(tmp_path, "errors") == 0
    page = capsys.readouterr().out
    assert words in page
    assert "## The worst answers" in page


# ------------------------------------------------------------------------- to another computer


def test_a_model_that_was_taken_along_answers_the_same(trained, tmp_path, capsys):
    file = tmp_path / "model.zip"
    assert call(trained, "export", "--to", str(file)) == 0
    other = tmp_path / "other"
    other.mkdir()
    assert call(other, "import", str(file), "--dry-run") == 0
    assert list(other.iterdir()) == []
    assert call(other, "import", str(file)) == 0
    capsys.readouterr()
    answers = []
    for root in (trained, other):
        assert call(root, "generate", "lovely", "--json") == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]
    assert answers[0]["output"] == "good"
    assert call(other, "import", str(file)) == 2
    assert "has its weights already" in capsys.readouterr().err


def test_the_card_tells_what_was_measured_and_what_is_missing(trained, tmp_path):
    file = tmp_path / "model.zip"
    assert call(trained, "export", "--to", str(file)) == 0
    card = zipfile.ZipFile(file).read("MODEL_CARD.md").decode()
    run = json.loads(zipfile.ZipFile(file).read("run.json"))
    value = run["results"]["validation"]["accuracy"]
    assert f"| validation | accuracy | {value:.4g} |" in card
    sizes = ", ".join(f"{n} {split}" for split, n in run["examples"].items())
    assert sum(run["examples"].values()) == 140
    assert f"own data (mails.csv) ({sizes} examples; fingerprint {run['data']})" in card
    assert "The test part is still sealed" in card
    assert "[Which license?" in card


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.json", "is no part of a model"),
        ("checkpoint/../../evil.json", "is no part of a model"),
        ("/etc/evil.json", "is no part of a model"),
        ("checkpoint/model.pkl", "is no part of a model"),
        ("checkpoint/pretrained/code.py", "is no part of a model"),
    ],
)
def test_a_file_with_anything_else_is_refused(trained, tmp_path, capsys, name, words):
    """A model comes from somebody else, and could bring a program along."""
    file = tmp_path / "model.zip"
    assert call(trained, "export", "--to", str(file)) == 0
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, "{}")
    other = tmp_path / "other"
    other.mkdir()
    assert call(other, "import", str(file)) == 2
    assert words in capsys.readouterr().err
    assert list(other.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_what_is_no_model_is_one_sentence(tmp_path, capsys, content):
    file = tmp_path / "model.zip"
    file.write_bytes(content)
    assert call(tmp_path, "import", str(file)) == 2
    error = capsys.readouterr().err
    assert "is no exported model" in error
    assert error.count("\n") == 1


# ------------------------------------------------------------------------------ a page, live


@pytest.fixture
def page(trained):
    with app.make_server(trained, "last", 0, "Mails <&>") as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def asked(port, method="POST", path="/", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def test_the_page_loads_nothing_from_elsewhere(page):
    status, text, headers = asked(page, "GET")
    assert status == 200
    assert "<h1>Mails &lt;&amp;&gt;</h1>" in text
    assert "://" not in text
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert asked(page, "GET", "/other")[0] == 404


def test_the_model_answers_with_how_sure_it_is(page):
    status, text, _ = asked(page, body=json.dumps({"text": "a lovely one"}))
    found = json.loads(text)
    assert (status, found["output"]) == (200, "good")
    assert found["probabilities"]["good"] == max(found["probabilities"].values())


@pytest.mark.parametrize(
    ("body", "words"),
    [('{"text": " "}', "the input is empty"), ("[", "Expecting"), ("x" * 100_001, "100,000 bytes")],
)
def test_a_wrong_question_is_answered_in_words(page, body, words):
    status, text, _ = asked(page, body=body)
    assert status == 400
    assert words in json.loads(text)["error"]


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example:80"}, {"Origin": "http://evil.example"}]
)
def test_another_page_cannot_ask(page, headers):
    """A page of somebody else could have its own name resolved to this computer."""
    assert asked(page, body='{"text": "lovely"}', **headers)[0] == 403


def test_a_port_that_is_taken_is_one_sentence(page, trained):
    with pytest.raises(BaselineError, match="choose another one: --port 0"):
        app.make_server(trained, "last", page)

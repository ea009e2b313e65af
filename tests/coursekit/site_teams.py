"""Teams for tests of the showcase: repositories made from a few files, without a checkout."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

LINK = "120000"


def git(*arguments: str, stdin: bytes = b"") -> bytes:
    """Run git without anybody's configuration."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return subprocess.run(
        ["git", *arguments], input=stdin, capture_output=True, check=True, env=environment
    ).stdout


def commit(
    repository: Path,
    files: Mapping[str, str | bytes],
    *,
    links: Mapping[str, str] | None = None,
    day: int = 20,
) -> Path:
    """Make a bare repository with one (more) commit that holds exactly these files.

    Args:
        repository: Its folder; made if it is not there.
        files: Content by path.
        links: Symbolic links: target by path.
        day: The day of November 2026 on which it was committed.
    """
    if not repository.exists():
        git("init", "--quiet", "--bare", "--initial-branch=main", str(repository))
    seconds = 1793440800 + 86400 * day
    stream = [
        f"commit refs/heads/main\ncommitter Ada <ada@example.org> {seconds} +0000\n"
        "data 4\nwork\n".encode()
    ]
    if git("--git-dir", str(repository), "for-each-ref", "refs/heads/main"):
        stream.append(b"from refs/heads/main^0\n")
    stream.append(b"deleteall\n")
    entries = [("100644", path, content) for path, content in files.items()]
    entries += [(LINK, path, target) for path, target in (links or {}).items()]
    for mode, path, content in entries:
        data = content.encode() if isinstance(content, str) else content
        stream.append(f"M {mode} inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    git("--git-dir", str(repository), "fast-import", "--quiet", "--force", stdin=b"".join(stream))
    return repository


def picture(color: tuple[int, int, int] = (30, 90, 60), size: tuple[int, int] = (64, 36)) -> bytes:
    """A picture of one colour."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def result(**changes: object) -> dict[str, object]:
    """A row of `results.json`."""
    return {
        "task": "text-classification",
        "dataset": "reviews",
        "split": "test",
        "metric": "accuracy",
        "value": 0.8,
        "higher_is_better": True,
        "model": "encoder",
        "family": "encoder-only",
        "role": "model",
        "run": "run-1",
        "seed": 1,
        "commit": "0123456789abcdef",
        "date": "2026-11-20T10:00:00Z",
        **changes,
    }


def runs(*rows: dict[str, object]) -> dict[str, str]:
    """`results.json` and the record of each run in it."""
    log = "".join(
        json.dumps(
            {"step": step, "loss": 2.0 / (1 + step / 40), "validation_loss": 1.9 / (1 + step / 50)}
        )
        + "\n"
        for step in range(0, 400, 20)
    )
    files = {"results.json": json.dumps({"schema": 1, "results": list(rows)})}
    for run in {str(row["run"]) for row in rows}:
        files[f"runs/{run}/run.json"] = json.dumps({"id": run, "status": "finished"})
        files[f"runs/{run}/metrics.jsonl"] = log
    return files


def readme(title: str, *, description: str = "", task: str = "Text classification") -> str:
    """A root README in the template's form."""
    return (
        f"# {title}\n\n## Repository Link\n\n<https://github.com/example/{len(title)}>\n\n"
        f"## Description\n\n{description or 'Sorts short texts, and says how sure it is.'}\n\n"
        f"Team: Ada, Ben\n\n### Task Type\n\n{task}\n"
    )


def source(number: int, title: str, url: str) -> str:
    """A source as the review template has it."""
    return (
        f"- **Source {number}**: [{title}]\n\n  - **[Link]({url})**\n"
        "  - **Objective**: To find out whether the method works.\n"
        "  - **Methods**: A model is trained on a public corpus.\n"
        "  - **Outcomes**: It reaches 0.91 accuracy.\n"
        "  - **Relation to the Project**: We start from it.\n\n"
    )


def review(*sources: tuple[str, str]) -> str:
    """A literature review with these titles and addresses."""
    entries = (source(n, title, url) for n, (title, url) in enumerate(sources, start=1))
    return "# Literature Review\n\n**Summary of Each Work**:\n\n" + "".join(entries)


ATTENTION = ("Attention Is All You Need", "https://arxiv.org/abs/1706.03762")
BERT = (
    "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
    "https://arxiv.org/abs/1810.04805",
)


def good_team(
    title: str = "Names in the News", value: float = 0.88, **changes: object
) -> dict[str, str | bytes]:
    """A team that has written everything and measured something."""
    return {
        "README.md": readme(title),
        "baseline.toml": '[project]\ntask = "text-classification"\nfamily = "encoder-only"\n',
        "0_LiteratureReview/README.md": review(ATTENTION, BERT),
        "1_DatasetCharacteristics/README.md": (
            "# Dataset\n\nWe use 12,000 film reviews with two labels, split by author.\n\n"
            "| class | examples |\n| --- | ---: |\n| good | 6,100 |\n| bad | 5,900 |\n"
        ),
        "2_BaselineModel/README.md": (
            "# Baseline\n\nThe most frequent class, which reaches $p = 0.51$ on the test data.\n"
        ),
        "3_Model/README.md": (
            "# Model\n\nA small encoder with four layers, trained for ten minutes.\n\n"
            "```python\nmodel = Encoder(layers=4)\n```\n"
        ),
        "4_Presentation/README.md": "# Presentation\n",
        **runs(
            result(
                **{
                    **changes,
                    "value": 0.51,
                    "role": "baseline",
                    "model": "most frequent",
                    "run": "run-0",
                }
            ),
            result(value=value, **changes),
        ),
    }

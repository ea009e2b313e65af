"""Write one page that shows who looks at whom: heads, layers and positions of a model.

The page is a single HTML file that asks no server for anything. For a model of your own:

    from lessons.attention_page import page_of_run
    page_of_run(Path("."), ["a text", "another text"], Path("attention.html"))
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from baseline.data import tokenization
from baseline.errors import BaselineError
from baseline.experiments import neural
from baseline.files import write_atomic
from baseline.models.attention import record_attention
from baseline.training import runs

HERE = Path(__file__).resolve().parent
MAX_TOKENS = 64  # a wider table cannot be read on any projector
MAX_TEXTS = 20


@dataclass(frozen=True)
class Shown:
    """One text and what the model looked at in it.

    Attributes:
        tokens: As they are shown, T of them.
        weights: From layer to its shares, each `(H, T, T)`; row = the token that looks.
    """

    tokens: list[str]
    weights: dict[str, Tensor]


def maps_of(model: nn.Module, ids: Tensor) -> dict[str, Tensor]:
    """The attention of a model's layers from a text to itself.

    Args:
        model: One of `baseline.models`, also with a head.
        ids: The text's tokens, shape `(T,)`.

    Returns:
        From layer to shares `(H, T, T)`, in the order of the layers.
    """
    model.eval()
    with torch.no_grad(), record_attention(model) as recorded:
        try:
            model(ids[None])
        except TypeError:  # an encoder-decoder reads a source and writes a target
            model(ids[None], ids[None])
    found = {name: calls[0][0] for name, calls in recorded.items() if calls}
    return {name: part for name, part in found.items() if part.shape[-2:] == (len(ids),) * 2}


@dataclass(frozen=True)
class Words:
    """What a page says above its maps; plain text, and its reader chooses the language.

    Attributes:
        title: The heading.
        note: What the model is, and what there is to see.
        title_de: The heading in German.
        note_de: The note in German.
    """

    title: str
    note: str
    title_de: str
    note_de: str


def page(shown: Sequence[Shown], words: Words, positions: Tensor | None = None) -> str:
    """The page as HTML.

    Args:
        shown: The texts that a reader can choose from.
        words: Its heading, and what there is to see.
        positions: Vectors of the positions, `(T, D)`; their similarity is shown, too.
    """
    data = {
        "texts": [
            {
                "tokens": one.tokens,
                "layers": [
                    {"name": name, "heads": (100 * part).round().int().tolist()}
                    for name, part in one.weights.items()
                ],
            }
            for one in shown
        ],
        "positions": _similarity(positions) if positions is not None else None,
    }
    # "</script>" in a token must not end the data.
    packed = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = (HERE / "attention_page.js").read_text(encoding="utf-8")
    style = (HERE / "attention_page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    body = (HERE / "attention_page.body.html").read_text(encoding="utf-8")
    for name, value in asdict(words).items():
        body = body.replace(f"[[{name}]]", html.escape(value))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(words.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{body}"
        f'<script type="application/json" id="data">{packed}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def page_of_run(root: Path, texts: Sequence[str], out: Path, run: str = "last") -> Path:
    """Write the page for a model of your own.

    Args:
        root: Your repository.
        texts: What to look at; each is cut after 64 tokens.
        out: The HTML file.
        run: The run's id, its beginning, or "last".

    Returns:
        The file.

    Raises:
        BaselineError: If there is no such run, or its model is a published one.
    """
    folder = runs.find(root / "runs", run)
    trained = neural.load_trained(root, run)
    place = folder / "checkpoint" / "tokenizer.json"
    if not place.is_file():
        raise BaselineError(
            f"{folder.name} is a published model; this page reads the models of baseline/models"
        )
    about = json.loads((folder / "checkpoint" / "labels.json").read_text(encoding="utf-8"))
    tokenizer = tokenization.load_tokenizer(place, about["kind"])
    model = trained.pipeline.model.cpu()
    shown = []
    for text in texts[:MAX_TEXTS]:
        ids = tokenizer.ids(text)[:MAX_TOKENS]
        if not ids:
            raise BaselineError(f"{text!r} has no token; give a text with words")
        shown.append(Shown(tokenizer.tokens(ids), maps_of(model, torch.tensor(ids))))
    words = Words(
        "What our model looks at",
        f"Run {folder.name}. Each row is a token that looks, each column one that is looked at.",
        "Worauf unser Modell blickt",
        f"Lauf {folder.name}. Jede Zeile ist ein Token, das blickt, jede Spalte eines, auf das "
        "geblickt wird.",
    )
    write_atomic(out, page(shown, words))
    return out


def _similarity(positions: Tensor) -> list[list[int]]:
    """Cosines between positions in percent, `(T, T)`."""
    unit = torch.nn.functional.normalize(positions.float(), dim=-1)
    return (100 * unit @ unit.T).round().int().tolist()

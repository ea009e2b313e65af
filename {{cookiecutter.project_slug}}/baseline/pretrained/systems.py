"""The course's pretrained systems, as data: what each one is, and which task it serves.

Checked against transformers 5 by the tests: a "yes" here loads and trains there, and the
reasons are those of the architectures, not of a missing package.
"""

from dataclasses import dataclass

from baseline.errors import BaselineError

ENCODER, DECODER, PAIR = "encoder-only", "decoder-only", "encoder-decoder"


@dataclass(frozen=True)
class System:
    """One published system."""

    name: str  # as in `model.pretrained`
    title: str  # as its paper writes it
    family: str  # one of the three families
    kind: str  # its `model_type` in transformers; empty if it is no longer there
    hub: str  # a published checkpoint of moderate size
    parameters: int  # of that checkpoint, in millions, rounded
    tasks: tuple[str, ...]  # the tasks that it serves
    instead: str  # what to choose for the other tasks, and why


LIKE_LABELS = ("multi-label", "regression")  # what labels texts can be taught these, too
_WHOLE = ("text-classification", *LIKE_LABELS)
_READ = (*_WHOLE, "ner", "question-answering")
_WRITE = ("generation", "summarization", "translation", "generative-qa")
_SWAP = ("summarization", "translation", "generative-qa")
_LABEL = (*_WHOLE, *_WRITE)
_ASK = (*_WHOLE, "question-answering", *_SWAP)
_NO_TEXT = "does not write text: choose T5 or BART, or GPT-2 to continue texts"
_NO_SPANS = "has no head for marking words or spans: choose BERT"
_NO_WORDS = "has no head for marking words: choose BERT; to continue texts, choose GPT-2"
_BEST = "serves every task; BERT marks words and spans better, as it sees both sides"
_OURS = 'left transformers in version 5: choose model.name = "transformer-xl", which is ours'
_TEXT_ONLY = "only turns text into text: choose BERT to label or mark, GPT-2 to continue"
_HUB_BERT = "google-bert/bert"

# By family: name, title, kind, checkpoint, millions of parameters, tasks, and what to take instead.
_ROWS: dict[str, tuple[tuple[str, str, str, str, int, tuple[str, ...], str], ...]] = {
    ENCODER: (
        ("albert", "ALBERT", "albert", "albert/albert-base-v2", 12, _READ, _NO_TEXT),
        ("bert", "BERT base", "bert", f"{_HUB_BERT}-base-uncased", 110, _READ, _NO_TEXT),
        ("bert-large", "BERT large", "bert", f"{_HUB_BERT}-large-uncased", 340, _READ, _NO_TEXT),
        (
            *("distilbert", "DistilBERT", "distilbert", "distilbert/distilbert-base-uncased"),
            *(66, _READ, _NO_TEXT),
        ),
        (
            *("electra", "ELECTRA", "electra", "google/electra-small-discriminator"),
            *(14, _READ, _NO_TEXT),
        ),
        ("roberta", "RoBERTa", "roberta", "FacebookAI/roberta-base", 125, _READ, _NO_TEXT),
    ),
    DECODER: (
        ("ctrl", "CTRL", "ctrl", "Salesforce/ctrl", 1640, _LABEL, _NO_SPANS),
        (
            *("gpt", "GPT", "openai-gpt", "openai-community/openai-gpt"),
            *(120, _LABEL, f"{_NO_SPANS}, or GPT-2"),
        ),
        ("gpt2", "GPT-2", "gpt2", "openai-community/gpt2", 124, (*_READ, *_WRITE), _BEST),
        ("transformer-xl", "Transformer-XL", "", "", 0, ("generation",), _OURS),
    ),
    PAIR: (
        ("bart", "BART", "bart", "facebook/bart-base", 139, _ASK, _NO_WORDS),
        ("mbart", "mBART", "mbart", "facebook/mbart-large-50", 611, _ASK, _NO_WORDS),
        ("marian", "Marian", "marian", "Helsinki-NLP/opus-mt-en-de", 74, _SWAP, _TEXT_ONLY),
        (
            *("t5", "T5", "t5", "google-t5/t5-small", 61, (*_READ, *_SWAP)),
            "does not continue texts: choose GPT-2",
        ),
    ),
}
SYSTEMS = {
    name: System(name, title, family, kind, hub, millions, tasks, instead)
    for family, rows in _ROWS.items()
    for name, title, kind, hub, millions, tasks, instead in rows
}


def serve(system: System, task: str) -> None:
    """Stop where a system does not serve a task."""
    if not system.kind or task not in system.tasks:
        raise BaselineError(f"{system.title} does not serve {task}; it {system.instead}")


def table() -> str:
    """The systems and their tasks as a Markdown table, as the documentation shows it."""
    tasks = [task for task in (*_READ, *_WRITE) if task not in LIKE_LABELS]
    lines = [
        "| system | family | " + " | ".join(tasks) + " | otherwise |",
        "| --- | --- | " + " | ".join(":-:" for _ in tasks) + " | --- |",
    ]
    for system in SYSTEMS.values():
        marks = ["yes" if task in system.tasks else "–" for task in tasks]
        cells = [system.title, system.family, *marks, system.instead]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"

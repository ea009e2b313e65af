"""Train the small decoder of lesson 3's attention page, and write the page.

It learns to repeat a list of words after a bar. What the heads do for that is known: one looks at
the word before, another at what followed the same word earlier. Takes about a minute on one core:

    python training/lesson_attention.py
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import torch

TEMPLATE = Path(__file__).resolve().parent.parent / "{{cookiecutter.project_slug}}"
sys.path.insert(0, str(TEMPLATE))

from baseline.models.decoder import Decoder, DecoderConfig  # noqa: E402
from lessons.attention_page import Shown, Words, maps_of, page  # noqa: E402

WORDS = """ant bee cat dog elk fox gnu hen ibis jay koi lark mole newt owl pig quail rat seal
toad urial vole wolf yak zebu""".split()  # noqa: SIM905
BAR = len(WORDS)
SHORTEST, LONGEST = 3, 8
STEPS, BATCH, RATE = 1500, 32, 3e-3
TEXTS = (
    "dog ant wolf bee",
    "cat owl cat fox cat",
    "yak seal toad newt lark hen",
    "pig pig rat pig rat rat",
    "bee cat dog elk fox gnu hen jay",
)


def repeated(size: int, length: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    """Words, a bar, the words again `(B, 2n)`; targets, -100 before the bar."""
    words = torch.randint(len(WORDS), (size, length), generator=generator)
    bar = torch.full((size, 1), BAR)
    ignored = torch.full((size, length), -100)
    return torch.cat((words, bar, words[:, :-1]), 1), torch.cat((ignored, words), 1)


def train(seed: int) -> Decoder:
    """A decoder of two layers with two heads each."""
    torch.manual_seed(seed)
    model = Decoder(DecoderConfig(len(WORDS) + 1, width=64, layers=2, heads=2, max_length=20))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    generator, lengths = torch.Generator().manual_seed(seed), random.Random(seed)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATE * min(1, (step + 1) / 50) * (1 - step / STEPS)
        optimizer.zero_grad()
        model.loss(*repeated(BATCH, lengths.randint(SHORTEST, LONGEST), generator)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


@torch.no_grad()
def right(model: Decoder, length: int = LONGEST) -> float:
    """Share of words that are repeated rightly, on fresh texts."""
    tokens, targets = repeated(500, length, torch.Generator().manual_seed(99))
    return float((model(tokens)[:, length:].argmax(-1) == targets[:, length:]).float().mean())


def look(model: Decoder, text: str) -> Shown:
    """What the model looks at when it repeats a text."""
    words = text.split()
    ids = [*map(WORDS.index, words), BAR, *map(WORDS.index, words)][:-1]
    shown = [*words, "|", *words][:-1]
    return Shown(shown, maps_of(model, torch.tensor(ids)))


def main(seed: int = 1) -> None:
    """Train, measure, write."""
    torch.set_num_threads(1)
    start = time.process_time()
    model = train(seed)
    share = 100 * right(model)
    print(f"{time.process_time() - start:.0f} CPU-seconds; {share:.1f} % of {LONGEST} words right")
    shown = [look(model, text) for text in TEXTS]
    for name, part in shown[-1].weights.items():
        sharp = part[:, LONGEST:].amax(-1).mean(-1)
        print(name, "mean largest share behind the bar:", [round(float(x), 2) for x in sharp])
    weights = sum(p.numel() for p in model.parameters())
    note = (
        f"A decoder of two layers with two heads each ({weights:,} weights) that was trained to "
        f"repeat a list of words after a bar: {share:.1f} % of the words of new lists are right. "
        "Each row is a word that looks, each column a word that is looked at. Which head finds "
        "the word that comes next?"
    )
    right_words, counted = f"{share:.1f}".replace(".", ","), f"{weights:,}".replace(",", ".")
    german = (
        f"Ein Decoder aus zwei Schichten mit je zwei Heads ({counted} Gewichte), der gelernt hat, "
        f"nach einem Strich eine Liste von Wörtern zu wiederholen: {right_words} % der Wörter "
        "neuer Listen stimmen. Jede Zeile ist ein Wort, das blickt, jede Spalte eines, auf das "
        "geblickt wird. Welcher Head findet das Wort, das als nächstes kommt?"
    )
    words = Words("Attention to look at", note, "Attention zum Ansehen", german)
    out = TEMPLATE / "lessons" / "3_attention" / "attention_page.html"
    out.write_text(page(shown, words, model.positions.table.detach()), encoding="utf-8")
    print(f"{out.name}: {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)

"""How completely, in which order and how fast whole papers are read.

    python benchmarks/papers.py [FOLDER]
    python benchmarks/papers.py --pairs FOLDER

FOLDER holds `gold.jsonl`, `papers/` and `plain/` (default: `fulltext` of COURSEKIT_DATA). For each
paper every sentence of `plain/` that is running text (at least six words, not of the references,
not a caption or table row that was read as one) is looked for among the words of the paper; it is
found where half of its word triples stand together, and in order where the longest ascending
series of places passes through it. Formulas and names of citations differ between tools, hence
half. A sentence of which a LaTeX file or archive itself holds next to nothing is counted apart: it
stands in files that were not packed, and no reader can have it. Time is CPU time of reading, the
child process of a PDF included, best of three.

With `--pairs` each PDF of a folder is compared with the LaTeX file of the same name beside it. Its
order is the author's own; that of pdftotext, from which `plain/` of a PDF was made, is a guess.
"""

from __future__ import annotations

import bisect
import json
import os
import re
import resource
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

from litreview.errors import UserError
from litreview.papers.archive import tex_files
from litreview.papers.open import read_paper
from litreview.papers.paper import Paper

ROOT = Path(__file__).resolve().parent.parent
WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text, in small letters, formulas and citations left out."""
    text = re.sub(r"\\[A-Za-z]+|\$[^$]{0,200}\$|\([^()]{0,120}\d{4}[^()]{0,60}\)", " ", text)
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def triples(found: list[str]) -> list[tuple[str, ...]]:
    """Each three words that follow each other."""
    return list(zip(found, found[1:], found[2:], strict=False))


def source_triples(path: Path) -> set[tuple[str, ...]]:
    """Each three words of a LaTeX file, or of all in an archive."""
    data = path.read_bytes()
    texts = tex_files(data).values() if path.suffix == ".gz" else [data.decode("utf-8", "replace")]
    return {triple for text in texts for triple in triples(words(text))}


def coverage(
    paper: Paper, plain: list[tuple[str, str]], pages: bool, source: set[tuple[str, ...]]
) -> tuple[int, int, int, int]:
    """Sentences of the body, those that are found, those in order, and those not in the source.

    Args:
        paper: What was read.
        plain: Section and sentence, as another tool read them.
        pages: Whether it has pages, so that `plain` holds headings, rows and labels.
        source: The triples of the file itself; empty where they cannot be told.
    """
    index = defaultdict(list)
    for place, triple in enumerate(triples(words(paper.text))):
        index[triple].append(place)
    beside = [paper.title, *paper.references, *(s.title for s in paper.sections)]
    beside += [figure.caption for figure in paper.figures]
    beside += [" ".join([t.caption, *(" ".join(row) for row in t.rows)]) for t in paper.tables]
    apart = set(triples(words(" . ".join(beside))))
    count, lacking, places, seen = 0, 0, [], set()
    skipped = lists_of_references(plain, apart) if pages else set()
    for section, sentence in plain:
        found = words(sentence)
        key = " ".join(found)
        if len(found) < 6 or key in seen or re.match(r"(?i)references|bibliogr", section):
            continue
        seen.add(key)
        if section in skipped:
            continue
        prose = sum(word.isalpha() and len(word) > 1 for word in found) >= 6
        if pages and not (prose and re.search(r"[.!?][\"”)]?\d*$", sentence.strip())):
            continue  # a heading, a row or a label: pdftotext does not tell them apart
        looked_for = triples(found)
        votes = Counter(
            (place - offset) // 12 for offset, t in enumerate(looked_for) for place in index[t][:50]
        )
        best = max(votes, key=lambda v: votes[v] + votes[v + 1], default=0)
        together = votes[best] + votes[best + 1]
        if together >= 0.5 * len(looked_for):
            count += 1
            places.append(best)
        elif sum(t in apart for t in looked_for) < 0.5 * len(looked_for):
            formula = re.search(r"[\\_^{]", sentence)
            known = sum(t in source for t in looked_for)
            absent = bool(source) and not formula and known < 0.35 * len(looked_for)
            lacking += absent
            count += not absent
    return count, len(places), ascending(places), lacking


def lists_of_references(plain: list[tuple[str, str]], apart: set[tuple[str, ...]]) -> set[str]:
    """The pages of which the larger part is the list of references."""
    inside: dict[str, list[bool]] = defaultdict(list)
    for page, sentence in plain:
        looked_for = triples(words(sentence))
        if looked_for:
            inside[page].append(sum(t in apart for t in looked_for) >= 0.5 * len(looked_for))
    return {page for page, found in inside.items() if sum(found) > 0.5 * len(found)}


def ascending(places: list[int]) -> int:
    """The length of the longest series of places that does not fall."""
    tails: list[int] = []
    for place in places:
        at = bisect.bisect_right(tails, place)
        tails[at : at + 1] = [place]
    return len(tails)


def spent() -> float:
    """CPU seconds of this process and its children."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def pairs(folder: Path) -> None:
    """Print how the PDFs of a folder are read, judged by their LaTeX."""
    totals = [0, 0, 0]
    for tex in sorted(folder.rglob("*.tex")):
        pdf = tex.with_suffix(".pdf")
        if not pdf.exists():
            continue
        try:
            source, paper = read_paper(tex), read_paper(pdf)
        except UserError as error:
            print(f"{tex.stem:30} {error}")
            continue
        plain = [(source.sections[s.section].title, s.text) for s in source.sentences]
        found = coverage(paper, plain, pages=False, source=set())[:3]
        totals = [a + b for a, b in zip(totals, found, strict=True)]
        print(f"{tex.stem:30}{found[0]:5}{found[1] / found[0]:7.1%}{found[2] / found[0]:7.1%}")
    print(f"{totals[1] / totals[0]:.1%} of {totals[0]} found, {totals[2] / totals[0]:.1%} in order")


def main() -> None:
    """Print a line for each paper and a total for each format."""
    if sys.argv[1:2] == ["--pairs"]:
        pairs(Path(sys.argv[2]))
        return
    data = Path(os.environ.get("COURSEKIT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "fulltext"
    rows = [json.loads(line) for line in (folder / "gold.jsonl").open(encoding="utf-8")]
    papers = {row["paper"]: (row["format"], folder / row["file"]) for row in rows}
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    print(f"{'paper':14}{'format':7}{'body':>5}{'found':>7}{'order':>7}{'ms':>6}  ms a page")
    for name, (kind, path) in papers.items():
        lines = (folder / "plain" / f"{name}.tsv").read_text(encoding="utf-8").split("\n")
        parts = (line.partition("\t") for line in lines if " | " not in line)
        plain = [(before, after) for before, tab, after in parts if tab]
        times = []
        for _ in range(3):
            start = spent()
            paper = read_paper(path)
            times.append((spent() - start) * 1000)
        source = source_triples(path) if kind == "latex" else set()
        count, found, order, lacking = coverage(paper, plain, kind == "pdf", source)
        for place, value in enumerate((count, found, order, lacking)):
            totals[kind][place] += value
        page = f"{min(times) / paper.pages:8.1f}" if paper.pages else ""
        print(f"{name:14}{kind:7}{count:5}{found / count:7.1%}{order / count:7.1%}"
              f"{min(times):6.0f}{page}")  # fmt: skip
    for kind, (count, found, order, lacking) in totals.items():
        shares = f"{found / count:.1%} of {count:.0f} found, {order / count:.1%} in order"
        print(f"{kind}: {shares}" + (f"; {lacking:.0f} not in the file" if lacking else ""))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {peak:.0f} MB here, {child:.0f} MB in the child process")


if __name__ == "__main__":
    main()

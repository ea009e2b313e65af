"""The showcase against a plain `mkdocs build` of the same words, and what it takes for many teams.

Run with `python benchmarks/site.py [--teams 100] [--many 1000]`. Each build is a process of its
own; CPU is user and system time with that of its children. There are two rivals, both with the
same theme and its own search. `pages` builds the finished pages that `coursekit site --into`
writes; `words` builds the teams' READMEs as they are, one page a team. Neither reads a repository,
cleans anything or converts a picture, all of which is in our figure. As after any first run,
Python's compiled modules (and our compiled templates, which lie beside them) are there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "coursekit"))

from site_teams import commit, readme, result, runs, source  # noqa: E402

# Enough different words that the index has a real vocabulary.
VOCABULARY = [
    "".join(parts)
    for parts in zip(
        *[random.Random(seed).choices(syllables, k=6000) for seed, syllables in enumerate(
            [["mo", "la", "ti", "ren", "sa", "vo", "ki", "du", "be", "fa", "gi", "pro"],
             ["ka", "lin", "to", "mer", "sol", "ba", "ni", "rus", "del", "qui", "ven", "zo"],
             ["n", "r", "tion", "ment", "s", "ly", "ing", "ed", "al", "ist", "ness", "ity"]]
        )],
        strict=True,
    )
]  # fmt: skip


def prose(draw: random.Random, sentences: int) -> str:
    """Paragraphs of made-up words."""
    found = []
    for number in range(sentences):
        words = draw.choices(VOCABULARY, k=draw.randint(8, 18))
        found.append(" ".join(words).capitalize() + ".")
        if number % 4 == 3:
            found.append("\n\n")
    return " ".join(found)


def cover(draw: random.Random) -> bytes:
    """A picture of photographic size."""
    import io

    from PIL import Image

    small = Image.effect_noise((48, 27), 80 + draw.random() * 40).convert("RGB")
    out = io.BytesIO()
    small.resize((1280, 720), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
    return out.getvalue()


def team(number: int) -> dict[str, str | bytes]:
    """A team that has written about as much as the 35 real ones did."""
    draw = random.Random(number)
    sources = "".join(
        source(n, prose(draw, 1)[:90], f"https://arxiv.org/abs/1706.{draw.randint(10000, 99999)}")
        .replace("To find out whether the method works.", prose(draw, 2))
        .replace("A model is trained on a public corpus.", prose(draw, 3))
        for n in range(1, 5)
    )  # fmt: skip
    table = "".join(f"| {draw.choice(VOCABULARY)} | {draw.randint(1, 999)} |\n" for _ in range(8))
    rows = [result(value=0.5, role="baseline", model="ngram", run="b")]
    rows += [result(value=0.8 + draw.random() / 10, seed=s, run=f"r{s}") for s in range(3)]
    files: dict[str, str | bytes] = {
        "README.md": readme(prose(draw, 1)[:60], description=prose(draw, 3)),
        "0_LiteratureReview/README.md": f"# Literature Review\n\n{sources}",
        "1_DatasetCharacteristics/README.md": (
            f"# Data\n\n{prose(draw, 12)}\n\n| class | n |\n| --- | ---: |\n{table}"
        ),
        "2_BaselineModel/README.md": (
            f"# Baseline\n\n{prose(draw, 10)}\n\n- {prose(draw, 1)}\n- {prose(draw, 1)}\n"
        ),
        "3_Model/README.md": (
            f"# Model\n\n{prose(draw, 12)}\n\n```python\nmodel = Encoder(layers=4)\n```\n"
        ),
        "4_Presentation/README.md": f"# Presentation\n\n{prose(draw, 4)}\n",
        **runs(*rows),
    }  # fmt: skip
    # Of 35 real teams, 24 have a cover of their own.
    if number % 3:
        files["CoverImage/cover_image.jpg"] = cover(draw)
    return files


def plain_project(folder: Path, teams: list[dict[str, str | bytes]]) -> Path:
    """The rival: finished Markdown, one page a team outside the navigation."""
    docs = folder / "docs"
    (docs / "teams").mkdir(parents=True)
    links = []
    for number, files in enumerate(teams):
        parts = []
        for name in sorted(files):
            if name.endswith("README.md"):
                lines = str(files[name]).splitlines()
                deeper = name != "README.md"
                shifted = [f"#{x}" if deeper and x.startswith("#") else x for x in lines]
                parts.append("\n".join(shifted))
        rows = json.loads(str(files["results.json"]))["results"]
        parts.append(
            "## Results\n\n| metric | value | model | seed |\n| --- | --- | --- | --- |\n"
            + "".join(
                f"| {r['metric']} | {r['value']} | {r['model']} | {r['seed']} |\n" for r in rows
            )
        )
        picture = files.get("CoverImage/cover_image.jpg")
        if isinstance(picture, bytes):
            (docs / "teams" / f"{number}.jpg").write_bytes(picture)
            parts.insert(1, f"![cover]({number}.jpg)")
        (docs / "teams" / f"team-{number}.md").write_text("\n\n".join(parts), encoding="utf-8")
        links.append(f"- [Team {number}](teams/team-{number}.md)")
    (docs / "index.md").write_text("# Teams\n\n" + "\n".join(links) + "\n", encoding="utf-8")
    (folder / "mkdocs.yml").write_text(
        "site_name: Plain\nnav: [index.md]\nuse_directory_urls: false\n"
        "theme:\n  name: material\n  font: false\n  features: [navigation.tabs, navigation.top]\n"
        "plugins: [search]\nmarkdown_extensions:\n"
        "  [attr_list, tables, toc, pymdownx.highlight, pymdownx.superfences]\n"
        "validation:\n  omitted_files: ignore\n  unrecognized_links: ignore\n"
        "  links: {not_found: ignore}\n"
    )  # fmt: skip
    return folder


def measure(command: list[str], cwd: Path) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a command."""
    code = (
        "import resource, subprocess, sys, json\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([u.ru_utime + u.ru_stime, u.ru_maxrss / 1024, done.returncode]))\n"
        "sys.stderr.write(done.stderr.decode()[-2000:] if done.returncode else '')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=cwd, capture_output=True, text=True, check=True,
        env={
            **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
            "NO_MKDOCS_2_WARNING": "1",
        },
    )  # fmt: skip
    cpu, memory, failed = json.loads(done.stdout)
    if failed:
        raise SystemExit(f"{command[:4]} failed:\n{done.stderr}")
    return cpu, memory


def after_one_change(command: list[str], folder: Path, rounds: int) -> tuple[float, float]:
    """Median CPU seconds and peak memory of a build after one team has rewritten everything."""
    found = []
    for number in range(rounds):
        commit(folder / "teams" / "team-0.git", team(10_000 + number), day=22)
        found.append(measure(command, folder))
    return sorted(found)[rounds // 2]


def median(values: list[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


def size(folder: Path) -> float:
    """Megabytes below a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def first_search(folder: Path, parts: int = 0) -> tuple[int, str]:
    """Bytes that the browser fetches for the most expensive first word, and the word's letters.

    Args:
        folder: The index.
        parts: How many files more it fetches for compounds that hold the word.
    """
    pages = (folder / "pages.js").stat().st_size
    shards = sorted((folder / "w").iterdir(), key=lambda p: -p.stat().st_size)
    shard = shards[0]
    if parts:
        pages += (folder / "words.js").stat().st_size
        pages += sum(one.stat().st_size for one in shards[1 : parts + 1])
    excerpts = sorted((p.stat().st_size for p in (folder / "p").iterdir()), reverse=True)[:8]
    return pages + shard.stat().st_size + sum(excerpts), bytes.fromhex(shard.stem).decode()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--teams", type=int, default=100)
    arguments.add_argument("--many", type=int, default=1000, help="0 leaves this part out")
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    site = [sys.executable, "-m", "coursekit", "site"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [team(n) for n in range(options.teams)]
        (folder / "teams").mkdir()
        for number, files in enumerate(made):
            commit(folder / "teams" / f"team-{number}.git", files)
        plain = plain_project(folder / "plain", made)
        pages = folder / "pages"
        measure([*site, "teams", "--into", "pages/docs"], folder)
        settings = (
            (plain / "mkdocs.yml")
            .read_text()
            .replace("[index.md]", "[index.md, leaderboard.md, literature.md]")
        )
        (pages / "mkdocs.yml").write_text(settings)
        mkdocs = [sys.executable, "-m", "mkdocs", "build", "-q", "-d", "out"]
        ratios: dict[str, list[float]] = {"pages": [], "words": []}
        shares: list[float] = []
        full = [*site, "teams", "--out", "site"]
        print(f"{options.teams} teams           CPU s  peak MB")
        for _ in range(options.rounds):
            rivals = {"pages": measure(mkdocs, pages), "words": measure(mkdocs, plain)}
            shutil.rmtree(folder / "site", ignore_errors=True)
            shutil.rmtree(folder / ".site-cache", ignore_errors=True)
            ours = measure(full, folder)
            print(f"coursekit site    {ours[0]:7.2f}  {ours[1]:7.0f}")
            for name, (cpu, memory) in rivals.items():
                ratios[name].append(ours[0] / cpu)
                print(f"mkdocs, {name:9} {cpu:7.2f}  {memory:7.0f}   ratio {ratios[name][-1]:.2f}")
            again = after_one_change(full, folder, 3)
            shares.append(again[0] / ours[0])
            print(f"after one change  {again[0]:7.2f}  {again[1]:7.0f}   share {shares[-1]:.2f}")
        for name, found in ratios.items():
            print(f"median ratio to {name}: {median(found):.2f} (goal: 1.15)")
        print(f"median share after one change: {median(shares):.2f} (goal: 0.20)")
    if not options.many:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "teams").mkdir()
        for number in range(options.many):
            commit(folder / "teams" / f"team-{number}.git", team(number))
        cpu, memory = measure([*site, "teams", "--out", "site"], folder)
        fetched, word = first_search(folder / "site" / "search")
        print(
            f"\n{options.many} teams: {cpu:.1f} CPU s ({1000 * cpu / options.many:.0f} ms a team)"
        )
        print(f"peak memory      {memory:8.0f} MB (goal: at most 200)")
        print(f"output           {size(folder / 'site'):8.1f} MB (goal: at most 150)")
        print(f"first search     {fetched / 1e6:8.2f} MB for a word in {word}… (goal: below 0.7)")
        fetched, _ = first_search(folder / "site" / "search", parts=3)
        print(f"with compounds   {fetched / 1e6:8.2f} MB at most, where three more files hold some")
        again = after_one_change([*site, "teams", "--out", "site"], folder, 3)
        print(f"after one change {again[0]:8.1f} CPU s, share {again[0] / cpu:.2f} (goal: 0.20)")


if __name__ == "__main__":
    main()

"""Hostile papers: bounded time and memory, nothing outside is read, nothing runs."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile

import pytest

from litreview.errors import UserError
from litreview.papers import paper as paper_module
from litreview.papers.archive import tex_files
from litreview.papers.open import parse, read_paper

PAPER = r"\begin{document}\section{A}Some text is here.%s\end{document}"


def packed(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """A compressed tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    "loop",
    [
        r"\def\one{\two x}\def\two{\one y}\one",
        r"\newcommand{\one}[1]{\two{#1#1}}\newcommand{\two}[1]{\one{#1#1}}\one{xy}",
        r"\def\one{\one}\one",
        r"\def\xa{xx}" + "".join(rf"\def\x{chr(98 + i)}{{\x{chr(97 + i)}\x{chr(97 + i)}}}"
                                 for i in range(24)) + r"\xy",
    ],
)  # fmt: skip
def test_macros_that_loop_end(loop):
    """A macro that calls itself or doubles for ever is left as it is, with a note."""
    paper = parse((PAPER % f"\n\n{loop}").encode())
    assert paper.sentences[0].text == "Some text is here."
    assert any("without end" in note for note in paper.notes)


def test_files_that_include_each_other_end(tmp_path):
    (tmp_path / "a.tex").write_text(PAPER % r"\input{b}")
    (tmp_path / "b.tex").write_text(r"Again.\input{b}")
    paper = read_paper(tmp_path / "a.tex")
    assert any("include each other without end" in note for note in paper.notes)
    assert paper.text.startswith("Some text is here.Again.")


@pytest.mark.parametrize("name", ["../secret", "{/etc/passwd}", "link", "../inside/../secret.tex"])
def test_nothing_outside_the_folder_is_read(tmp_path, name):
    """Not by a path upward, not by an absolute one, and not through a link."""
    (tmp_path / "secret.tex").write_text("Secret words root:x.")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "link.tex").symlink_to(tmp_path / "secret.tex")
    (folder / "paper.tex").write_text(PAPER % rf"\input {name} ")
    paper = read_paper(folder / "paper.tex")
    assert "Secret" not in paper.text
    assert "root:" not in paper.text
    assert any("was not read" in note for note in paper.notes)


def test_archives_are_not_unpacked(tmp_path, monkeypatch):
    """Members with paths upward and links are harmless, because nothing is written."""
    monkeypatch.chdir(tmp_path)
    data = packed({"../up.tex": (PAPER % "").encode()}, {"l.tex": "/etc/passwd"})
    assert parse(data).sentences[0].text == "Some text is here."
    assert tex_files(data).keys() == {"up.tex"}
    assert not list(tmp_path.iterdir())


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "bomb",
    [
        gzip.compress(b"\\section{A} " + b" " * 120_000_000, 1),
        packed({"a.tex": b"\\section{A} " + b" " * 12_000_000}),
        zipped("a.tex", b"\\section{A} " + b" " * 12_000_000),
    ],
    ids=["gzip", "tar", "zip"],
)
def test_bombs_are_not_unpacked(bomb):
    with pytest.raises(UserError, match="unpacks to more than"):
        parse(bomb)


DEEP = 30_000
HOSTILE = {
    "nested divisions": b"<html><p>Some text is here.</p>" + b"<div>" * DEEP,
    "nested spans": b"<html><p>Some text is here." + b"<span>x" * DEEP,
    "tables in tables": b"<html><p>Some text is here.</p>" + b"<table><tr><td>" * DEEP,
    "figures in figures": b"<html><p>Some text is here.</p>" + b"<figure><table>" * 3_000,
    "a style of brackets": b"<html><style>" + b"{" * 200_000 + b"</style><p>Some text is here.</p>",
    "JATS sections": b"<article><body><p>Some text is here.</p>" + b"<sec>" * DEEP,
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><article><body><p>Some text is here.</p><p>&j;</p></body></article>",
    "braces": (PAPER % ("\n\n" + "{" * 100_000)).encode(),
    "begins": (PAPER % ("\n\n" + r"\begin{a}" * 20_000)).encode(),
    "items": (PAPER % ("\n\n" + r"\item[" * 50_000)).encode(),
    "dollars": (PAPER % ("\n\n" + r"$x\$" * 50_000)).encode(),
    "citations": (PAPER % ("\n\n" + r"\cite{" * 50_000)).encode(),
    "footnotes": (PAPER % ("\n\n" + r"\footnote{" * 20_000)).encode(),
    "definitions": (r"\def\a" * 50_000 + PAPER % "").encode(),
    "iffalse": (PAPER % ("\n\n" + r"\iffalse " * 50_000)).encode(),
    "comments": (PAPER % ("\n\n" + "%\n" * 100_000)).encode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_markup_is_read_in_little_time_and_memory(name, tmp_path):
    """Each is read in a process of its own with 15 seconds of CPU and 500 MB."""
    path = tmp_path / "paper"
    path.write_bytes(HOSTILE[name])
    code = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from litreview.errors import UserError\nfrom litreview.papers.open import read_paper\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (15, 15))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))\n"
        "print(read_paper(Path(sys.argv[1])).sentences[0].text)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-600:]
    assert done.stdout.strip().startswith("Some text is here.")


def test_a_text_without_end_is_read_in_part(monkeypatch):
    """What is longer than any thesis is cut, and the paper says so."""
    monkeypatch.setattr(paper_module, "MAX_CHARACTERS", 2_000)
    paper = parse(b"<html>" + b"<p>Word after word is here now.</p>" * 400)
    assert (len(paper.sentences), len(paper.text)) == (66, 66 * 30 - 2)
    assert paper.notes == ("only the first 0.002 million characters were read",)

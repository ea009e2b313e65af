"""What a team writes can be read, and can do nothing else."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from coursekit.site.images import RefusedImageError, clean_svg, convert
from coursekit.site.sanitize import TAGS, clean, render_markdown

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">{}</svg>'


class Elements(HTMLParser):
    """Lists the elements and attributes of a piece of HTML, as a parser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag in TAGS, tag
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("style", "id", "srcset", "target")
            if name == "href":
                assert value.startswith(("http://", "https://", "mailto:")), value
            if name == "src":
                assert value.startswith("/safe/"), value
            if name == "class":
                assert "md-" not in value
                assert "mermaid" not in value


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "<a href=' java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='//evil.example/x'>x</a>",
    "![x](//evil.example/x.png)",
    "![x](https://evil.example/x.png)",
    "<img srcset='https://evil.example/x 1x' src=https://evil.example/x>",
    "<iframe src=https://evil.example></iframe>",
    "<style>body{display:none}</style>",
    "<form action=https://evil.example><input name=p><button>go</button></form>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "<base href=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example>",
    "# Title {: onclick=alert(1) }",
    '[x](https://ok.example){: onclick="alert(1)" }',
    '<div markdown="1" id="__search" class="md-header mermaid">x</div>',
    '<p style="position:fixed;inset:0">x</p>',
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    '<img alt="><script>alert(1)</script>" src=x>',
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "$</span><script>alert(1)</script>$",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "<template><script>alert(1)</script></template>",
    "<object data=x></object><embed src=x><applet></applet>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_acts_survives(attack):
    """The browser of a reader runs nothing that came from a team."""
    html = render_markdown(attack, lambda a: f"/safe/{a}" if a == "x" else None).html
    assert_harmless(html)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*ATTACKS, "<", ">", '"', "'", "`", "<!--", "-->", "<p", "\n\n", "&lt;"]),
        max_size=6,
    ).map("".join)
)
def test_no_mixture_of_attacks_survives(text):
    """Parsers disagree at the seams, so attacks come broken and joined."""
    assert_harmless(render_markdown(text, lambda a: None).html)


def test_the_report_says_what_was_removed():
    """Staff talk to the team about it, so it must be in words."""
    found = render_markdown(
        "<script>x</script><b onclick=x>b</b>[a](javascript:x)<i style='a'>c</i>"
    )
    assert {"<script>", "onclick= handler on <b>", "style="} <= set(found.removed)


def test_what_students_write_stays():
    """Lists by two spaces, tables, formulas, code and bare links are what READMEs are made of."""
    html = render_markdown(
        "## A\n\n- one\n  - **two**: https://arxiv.org/abs/1706.03762\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |\n\n$a_1$ is a formula\n\n"
        "$5 or $6 is money\n\n```python\nx = 1\n```\n"
    ).html
    assert "<h3>A</h3>" in html
    assert html.count("<ul>") == 2
    assert 'href="https://arxiv.org/abs/1706.03762"' in html
    assert '<td class="ck-right">2</td>' in html
    assert '<span class="ck-math">a_1</span>' in html
    assert "$5 or $6" in html
    assert '<span class="n">x</span>' in html


def test_headings_fit_below_the_pages_own_without_a_gap():
    """A screen reader's outline must not jump from 2 to 5."""
    html = render_markdown("# A\n\n#### B\n\n# C\n").html
    assert [tag for tag, _ in Elements(html).found] == ["h3", "h4", "h3"]


def test_a_very_long_readme_is_cut_and_reported():
    """Fifty megabytes of text must not become a page."""
    found = render_markdown("word " * 100_000)
    assert len(found.html) < 70_000
    assert "40,000" in found.removed[0]


def test_deep_nesting_ends():
    """Ten thousand quotation marks are a stack overflow elsewhere."""
    assert_harmless(render_markdown("> " * 10_000 + "x").html)
    assert_harmless(render_markdown("- " * 5_000 + "[" * 5_000).html)


def picture(size=(40, 20), kind="PNG", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_written_anew(kind):
    """What hides behind or inside a picture's file is left behind."""
    data = picture(kind=kind) + b"<script>alert(1)</script>"
    found = convert(data, ".png", max_width=20)
    assert found.suffix in (".jpg", ".webp")
    assert (found.width, found.height) == (20, 10)
    assert b"script" not in found.data


def test_a_pictures_place_and_camera_are_dropped():
    """A photograph of the team may say where they live."""
    exif = Image.Exif()
    exif[0x010E] = "12 Home Street"
    found = convert(picture(kind="JPEG", exif=exif), ".jpg", max_width=40)
    assert b"Home Street" not in found.data


def test_a_bomb_is_refused_before_it_unfolds():
    """A few kilobytes can unfold to gigabytes of pixels."""
    for size in (6_000, 15_000):
        out = io.BytesIO()
        Image.new("1", (size, size)).save(out, "PNG")
        assert len(out.getvalue()) < 200_000
        with pytest.raises(RefusedImageError, match="unfolds"):
            convert(out.getvalue(), ".png", max_width=100)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"x" * 50, b"<html>"])
def test_what_is_no_picture_is_refused(data):
    """A name that ends in .png promises nothing."""
    with pytest.raises(RefusedImageError):
        convert(data, ".png", max_width=100)


def test_a_plot_passes():
    """Drawings as plotting libraries write them stay what they are."""
    drawing = SVG.format(
        '<style>.a{fill:#123}</style><g class="a" transform="scale(2)"><path d="M0 0L9 9"/>'
        '<text x="1" y="2">loss</text><use href="#p"/><rect clip-path="url(#c)" width="3"/></g>'
    )
    found = clean_svg(drawing.encode())
    assert found.suffix == ".svg"
    assert b"loss" in found.data
    assert (found.width, found.height) == (10, 10)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)"/>',
        '<a href="https://evil.example"><rect/></a>',
        '<image href="https://evil.example/x.png"/>',
        '<use href="https://evil.example/x.svg#a"/>',
        '<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="data:image/svg+xml,x"/>',
        "<foreignObject><body/></foreignObject>",
        "<style>@import url(https://evil.example)</style>",
        "<style>rect{fill:url(https://evil.example)}</style>",
        "<style>@im\\70ort 'x'</style>",
        '<rect style="fill:url( //evil.example/x)"/>',
        '<rect fill="url(https://evil.example#a)"/>',
        '<set attributeName="href" to="javascript:alert(1)"/>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>',
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
    ],
)
def test_a_drawing_that_acts_or_loads_is_refused(inside):
    """A picture is not a program."""
    with pytest.raises(RefusedImageError):
        clean_svg(SVG.format(inside).encode())


def test_entities_are_refused():
    """One kilobyte of entities unfolds to gigabytes, or reads a file."""
    head = '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(RefusedImageError):
        clean_svg((head + SVG.format("<text>&b;</text>")).encode())


def test_unknown_attributes_are_dropped_quietly():
    """Editors leave their own marks in a drawing; they do no harm and no good."""
    drawing = SVG.format(
        '<rect width="3" xmlns:ink="http://ink.example" ink:label="x" data-a="1"/>'
    )
    assert b"label" not in clean_svg(drawing.encode()).data


def test_clean_works_without_markdown():
    """Finished HTML from elsewhere (a notebook's output) passes the same gate."""
    assert clean("<b>x</b><script>y</script>").html == "<b>x</b>"


def test_a_list_of_tasks_shows_its_boxes():
    """Teams plan in their READMEs; elsewhere brackets are brackets."""
    html = render_markdown("- [x] trained\n- [ ] compared\n- [x](https://a.example)\n\n[x] no").html
    assert "<li>☑ trained</li>" in html
    assert "<li>☐ compared</li>" in html
    assert ">x</a>" in html
    assert "<p>[x] no</p>" in html


def test_a_diagram_is_marked_for_the_browser_and_stays_text():
    """Whatever stands in it: the browser draws it later, as a picture."""
    html = render_markdown("```mermaid\nA[<script>x</script>]\n```\n").html
    assert html.startswith('<pre class="mermaid-source"><code>A[&lt;script&gt;x')

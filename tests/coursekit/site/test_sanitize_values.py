"""What a reader gets for a piece of Markdown, what is reported, and what is searched."""

from __future__ import annotations

import pytest

from coursekit.site.code import MAX_CODE_CHARS
from coursekit.site.sanitize import (
    ATTRIBUTES,
    DROPPED_WITH_CONTENT,
    FEW_MARKS,
    MAX_BARE_LINKS,
    MAX_COLUMNS,
    MAX_EFFORT,
    MAX_MARKDOWN_CHARS,
    MAX_MARKS,
    MAX_MATH_CHARS,
    SCHEMES,
    TAGS,
    clean,
    parse_blocks,
    render_markdown,
)

REL = 'rel="noopener noreferrer nofollow"'


def published(address: str) -> str | None:
    return f"/safe/{address}" if address.endswith("png") else None


def shown(text: str) -> str:
    return render_markdown(text, published).html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![cat](c.png)", '<p><img src="/safe/c.png" alt="cat" loading="lazy"></p>\n'),
        ("<img src=c.png>", '<img src="/safe/c.png" alt="" loading="lazy">'),
        ("<img src=c.png width=10 height=12>",
         '<img src="/safe/c.png" alt="" width="10" height="12" loading="lazy">'),
        ("<img src=c.png width=9999 height=10000>",
         '<img src="/safe/c.png" alt="" width="9999" loading="lazy">'),
        ("<img alt=a src=c.png width=1px>", '<img src="/safe/c.png" alt="a" loading="lazy">'),
        ("![a](x.gif)", "<p><em>a</em></p>\n"),
        ("[a](http://x.org/?q=1&r=2)",
         f'<p><a href="http://x.org/?q=1&amp;r=2" {REL}>a</a></p>\n'),
        ("[a](mailto:a@x.org)", f'<p><a href="mailto:a@x.org" {REL}>a</a></p>\n'),
        ("[a](page.md)", f"<p><a {REL}>a</a></p>\n"),
        ("[a](#top)", f"<p><a {REL}>a</a></p>\n"),
        ("see www.x.org", f'<p>see <a href="http://www.x.org" {REL}>www.x.org</a></p>\n'),
        ("a@x.org", f'<p><a href="mailto:a@x.org" {REL}>a@x.org</a></p>\n'),
        ("~~a~~ *b* **c**", "<p><s>a</s> <em>b</em> <strong>c</strong></p>\n"),
        ("3. x", '<ol start="3">\n<li>x</li>\n</ol>\n'),
        ("<ol start=-3><li>x</li></ol>", "<ol><li>x</li></ol>"),
        ("<details open><summary>s</summary>t</details>",
         '<details open=""><summary>s</summary>t</details>'),
        ('<span lang="de" class="ck-math evil">x</span>',
         '<p><span lang="de" class="ck-math">x</span></p>\n'),
        ("<table><tr><th scope=col colspan=2>x</th><td rowspan=3>y</td></tr></table>",
         '<table><tbody><tr><th scope="col" colspan="2">x</th><td rowspan="3">y</td></tr></tbody>'
         "</table>"),
        ("| a | b | c |\n|:-:|--:|---|\n",
         '<table>\n<thead>\n<tr>\n<th class="ck-center">a</th>\n<th class="ck-right">b</th>\n'
         "<th>c</th>\n</tr>\n</thead>\n</table>\n"),
        ("$$\na<b\n$$", '<p><span class="ck-math-block">a&lt;b</span></p>'),
        ("$a<b$", '<p><span class="ck-math">a&lt;b</span></p>\n'),
        ("$ a$ and 5$", "<p>$ a$ and 5$</p>\n"),
        ("```\n<x>\n```", "<pre><code>&lt;x&gt;\n</code></pre>\n"),
        ("```nosuch\n<x>\n```", "<pre><code>&lt;x&gt;\n</code></pre>\n"),
        ("```python\n\nx\n```", '<pre><code>\n<span class="n">x</span>\n</code></pre>\n'),
        ("```Mermaid\nA\n```", '<pre class="mermaid-source"><code>A\n</code></pre>\n\n'),
        ("a\0b &amp; &lt;c&gt;", "<p>ab &amp; &lt;c&gt;</p>\n"),
        ("> [!note] a<b *c*\n> d",
         "<blockquote>\n<p><strong>Note</strong> a&lt;b <em>c</em>\nd</p>\n</blockquote>\n"),
        ("> [!TIP]\t x", "<blockquote>\n<p><strong>Tip</strong> x</p>\n</blockquote>\n"),
        ("> [!NOTED] x", "<blockquote>\n<p>[!NOTED] x</p>\n</blockquote>\n"),
        ("> x [!CAUTION] y", "<blockquote>\n<p>x [!CAUTION] y</p>\n</blockquote>\n"),
        ("> [!CAUTION]y", "<blockquote>\n<p><strong>Caution</strong> y</p>\n</blockquote>\n"),
        ("> [x] y", "<blockquote>\n<p>[x] y</p>\n</blockquote>\n"),
        ("- [!NOTE] y", "<ul>\n<li>[!NOTE] y</li>\n</ul>\n"),
        ("- [ ] *a*\n- [y] b", "<ul>\n<li>☐ <em>a</em></li>\n<li>[y] b</li>\n</ul>\n"),
        ("[!NOTE] y", "<p>[!NOTE] y</p>\n"),
        ("$`a_1*b*`$ *c*", '<p><span class="ck-math">a_1*b*</span> <em>c</em></p>\n'),
        ("x $$ a<b $$ y",
         '<p>x </p><p><span class="ck-math-block">a&lt;b</span></p> y<p></p>\n'),
        ("$a$5", "<p>$a$5</p>\n"),
        ("5$a$", "<p>5$a$</p>\n"),
        ("``` Math \na<b\n```", '<p><span class="ck-math-block">a&lt;b</span></p>'),
        ("t\n| a |\n|---|\n| b |",
         "<p>t</p>\n<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n"
         "<td>b</td>\n</tr>\n</tbody>\n</table>\n"),
        ("[a]: x 'b\n| a |\n|---|\n",
         "<p>[a]: x 'b</p>\n<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n</table>\n"),
        ("a[^1]\n\n[^1]: b",
         f"<p>a<sup><a {REL}>[1]</a></sup></p>\n<hr>\n\n<ol>\n<li><p>b <a {REL}>↩︎</a></p>\n</li>\n"
         "</ol>\n\n"),
        ("^[x]", "<p>^[x]</p>\n"),
        ("a\n: b", "<dl>\n<dt>a</dt>\n<dd>b</dd>\n</dl>\n"),
        ("<video src=https://x.org/a.mp4 poster=p.png>w</video>",
         f'<p><a href="https://x.org/a.mp4" {REL}><img alt="" src="/safe/p.png" loading="lazy">'
         "▶ video</a>w</p>\n"),
        ("<video poster=p.png><source src='https://x.org/a?b=1&amp;c=\"2' poster=q.gif></video>",
         f'<p><a href="https://x.org/a?b=1&amp;c=&quot;2" {REL}>▶ video</a></p>\n'),
        ("<video poster='a&amp;b.png' src=http://x.org>",
         f'<a href="http://x.org" {REL}><img alt="" src="/safe/a&amp;b.png" loading="lazy">'
         "▶ video</a>"),
        ("<video src=a.mp4>w</video>", "<p>w</p>\n"),
        ("<video>w</video>", "<p>w</p>\n"),
        ("<img src='HTTPS://x.org/a.gif' alt='a\"b'>",
         f'<a href="HTTPS://x.org/a.gif" {REL}>a"b</a>'),
        ("<img src='https://x.org/a\"b.gif'>",
         f'<a href="https://x.org/a&quot;b.gif" {REL}>picture</a>'),
        ("<img src='mailto:a@x.org' alt=y>", "<em>y</em>"),
        ("<img src='mailto:a@x.org'>", ""),
        ("<img alt='q\"r' src='a.png'>", '<img src="/safe/a.png" alt="q&quot;r" loading="lazy">'),
        ("<IMG ALT=z>", "<em>z</em>"),
        ("<img src=a&amp;b.png>", '<img src="/safe/a&amp;b.png" alt="" loading="lazy">'),
        ("<img src='a\"b.png'>", '<img src="/safe/a&quot;b.png" alt="" loading="lazy">'),
        ("<img src=a.png width='\"9'>", '<img src="/safe/a.png" alt="" width="9" loading="lazy">'),
        ("<img src=a.png height='x\"9'>", '<img src="/safe/a.png" alt="" loading="lazy">'),
        ("<imgs src=a.png>", ""),
        ("[y](HTTPS://x.org)", f'<p><a href="HTTPS://x.org" {REL}>y</a></p>\n'),
        ("<a href=' https://x.org'>y</a>", f'<p><a href=" https://x.org" {REL}>y</a></p>\n'),
        ("<a href='ftp://x.org'>y</a>", f"<p><a {REL}>y</a></p>\n"),
        ("[y](https://x.org:80/a)", f'<p><a href="https://x.org:80/a" {REL}>y</a></p>\n'),
        ("[y](a:b:c)", f"<p><a {REL}>y</a></p>\n"),
        ("<http://x.org>", f'<p><a href="http://x.org" {REL}>http://x.org</a></p>\n'),
        ("<b id=a class=b style=c title=d>x</b>", '<p><b title="d">x</b></p>\n'),
        ("a <!-- c --> d", "<p>a  d</p>\n"),
    ],
)  # fmt: skip
def test_markdown_becomes_this(text, html):
    assert shown(text) == html


@pytest.mark.parametrize(
    ("text", "tops", "levels"),
    [
        ("# A\n# B\n## C\n#### D\n## E\n", 3, "33454"),
        ("### A\n# B\n### C\n", 3, "334"),
        ("###### A\n", 3, "3"),
        ("# A\n## B\n### C\n#### D\n##### E\n", 3, "34566"),
        ("# A\n## B\n", 5, "56"),
    ],
)
def test_headings_begin_at_the_pages_level_and_skip_none(text, tops, levels):
    html = render_markdown(text, top=tops).html
    found = [line for line in html.splitlines() if line]
    assert [(line[2], line[-2]) for line in found] == [(n, n) for n in levels]


@pytest.mark.parametrize(
    ("text", "removed", "words"),
    [
        ("<svg><text>a</text></svg>after", ("<svg>", "<text>"), "after"),
        ("<style>a</style>b <style>c</style>d", ("<style> (×2)",), "b d"),
        ("<textarea>a</textarea>b", ("<textarea>",), "b"),
        ("<font>x</font> <center>y</center> <section>z</section> <tt>q</tt>", (), "x y z q"),
        ("<p onclick=a onload=b>x</p>",
         ("onclick= handler on <p>", "onload= handler on <p>"), "x"),
        ("<a href='DATA:x'>x</a><a href=' java\nscript:x'>y</a>",
         ("data: address", "javascript: address"), "x y"),
        ("<a href='vbscript:x'>x</a><a href='file:x'>y</a><a href='blob:x'>z</a>",
         ("vbscript: address", "file: address", "blob: address"), "x y z"),
        ("<img src='http://x.org/a' alt=a>", ("image from another site",), "a"),
        ("<img src='//x.org/a' alt=a>", ("image from another site",), "a"),
        ("<img src='a/b' alt=a>", (), "a"),
        ("<img src='a.png' alt=a>", (), ""),
        ("<a href='//x.org'>x</a>", (), "x"),
        ("<form action='javascript:1'>x</form>", ("<form>", "javascript: address"), "x"),
        ("<i style='a'>a</i> <i style='b'>b</i>", ("style= (×2)",), "a b"),
        ("a *b*\n\nc `d`\n\n| e | f |\n|--|--|\n| g | $h$ |", (), "a b c d e f g h"),
        ("<b>a  b</b>  c\n\nd &lt;", (), "a b c d <"),
        ("x <", (), "x <"),
        ("x ![", (), "x !["),
        ("`<b style=x>`", (), "<b style=x>"),
        ("<o onclickaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=b>",
         ("<o>", "onclickaaaaaaaaaaaaaaaaaaaaaaa= handler on <o>"), ""),
        ("<form action='vbscript:x' data='data:x' formaction=javascript:x poster='blob:x' "
         "srcset='file:x'>",
         ("<form>", "vbscript: address", "data: address", "javascript: address",
          "blob: address", "file: address"), ""),
        ("<img src=c:x.jpg alt=y>", ("image from another site",), "y"),
        ("<a href='data'>x</a> <p title='data:x' href=c:x>y</p>", (), "x y"),
        ("<a href='java&#115;cript:x'>x</a>", ("javascript: address",), "x"),
        ("<b style = 'a'>x</b>", ("style=",), "x"),
        ("a<x y", (), "a<x y"),
        ("<h1>a</h1><h6>b</h6><nav>c</nav>", ("<nav>",), "a b c"),
        ("- [X] a\n- [ ] b\n- [x]c\n\n[x] d", (), "☑ a ☐ b [x]c [x] d"),
    ],
)  # fmt: skip
def test_staff_and_search_read_this(text, removed, words):
    """What is hidden from a reader is not found by the search either."""
    found = render_markdown(text, published)
    assert (found.removed, found.text) == (removed, words)


def test_each_limit_is_kept_to_the_character():
    whole = render_markdown("a" * MAX_MARKDOWN_CHARS)
    assert (len(whole.html), whole.removed) == (MAX_MARKDOWN_CHARS + 8, ())
    cut = render_markdown("a" * MAX_MARKDOWN_CHARS + "b")
    assert cut.html == whole.html
    assert cut.removed == (f"text after the first {MAX_MARKDOWN_CHARS:,} characters",)
    code = "x" * (MAX_CODE_CHARS - 1)
    assert 'class="n"' in shown(f"```python\n{code}\n```")
    assert 'class="n"' not in shown(f"```python\n{code}x\n```")
    math = "y" * MAX_MATH_CHARS
    assert shown(f"${math}z$") == f'<p><span class="ck-math">{math}</span></p>\n'
    assert shown(f"$$\n{math}z\n$$") == f'<p><span class="ck-math-block">{math}</span></p>'
    assert len(clean("<p>" + "w " * 60_000).text) == 50_000


def test_removals_add_to_those_that_were_known():
    assert clean("<u>x</u><script>", removed=["first"]).removed == ("first", "<script>")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[y](a/b.md)", f'<p><a href="https://h.org/a/b.md" {REL}>y</a></p>\n'),
        ("<a\thref=x>d</a>", f'<p><a href="https://h.org/x" {REL}>d</a></p>\n'),
        ("[y](http://x.org)", f'<p><a href="http://x.org" {REL}>y</a></p>\n'),
        ("[y](ftp://x.org)", f"<p><a {REL}>y</a></p>\n"),
        ("*a*: b", "<p><em>a</em>: b</p>\n"),
    ],
)
def test_a_relative_link_leads_to_where_the_caller_says(text, html):
    def link(address: str) -> str | None:
        return None if ":" in address else f"https://h.org/{address}"

    assert render_markdown(text, link=link).html == html
    assert clean(html, link=link).html == html


def test_the_report_lists_fifty_kinds_and_then_ends():
    """A page of invented tags is no report."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    tags = [f"x{a}{b}" for a in "abc" for b in letters][:60]
    found = clean("".join(f"<{tag}>" for tag in tags))
    assert found.removed == tuple(f"<{tag}>" for tag in tags[:51])


# --- a text may have so much and no more of what makes it slow to read ---


def paragraph(marks: int) -> str:
    """Words between stars behind one mark, so that a cut after an even number parts two stars."""
    assert marks % 2
    return "! " + "*a* " * (marks // 2)


@pytest.mark.parametrize(
    ("marks", "emphasised"),
    [
        (MAX_MARKS - 1, 149),
        # A piece has 16 marks: its first or last star lost its partner, so 7 of 8 remain.
        (MAX_MARKS + 1, 7 * 18 + 6),
        (MAX_MARKS + 3, 7 * 18 + 7),
    ],
)
def test_a_paragraph_with_too_many_marks_is_read_in_pieces(marks, emphasised):
    """No real paragraph has so many, and a hostile one costs little."""
    html = render_markdown(paragraph(marks)).html
    assert html.count("<em>a</em>") == emphasised
    assert html.replace("<em>", "*").replace("</em>", "*") == f"<p>{paragraph(marks).strip()}</p>\n"


def test_as_many_marks_as_are_allowed_are_read_at_once():
    html = render_markdown("*a* " * (MAX_MARKS // 2)).html
    assert html.count("<em>a</em>") == MAX_MARKS // 2


def test_the_effort_of_a_text_is_the_sum_of_its_paragraphs():
    """Many paragraphs with many marks each cost as much as one that is too long."""
    full = "*a* " * (MAX_MARKS // 2)
    rest = MAX_EFFORT - 22 * MAX_MARKS**2
    assert rest == 100**2 + 99**2 + 199
    before = f"{full}\n\n" * 22 + f"{'*a* ' * 50}\n\n"
    used = before + f"{paragraph(99)}\n\n" + "*a* " * 7 + "\n\n"  # 3 of effort are left
    assert render_markdown(used).html.count("<em>") == 22 * 150 + 50 + 49 + 7
    # One that has few marks is read whole all the same, and one with more in pieces.
    after = used + "*a* " * 8 + "\n\n" + paragraph(FEW_MARKS + 1) + "\n\n" + paragraph(33)
    assert render_markdown(after).html.count("<em>") == 22 * 150 + 50 + 49 + 7 + 8 + 7 + 14


@pytest.mark.parametrize(("marks", "emphasised"), [(99, 49), (100, 6 * 7 + 1)])
def test_the_effort_is_spent_with_its_last_unit(marks, emphasised):
    full = "*a* " * (MAX_MARKS // 2)
    before = f"{full}\n\n" * 22 + f"{'*a* ' * 50}\n\n"
    assert 22 * MAX_MARKS**2 + 100**2 + 100**2 == MAX_EFFORT
    last = "! " + "*a* " * 49 + "!" * (marks - 99)
    html = render_markdown(before + last).html
    assert html.count("<em>") == 22 * 150 + 50 + emphasised


@pytest.mark.parametrize(("columns", "is_table"), [(MAX_COLUMNS - 1, True), (MAX_COLUMNS, False)])
def test_a_table_has_no_more_columns_than_a_page(columns, is_table):
    """A line of `n` columns has `n + 1` bars."""
    text = f"|{'a|' * columns}\n|{'-|' * columns}\n|b|\n"
    html = render_markdown(text).html
    assert ("<table>" in html, html.count("<td>")) == (is_table, columns * is_table)


@pytest.mark.parametrize("address", ["a@x.org", "http://x.org/", "www.x.org"])
def test_bare_addresses_are_linked_up_to_a_number(address):
    """With more of them a text is no longer one that somebody wrote."""
    lines = [f"{address}\n\n"] * MAX_BARE_LINKS
    assert render_markdown("".join(lines)).html.count("<a ") == MAX_BARE_LINKS
    assert render_markdown("".join([*lines, address])).html.count("<a ") == 0


def test_quotations_lie_in_each_other_only_so_deep():
    assert render_markdown("> " * 39 + "x").html.count("<blockquote>") == 39
    assert render_markdown("> " * 60 + "x").html.count("<blockquote>") == 40


@pytest.mark.parametrize(("length", "is_formula"), [(500, True), (501, False)])
def test_a_formula_of_the_host_has_a_longest_length(length, is_formula):
    html = render_markdown(f"$`{'a' * length}`$").html
    assert ("`" not in html) is is_formula


def test_what_may_pass_is_this_and_nothing_else():
    """Whoever lets more through says so twice."""
    assert " ".join(sorted(TAGS)) == (
        "a abbr b blockquote br caption cite code dd del details dfn div dl dt em figcaption "
        "figure h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub "
        "summary sup table tbody td tfoot th thead tr u ul var"
    )
    assert " ".join(sorted(DROPPED_WITH_CONTENT)) == (
        "applet embed iframe math noembed noframes noscript object plaintext script select style "
        "svg template textarea title xmp"
    )
    assert {tag: sorted(names) for tag, names in ATTRIBUTES.items()} == {
        "a": ["href"],
        "details": ["open"],
        "img": ["alt", "height", "src", "width"],
        "ol": ["start"],
        "span": ["lang"],
        "td": ["colspan", "rowspan"],
        "th": ["colspan", "rowspan", "scope"],
    }
    assert sorted(SCHEMES) == ["http", "https", "mailto"]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<img>", ""),
        ("<img src=''>", ""),
        ("<img alt=a>", "<em>a</em>"),
        ("<img src=b.png>", '<img src="/safe/b.png" alt="" loading="lazy">'),
        ("<video src=https://x.org/v>",
         f'<a href="https://x.org/v" {REL}>▶ video</a>'),
        ("<video src=https://x.org/v poster=p.png>",
         f'<a href="https://x.org/v" {REL}><img alt="" src="/safe/p.png" loading="lazy">'
         "▶ video</a>"),
    ],
)  # fmt: skip
def test_a_picture_without_an_address_is_asked_for_nowhere(text, html):
    """Also where everything that is asked for is published."""
    assert clean(text, lambda address: f"/safe/{address}" if address else None).html == html


def test_the_blocks_of_a_text_are_as_long_as_the_page_and_without_zeros():
    (_, paragraph_, _) = parse_blocks("a\0*b*" + "c" * MAX_MARKDOWN_CHARS)
    assert paragraph_.content == "a*b*" + "c" * (MAX_MARKDOWN_CHARS - 5)
    assert paragraph_.children == []


def test_lines_of_a_paragraph_are_words_of_their_own_for_the_search():
    """`prediction` and `Capture` on two lines are not one word, however the line ends."""
    text = render_markdown("price prediction\nCapture both  \nsides **b**old").text
    assert text == "price prediction Capture both sides bold"

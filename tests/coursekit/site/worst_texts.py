"""Texts that make a careless pattern or parser work without end, each as long as wanted."""

from __future__ import annotations

SIZE = 100_000
# What is repeated, by what it is aimed at.
REPEATED = {
    "image tag that never ends": "<img ",
    "link tag that never ends": '<a href="',
    "quotes in a tag": "<a b='c=\"d>",
    "comment": "<!--x--> ",
    "comment that never ends": "<!-- ",
    "CDATA": "<![CDATA[",
    "declaration": "<!A ",
    "processing instruction": "<?",
    "bold that never ends": "**a",
    "emphasis in emphasis": "a**bc* ",
    "underscore": "_a ",
    "star": "*",
    "struck out": "~~a",
    "code marks": "`a``b",
    "bracket": "[",
    "bracket with words": "[a",
    "link without end": "[a](",
    "link to a reference": "[a][b]",
    "reference": "[a]: b\n",
    "picture": "![",
    "picture without end": "![a](",
    "address": "http://a.",
    "address with brackets": "https://a.b/(((",
    "address with a query": "https://a.b/?a=(",
    "host": "www.a.",
    "mail": "a@b.",
    "at": "a@",
    "quotation": ">",
    "quotations": "> ",
    "alert": "> [!NOTE]\n",
    "list": "- ",
    "tasks": "- [ ] a\n",
    "definitions": "a\n: b\n",
    "footnotes": "[^a]",
    "footnote texts": "[^a]: b\n",
    "formula": "$a ",
    "formulas": "$$a\n",
    "formula of the host": "$`a`$",
    "formula block": "```math\na\n```\n",
    "table": "|a|\n|-|\n",
    "pipes": "|",
    "headings": "#a\n",
    "hashes": "# ",
    "underlined headings": "a\n=\n",
    "fences": "```\n",
    "entity": "&#",
    "backslash": "\\",
    "tags": "<b>",
    "blocks": "<div>\n\n",
    "empty lines": "\n",
    "lines of spaces": " \n",
    "spaces": " ",
    "tabs": "\t",
    "combining marks": "a\u0301\u0302",
    "half emojis": "\ud83d",
    "escape sequences": "\x1b[",
    "titles of terminals": "\x1b]0;",
    "sections": "## Description\n",
    "fields": "- **Best Model",
}
FENCED = {
    "Python": ("python", "'''"),
    "JavaScript": ("javascript", "/a"),
    "C++": ("cpp", "("),
    "Perl": ("perl", "s/a"),
    "LaTeX": ("latex", "\\a{"),
    "Markdown": ("markdown", "**a"),
    "HTML": ("html", "<a "),
    "SQL": ("sql", "'a"),
}


def _repeat(unit: str) -> str:
    return (unit * (SIZE // len(unit) + 1))[:SIZE]


def worst_texts() -> dict[str, str]:
    """All of them, by name."""
    texts = {name: _repeat(unit) for name, unit in REPEATED.items()}
    for name, (language, unit) in FENCED.items():
        texts[f"code in {name}"] = f"```{language}\n{_repeat(unit)}\n```\n"
    wide = "|a" * 2000 + "|\n" + "|-" * 2000 + "|\n"
    texts["wide table"] = wide + _repeat("|a|\n")
    texts["results without end"] = "## Results\n" + _repeat("- **Result:** [")
    texts["label far from its colon"] = f"## Results\n- **Best Model{_repeat(' ')}: x"
    texts["heading far from its end"] = f"## {_repeat('description ')}"
    texts["nothing before the team"] = f"{_repeat(chr(10))}team: a"
    return texts

"""What stands in a README where an answer should be: the template's words, TBD, dots."""

from __future__ import annotations

import re

from litreview.review.form import bare_words, packaged_form

ABSENT = "not found in the abstract"
NOT_FOUND = f"{ABSENT}: please fill in"

_NOTHING = re.compile(
    r"(?:[\W_]*|(?:n\.?\s?/?\s?a\.?|tbd|tba|tbc|to ?do|none|null|nil|x{2,9}|fixme|pending|later"
    r"|coming soon|work in progress|wip|lorem ipsum.*|to be (?:added|done|determined|defined"
    r"|filled|written|completed).*|kommt noch|folgt|noch offen|placeholder|your (?:text|answer)"
    r"(?: here)?|please fill in|fill (?:me|this)? ?in|not found in the abstract.*"
    r"|title of (?:the )?(?:source|paper|article|work)\b.*|title|titel|link|text)\W*)",
    re.IGNORECASE,
)
# Only inside brackets or angle brackets: without them it may be a real, if short, answer.
_PROMPT = re.compile(
    r"(?:your|insert|describe|write|add|enter|put|fill|briefly|what|which|how|why|short|one|please"
    r"|summary of|explain|name of|title of|a (?:short|brief)|the (?:goal|title|link)|beschreib\w*"
    r"|was|welche|wie)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\W*(?:title of (?:the )?(?:source|paper|article|work)\s*\d{0,3}|(?:paper|source|article)"
    r"\s*(?:title|name|\d{1,3})|title|titel|name|untitled|source)\W*",
    re.IGNORECASE,
)
# What this and earlier templates say outside their sources, perhaps with an answer behind it.
_PROSE = re.compile(
    r"(?:#*\s*literature review|approaches (?:or solutions )?that (?:have been|others have)"
    r" tried"
    r"|summary of each work|which are the models commonly used|which models are commonly used"
    r"|which format (?:must|does|has|do)\b.{0,20}training data|how much training data"
    r"|are there (?:any )?pre-?trained models|which pre-?trained models"
    r"|in which format does the training data|what we learned\W*$|your answer, with the source)",
    re.IGNORECASE,
)


def is_placeholder(text: str, field: str = "") -> bool:
    """Whether a text stands for an answer that is still to come."""
    stripped = text.strip()
    if _NOTHING.fullmatch(stripped):
        return True
    inner = re.fullmatch(r"[\[<({]+\s*(.{0,300}?)\s*[\]>)}]+\.?", stripped)
    if inner is None:
        return False
    content = inner[1].strip()
    return bool(_NOTHING.fullmatch(content) or _PROMPT.match(content)) or (
        content.casefold().rstrip("s") == field.rstrip("s")
    )


def is_placeholder_title(text: str) -> bool:
    """Whether a title is still the template's."""
    return bool(_TITLE.fullmatch(text.strip())) or is_placeholder(text)


def is_template_prose(text: str) -> bool:
    """Whether a line is the template's own introduction, not the team's words."""
    if bare_words(text[:1_000]) in packaged_form().prose:
        return True
    return bool(_PROSE.match(re.sub(r"^[\W_]+", "", text)))

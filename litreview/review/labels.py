"""The words, English and German, under which people write a field of a review."""

from __future__ import annotations

import re

FIELDS = ("objective", "methods", "outcomes", "relation")
# What an abstract can tell; the relation is the team's own.
SUMMARISED = FIELDS[:3]

_WORDS = {
    "objective": r"objectives?|goals?|aims?|purpose|research questions?|problem statement"
    r"|ziel(?:e|setzung)?|zweck|fragestellung",
    "methods": r"methods?|methodology|methodologies|approach(?:es)?|techniques?"
    r"|methoden?|methodik|vorgehen(?:sweise)?|ansatz|ansätze",
    "outcomes": r"outcomes?|results?|findings?|conclusions?|ergebnis(?:se)?|resultate?|fazit",
    "relation": r"relations?|relevance|relatedness|connections?|link to (?:the|our|my) project"
    r"|relationship|bezug|relevanz|zusammenhang|bedeutung für (?:das|unser) projekt",
    "link": r"links?|urls?|doi|references?|papers?|web ?(?:site|page|address)|address|repo"
    r"|git ?repo|repository|code|github|pdf|source|sources|quelle|video|article|blog"
    r"|(?:paper|source|article|pdf|arxiv|project|git|github) (?:link|url)|arxiv",
    "title": r"title|titel|(?:paper|article|source|work) title|title of (?:the )?\w+",
    "about": r"authors?|autor(?:en|in|innen)?|years?|jahr|venue|journal|conference|publisher"
    r"|date|published(?: in)?|publication(?: date| year)?|keywords?|citation|type|tags?"
    r"|author\(s\)|verfasser|language|isbn|pages|accessed",
}
LABEL = re.compile(
    r"(?:(?:main|key|core|primary|general|research|our|the|brief|short|potential|expected)\s+)?"
    + "(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items())
    + r")(?![^\W_]|_+[^\W_]|-)",
    re.IGNORECASE,
)

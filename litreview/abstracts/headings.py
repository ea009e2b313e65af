"""Headings of structured abstracts, in many dresses and two languages.

"Aims.", "**Methods:**", "RESULTS —", "METHODS We …", "Methodology/Principal
Findings:", "MethodsWe …", a line of its own, "Ergebnisse:". What stands under a
heading has its role, whatever the field of science.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "both",
    "objective",
    "background",
    "method",
    "result",
    "conclusion",
    "implication",
    "other",
    "label",
]
# The roles of the tagger that stand under a heading; none says nothing.
ROLES_UNDER: dict[Kind, tuple[str, ...]] = {
    "both": ("method", "result"),
    "objective": ("objective",),
    "background": ("background",),
    "method": ("method",),
    "result": ("result",),
    "conclusion": ("result",),
    "implication": ("result",),
    "other": ("other",),
    "label": (),
}

_MEASURES = (
    r"(?:(?:main|primary|secondary|key) )?(?:outcomes?|results?) (?:and )?measure(?:s|ments?)?"
)
_HEADINGS: dict[Kind, str] = {
    # Methods and results under one heading, as PLOS has it.
    "both": r"methods? (?:and|&) (?:main |principal |key )?(?:findings?|results?)|"
    r"methodology ?/ ?(?:principal |main )?(?:findings?|results?)|"
    r"(?:materials?,? )?methods?,? results? and (?:discussion|conclusions?)|"
    r"design,? methods?,? (?:and )?results?|observations?|case (?:presentation|reports?|"
    r"description)s?|"
    r"methoden und ergebnisse",
    "objective": r"(?:(?:main|primary|general|specific|study|research) )?(?:objectives?|aims?|"
    r"purposes?|goals?|questions?|hypothes[ie]s)(?: of (?:the|this) (?:study|review|work|"
    r"paper|research))?|"
    r"background (?:and|&|/) ?(?:study )?(?:aims?|objectives?|purposes?|goals?)|"
    r"(?:introduction|context|rationale) (?:and|&|/) ?(?:aims?|objectives?|purposes?|goals?)|"
    r"aims? (?:and|&|/) ?(?:objectives?|scope|background)|objectives? (?:and|&|/) ?(?:aims?|"
    r"hypothes[ie]s|background)|"
    r"purpose ?/ ?(?:objectives?|aims?|background)|research (?:objectives?|aims?)|"
    r"statement of (?:the )?(?:problem|purpose)|what (?:is|was) the question|scope|"
    r"ziele?|zielsetzung(?:en)?|zielstellung(?:en)?|fragestellung(?:en)?|zweck|forschungsfragen?|"
    r"hintergrund und ziele?|einleitung und ziele?",
    "background": r"background(?: (?:and|&|/) ?(?:context|rationale|significance|motivation|"
    r"introduction))?|"
    r"introduction|context|motivation|rationale|problem(?: statement)?|"
    r"importance|what is known|(?:introduction|background) and background|study background|"
    r"hintergrund|einleitung|einführung|motivation|problemstellung|ausgangslage",
    "method": r"(?:(?:materials?|patients?|subjects?|participants?|data|design|animals|"
    r"sample|study|models?)"
    r"(?:,| and| &|/) ?)*(?:materials?|methods?|methodology|methodologies)|methods? (?:and|&|/) ?"
    r"(?:materials?|analys[ei]s|procedures?|design|data|participants?|patients?|subjects?)|"
    r"(?:(?:study|research|experimental|trial) )?design(?:,? (?:and|setting|settings|"
    r"participants?|methods?|"
    r"subjects?|patients|size|duration|&|sample)[, ]{0,2})*|design ?/ ?methodology ?/ ?approach|"
    r"methodology ?/ ?approach|design ?/ ?methods?|approach|(?:study )?(?:participants?|"
    r"patients|populations?|"
    r"subjects|samples?|settings?|selection)(?:(?:,| and|/) ?(?:settings?|participants?|"
    r"patients|subjects?|"
    r"methods?|samples?))*|data (?:sources?|collection|extraction|synthesis|"
    r"analys[ei]s)(?: and (?:study )?"
    r"(?:selection|extraction|methods?|analys[ei]s|synthesis))?|review methods?|"
    r"search (?:strategy|methods?)|selection criteria|eligibility criteria|"
    r"interventions?(?:\(s\))?|exposures?|measurements?|measures?|procedures?|"
    + _MEASURES
    + r"|experiments?|experimental(?: procedures?)?|statistical (?:analys[ei]s|methods?)|analysis|"
    r"(?:proposed |our )?(?:method|approach|solution|model|algorithm)|theory|techniques?|"
    r"implementation|"
    r"evidence acquisition|theoretical framework|material|"
    r"methoden?|methodik|material und methoden?|methodisches vorgehen|vorgehen(?:sweise)?|"
    r"patienten und methoden?|"
    r"daten und methoden?|studiendesign|ansatz",
    "conclusion": r"conclusions?(?: (?:and|&|/) ?(?:relevance|implications?|significance|"
    r"recommendations?|"
    r"discussion|future work|clinical relevance|clinical implications?|"
    r"scientific significance|impact|"
    r"results?|practical implications?|perspectives?|outlook))?|concluding remarks|discussion"
    r"(?: (?:and|&|/) ?(?:conclusions?|implications?))?|interpretations?|"
    r"conclusions? ?/ ?(?:significance|"
    r"interpretation|implications?|relevance|principal findings)|"
    r"what (?:this study|is) (?:adds|new)|schlussfolgerung(?:en)?|fazit|"
    r"schlussfolgerung(?:en)? und ausblick|"
    r"diskussion|zusammenfassung und fazit",
    "result": r"(?:(?:main|key|principal|primary|important) )?(?:results?|findings?|outcomes?)|"
    r"results? (?:and|&|/) ?(?:discussions?|conclusions?|interpretations?|implications?|"
    r"findings?)|"
    r"findings? (?:and|&|/) ?(?:conclusions?|implications?|discussion)|evidence synthesis|"
    r"evaluation|"
    r"ergebnisse?|resultate?|befunde?|erkenntnisse|ergebnisse und (?:diskussion|"
    r"schlussfolgerung(?:en)?|fazit)",
    # What should follow from it, which is not what came out.
    "implication": r"(?:(?:practical|social|research|theoretical|clinical|managerial|policy|"
    r"wider) )?implications?"
    r"(?: (?:for|of) [\w ]{1,40})?|research limitations?(?: ?/ ?implications?)?|"
    r"(?:study )?limitations?|"
    r"originality(?: ?/ ?value)?|significance|novelty|value|relevance|clinical (?:relevance|"
    r"significance)|"
    r"contributions?|recommendations?|future work|outlook|ausblick|impact",
    # Who paid, and where it can be had.
    "other": r"(?:clinical )?trial registration(?: number)?|registration|funding|contact|"
    r"availability(?: and (?:implementation|requirements?))?|"
    r"supplementary (?:information|data|materials?)|supporting information|key ?words|"
    r"author summary|editors.? summary|schlüsselwörter|"
    r"lay summary|acknowledgements?|conflicts? of interest|ethics|ccs concepts|"
    r"jel(?: codes?)?|msc",
    "label": r"abstract|summary|zusammenfassung|kurzfassung|kurzzusammenfassung|synopsis|overview|"
    r"highlights|tl;?dr|description|about|resumo|resumen|résumé",
}
# A heading may be wrapped in asterisks, underscores, tags, brackets or numbered.
_DRESS = (
    r"(?:[*_#\[(<>{}\"'“|•·\s]|\\textbf|\\textit|\\emph|</?(?:b|i|em|strong|p|h\d)>|"
    r"\d{1,2}[.)]\s){0,6}"
)
_HEADING = re.compile(
    r"^"
    + _DRESS
    + r"(?i:(?:"
    + "|".join(f"(?P<{role}>{names})" for role, names in _HEADINGS.items())
    + r"))(?P<mark>[*_\])}\"'”]{0,4}\s?[:.|][*_\])}:]{0,4}\s*(?:</?\w{1,6}>\s*)?|"
    r"\s?[—–]\s*|\s-+\s|[*_]{1,3}\s*|"
    r"</\w{1,6}>\s*:?\s*|\s*[\r\n]\s*|\s*$|"
    r"[\])}]\s+|\s+(?=[A-Z(])|(?=[A-ZÄÖÜ][a-zäöü]*\s))"
)
_LETTER = re.compile(r"[^\W\d_]")
_ANNOUNCED = re.compile(
    r"^\W{0,3}(?:arxiv:\S{1,30}\s+)?(?:announce\s+type:\s*[\w-]{1,30}\s+)?(?:abstract|"
    r"zusammenfassung|kurzfassung)?"
    r"\s{0,2}(?:[:.—–|*_-]+\s{0,3}|(?<=\w)(?-i:(?=[A-Z][a-z]))|(?<=\s)(?-i:(?=[A-Z][a-z])))",
    re.IGNORECASE,
)
# Every announcement that begins with a letter begins so.
_ANNOUNCING = ("arx", "ann", "abs", "zus", "kur")
# Headings that no name begins with, and words that no name ends with.
_CLASSIC = frozenset(
    re.findall(
        r"\w+",
        "Background Objective Objectives Methods Results Conclusion Conclusions Purpose "
        "Introduction Hintergrund Methoden Ergebnisse Schlussfolgerung",
    )
)
_STARTERS = frozenset(
    re.findall(
        r"\w+",
        "We The This These In A An To Our It There For All Both Among Here From Using Patients "
        "Data Participants Two Three Wir Die Der Das Es Ein Eine",
    )
)
_OPENER = re.compile(
    r"\W{0,12}(?:\d{1,2}[.)]\s)?(?:\\?(?:textbf|textit|emph|b|i|em|strong|p|"
    r"h\d)\W)?\W{0,6}([a-zäöü]+)"
)
# Every heading begins with one of these, which spares most sentences the large pattern.
_OPENERS = re.compile(
    r"abstract|about|acknow|aim|algorithm|analys|animal|approach|ansatz|ausblick|ausgang|"
    r"author|avail|background|"
    r"befund|case|ccs|clinical|conclu|conflict|contact|context|contrib|data|daten|descr|"
    r"design|disc|diskussion|"
    r"editor|einf|einleit|eligib|ergeb|erkennt|ethic|evaluation|evidence|experiment|exposure|"
    r"fazit|"
    r"finding|forschung|fragest|funding|future|general|goal|highlights|hintergrund|hypothes|"
    r"impact|"
    r"implem|implic|import|interpret|intervention|introd|jel|key|kurz|lay|limit|main|"
    r"managerial|material|"
    r"measure|method|model|motiv|msc|novel|objective|observ|original|our|outcome|outlook|overview|"
    r"participant|patient|policy|population|practical|primary|principal|problem|procedure|"
    r"proposed|purpose|"
    r"question|rational|recomm|registr|relev|research|result|resum|résum|review|sample|schl|"
    r"scope|search|"
    r"secondary|selection|setting|signif|social|solution|specific|statement|statist|studien|"
    r"study|subject|"
    r"summary|suppl|support|synopsis|techn|theor|tl|trial|value|vorgehen|what|wider|ziel|"
    r"zusammen|zweck"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading that a sentence opens with, and where the text behind it begins.

    Attributes:
        kind: `both` is methods and results together; `label` says nothing of what
            follows ("Summary:"); `other` is what no field of a review takes.
        end: Offset of the first character behind it.
    """

    kind: Kind
    end: int

    @property
    def role(self) -> str | None:
        """The first role that stands under it."""
        return next(iter(ROLES_UNDER[self.kind]), None)


def find_heading(sentence: str) -> Heading | None:
    """Find the heading of a structured abstract's part at the start of a sentence."""
    start = announcement(sentence)
    opener = _OPENER.match(sentence[start : start + 60].lower())
    if (
        opener is None
        or sentence[start : start + 1].islower()
        or not _OPENERS.match(opener.group(1))
    ):
        return Heading("label", start) if start else None
    match = _HEADING.match(sentence[start : start + 200])
    if match is None:
        return Heading("label", start) if start else None
    kind: Kind = next(kind for kind in _HEADINGS if match.group(kind) is not None)
    word, mark = match.group(kind), match.group("mark")
    if not mark and match.end() < len(sentence) - start and not _runs_on(word, match):
        return Heading("label", start) if start else None
    # Without a mark only capitals tell a heading from a subject ("Results show …").
    if mark.strip() == "" and "\n" not in mark and mark and not _is_title(word):
        return Heading("label", start) if start else None
    return Heading(kind, start + match.end())


def _runs_on(word: str, match: re.Match[str]) -> bool:
    """Tell "MethodsWe did" from a name ("ContextNet", "ModelNet")."""
    following = match.string[match.end() :].split(maxsplit=1)[0]
    return word in _CLASSIC or following in _STARTERS


def _is_title(words: str) -> bool:
    """Tell capitals, or several words each with a capital ("Conclusions and Relevance")."""
    content = [word for word in words.split() if word not in ("and", "of", "or", "&", "for")]
    return words.isupper() or (len(content) > 1 and all(word[0].isupper() for word in content))


def announcement(sentence: str) -> int:
    """Where a text begins behind "arXiv:… Announce Type: new Abstract:" or "Abstract—"."""
    if sentence[:1].isalpha() and not sentence[:3].lower().startswith(_ANNOUNCING):
        return 0
    match = _ANNOUNCED.match(sentence[:200])
    return match.end() if match is not None and _LETTER.search(match.group()) else 0

"""The words that the showcase itself says, in English and German."""

from __future__ import annotations

from datetime import date, datetime

_LABELS: dict[str, tuple[str, str]] = {
    "showcase": ("Showcase", "Projekte"),
    "teams": ("Projects", "Projekte"),
    "leaderboard": ("Leaderboard", "Bestenliste"),
    "literature": ("Literature", "Literatur"),
    "timeline": ("Timeline", "Zeitplan"),
    "intro": (
        "What the teams of this course read, built and measured.",
        "Was die Teams dieses Kurses gelesen, gebaut und gemessen haben.",
    ),
    "n_teams": ("{n} projects", "{n} Projekte"),
    "one_team": ("1 project", "1 Projekt"),
    "n_sources": ("{n} sources read", "{n} gelesene Quellen"),
    "one_source": ("1 source read", "1 gelesene Quelle"),
    "n_results": ("{n} measured results", "{n} gemessene Ergebnisse"),
    "one_result": ("1 measured result", "1 gemessenes Ergebnis"),
    "filter": ("Filter the projects", "Projekte filtern"),
    "filter_text": ("Search titles and descriptions", "Titel und Beschreibungen durchsuchen"),
    "task": ("Task", "Aufgabe"),
    "family": ("Model family", "Modellfamilie"),
    "progress": ("Progress", "Fortschritt"),
    "all_tasks": ("All tasks", "Alle Aufgaben"),
    "all_families": ("All families", "Alle Familien"),
    "all_states": ("Any progress", "Jeder Stand"),
    "state_none": ("Not started", "Noch nicht begonnen"),
    "state_some": ("Under way", "Unterwegs"),
    "state_done": ("All milestones done", "Alle Meilensteine fertig"),
    "showing": ("{shown} of {all} projects", "{shown} von {all} Projekten"),
    "no_match": (
        "No project fits these filters.",
        "Kein Projekt passt zu diesen Filtern.",
    ),
    "reset": ("Show all projects", "Alle Projekte zeigen"),
    "no_teams": (
        "There is no project yet. The cards appear here once the teams have their repositories.",
        "Noch gibt es kein Projekt. Karten erscheinen, sobald die Teams ihre Repositories haben.",
    ),
    "no_repository": (
        "This team's repository could not be read yet.",
        "Das Repository dieses Teams ließ sich noch nicht lesen.",
    ),
    "no_commits": ("Nothing has been committed yet.", "Noch wurde nichts eingecheckt."),
    "untitled": ("Untitled project", "Projekt ohne Titel"),
    "milestones": ("Milestones", "Meilensteine"),
    "milestones_done": ("{done} of {all} milestones done", "{done} von {all} Meilensteinen fertig"),
    "review": ("Literature review", "Literaturrecherche"),
    "dataset": ("Dataset", "Datensatz"),
    "baseline": ("Baseline", "Baseline"),
    "model": ("Model", "Modell"),
    "presentation": ("Presentation", "Präsentation"),
    "results": ("Results", "Ergebnisse"),
    "missing": ("missing", "fehlt"),
    "open": ("not started", "offen"),
    "started": ("started", "begonnen"),
    "complete": ("complete", "fertig"),
    "human": ("written freely", "frei geschrieben"),
    "empty_review": ("No source has been reviewed yet.", "Noch ist keine Quelle besprochen."),
    "empty_dataset": (
        "The dataset has not been described yet.",
        "Der Datensatz ist noch nicht beschrieben.",
    ),
    "empty_baseline": (
        "The baseline has not been described yet.",
        "Die Baseline ist noch nicht beschrieben.",
    ),
    "empty_model": (
        "The model has not been described yet.",
        "Das Modell ist noch nicht beschrieben.",
    ),
    "empty_presentation": (
        "The presentation has not been described yet.",
        "Die Präsentation ist noch nicht beschrieben.",
    ),
    "empty_results": (
        "No result has been measured yet.",
        "Noch ist kein Ergebnis gemessen.",
    ),
    "empty_leaderboard": (
        "No team has a measured result yet. A result appears here with the run that produced it.",
        "Noch hat kein Team ein Ergebnis gemessen. Ein Ergebnis erscheint hier mit seinem Lauf.",
    ),
    "empty_literature": (
        "No team has reviewed a source yet.",
        "Noch hat kein Team eine Quelle besprochen.",
    ),
    "empty_timeline": (
        "The course has no schedule yet.",
        "Der Kurs hat noch keinen Zeitplan.",
    ),
    "questions_open": ("{n} questions still open", "{n} Fragen noch offen"),
    "one_question_open": ("1 question still open", "1 Frage noch offen"),
    "objective": ("Objective", "Ziel"),
    "methods": ("Methods", "Methoden"),
    "outcomes": ("Outcomes", "Ergebnisse"),
    "relation": ("Relation to the project", "Bezug zum Projekt"),
    "repository": ("Repository", "Repository"),
    "slides": ("Slides", "Folien"),
    "members": ("Team", "Team"),
    "updated": ("Last change {date}", "Letzte Änderung {date}"),
    "back": ("All projects", "Alle Projekte"),
    "rank": ("Rank", "Rang"),
    "team": ("Project", "Projekt"),
    "best": ("Best model", "Bestes Modell"),
    "value": ("Value", "Wert"),
    "gain": ("Gain", "Gewinn"),
    "better": ("{by} better", "{by} besser"),
    "worse": ("{by} worse", "{by} schlechter"),
    "seeds": ("Seeds", "Seeds"),
    "run": ("Run", "Lauf"),
    "commit": ("Commit", "Commit"),
    "date": ("Date", "Datum"),
    "metric": ("Metric", "Metrik"),
    "split": ("Split", "Teilmenge"),
    "role": ("Role", "Rolle"),
    "role_baseline": ("baseline", "Baseline"),
    "role_model": ("model", "Modell"),
    "higher": ("higher is better", "höher ist besser"),
    "lower": ("lower is better", "niedriger ist besser"),
    "baseline_only": ("baseline only", "nur Baseline"),
    "no_baseline": ("no baseline", "keine Baseline"),
    "alone": (
        "only this project, so no rank",
        "nur dieses Projekt, daher kein Rang",
    ),
    "refused_direction": (
        "Not ranked: the projects disagree whether higher or lower is better.",
        "Ohne Rangfolge: Die Projekte sind uneins, ob höher oder niedriger besser ist.",
    ),
    "refused_scale": (
        "Not ranked: some values are shares (0 to 1), others percent.",
        "Ohne Rangfolge: Einige Werte sind Anteile (0 bis 1), andere Prozent.",
    ),
    "refused_unit": (
        "Not ranked: the values have different units.",
        "Ohne Rangfolge: Die Werte haben verschiedene Einheiten.",
    ),
    "unit_share": ("share (0 to 1)", "Anteil (0 bis 1)"),
    "unit_percent": ("percent", "Prozent"),
    "unit_points": ("points (0 to 100)", "Punkte (0 bis 100)"),
    "unit_bits": ("bits", "Bit"),
    "leaderboard_intro": (
        "Only results on the same dataset, split and metric are ranked against each other. Equal "
        "values share a rank; several seeds are averaged (± standard deviation). Every value "
        "comes from a recorded run.",
        "Verglichen wird nur, was Datensatz, Teilmenge und Metrik teilt. Gleiche Werte teilen "
        "sich einen Rang; mehrere Seeds werden gemittelt (± Standardabweichung). Jeder Wert "
        "stammt aus einem aufgezeichneten Lauf.",
    ),
    "literature_intro": (
        "Every source that a team reviewed, and who read it.",
        "Jede Quelle, die ein Team besprochen hat, und wer sie gelesen hat.",
    ),
    "filter_sources": ("Search sources, authors, projects", "Quellen, Autoren, Projekte suchen"),
    "source": ("Source", "Quelle"),
    "read_by": ("Read by", "Gelesen von"),
    "copy_bibtex": ("Copy BibTeX", "BibTeX kopieren"),
    "copy_all": ("Copy all as BibTeX", "Alles als BibTeX kopieren"),
    "copied": ("Copied", "Kopiert"),
    "no_source_match": ("No source fits this search.", "Keine Quelle passt zu dieser Suche."),
    "sources_shown": ("{shown} of {all} sources", "{shown} von {all} Quellen"),
    "learning_curve": ("Learning curve", "Lernkurve"),
    "step": ("step", "Schritt"),
    "figures": ("Figures", "Abbildungen"),
    "notebook": ("Notebook", "Notebook"),
    "not_shown": (
        "What is not shown, and why",
        "Was nicht gezeigt wird und warum",
    ),
    "done_of": ("{done} of {all} projects have this", "{done} von {all} Projekten haben das"),
    "tbd": ("to be announced", "wird noch bekannt gegeben"),
    "today": ("Today", "Heute"),
    "past": ("past", "vorbei"),
    "next": ("next", "als Nächstes"),
    "search": ("Search", "Suche"),
    "to_light": ("Switch to light mode", "Helles Design"),
    "to_dark": ("Switch to dark mode", "Dunkles Design"),
    "cover_of": ("Cover of {title}", "Titelbild von {title}"),
    "links": ("Links", "Links"),
    "slide_title": ("Title", "Titel"),
    "slide_introduction": ("Introduction", "Einleitung"),
    "slide_review": ("What others have tried", "Was andere versucht haben"),
    "slide_dataset": ("Dataset", "Datensatz"),
    "slide_baseline": ("Baseline", "Baseline"),
    "slide_model": ("Model", "Modell"),
    "slide_results": ("Results", "Ergebnisse"),
    "slide_challenges": ("Challenges", "Herausforderungen"),
    "slide_discussion": ("Discussion", "Diskussion"),
    "slide_conclusion": ("Conclusion", "Fazit"),
    "slide_questions": ("Questions?", "Fragen?"),
    "gap": ("Not written yet.", "Noch nicht geschrieben."),
    "notes": ("Speaker notes", "Notizen"),
    "other_task": ("Other", "Sonstige"),
}
_TASKS = {
    "text-classification": ("Text classification", "Textklassifikation"),
    "ner": ("Named entity recognition", "Eigennamenerkennung"),
    "question-answering": ("Question answering", "Fragebeantwortung"),
    "generation": ("Text generation", "Textgenerierung"),
    "summarization": ("Summarization", "Zusammenfassung"),
    "translation": ("Translation", "Übersetzung"),
    "generative-qa": ("Generative question answering", "Generative Fragebeantwortung"),
}
FAMILIES = ("encoder-only", "decoder-only", "encoder-decoder")
_FAMILIES = {
    "encoder-only": ("Encoder-only", "Encoder"),
    "decoder-only": ("Decoder-only", "Decoder"),
    "encoder-decoder": ("Encoder–decoder", "Encoder-Decoder"),
}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Labels:
    """Looks words up in one language; any but German is English."""

    def __init__(self, language: str = "en") -> None:
        self.language = "de" if language == "de" else "en"
        self._index = 1 if self.language == "de" else 0

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with its blanks filled in."""
        text = _LABELS[key][self._index]
        return text.format(**values) if values else text

    def count(self, key: str, number: int) -> str:
        """A text that counts, such as "1 project" or "3 projects"."""
        if number == 1:
            return self(f"one_{key}")
        return self(f"n_{key}s", n=self.number(number))

    def number(self, value: int) -> str:
        """A whole number with the language's thousands separator."""
        text = f"{value:,}"
        return text.replace(",", ".") if self._index else text

    def decimal(self, value: float, digits: int = 4) -> str:
        """A measured value, with as many digits as tell something."""
        if value != 0 and (abs(value) >= 1e6 or abs(value) < 1e-4):
            text = f"{value:.2e}"
        else:
            text = f"{value:,.{digits if abs(value) < 10 else 2}f}"
        if self._index:
            text = text.translate(str.maketrans(",.", ".,"))
        return text.replace("-", "−")

    def measure(self, value: float, unit: str) -> str:
        """A measured value with its unit, where the number alone could mislead."""
        text = self.decimal(value)
        return f"{text}\u00a0%" if unit == "percent" else text

    def unit(self, name: str) -> str:
        """What a value counts, in words."""
        return self(f"unit_{name}") if f"unit_{name}" in _LABELS else name

    def tick(self, value: float) -> str:
        """A number beside an axis, as short as it can be."""
        tiny_or_huge = value and (abs(value) >= 1e6 or abs(value) < 1e-3)
        text = f"{value:.0e}" if tiny_or_huge else f"{value:,.4g}"
        if self._index:
            text = text.translate(str.maketrans(",.", ".,"))
        return text.replace("-", "−")

    def day(self, value: date | datetime) -> str:
        """A date as people write it."""
        if self._index:
            return f"{value.day:02}.{value.month:02}.{value.year}"
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"

    def task(self, key: str) -> str:
        """A task's name."""
        return _TASKS[key][self._index] if key in _TASKS else key

    def family(self, key: str) -> str:
        """A model family's name."""
        return _FAMILIES[key][self._index] if key in _FAMILIES else key

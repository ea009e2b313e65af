"""What a paper calls its own models and data: its vocabulary beside the common one."""

# Lists of many short words are read more easily as one string.
# ruff: noqa: SIM905

from __future__ import annotations

import re
from collections import Counter

from litreview.papers.paper import Paper

_NAME = r"[A-Z][\w+-]*[A-Z\d][\w+-]*|[a-z]+[A-Z][\w+-]*|[A-Z]{3,}[\w+-]*"
_MODEL_NOUN = (
    r"(?:models?|networks?|architectures?|classifiers?|transformers?|encoders?|decoders?|embeddings?"
    r"|language models?|detectors?|ensembles?|LMs?|LLMs?)"
)
_DEFINED = re.compile(
    rf"\b(?:novel|new|our|proposed|propose|present|introduce|called|named|dubbed|termed|namely|develop\w*)\b"
    rf"(?P<between>[^.;:()]{{0,120}}?)[(,]?\s?(?P<name>{_NAME})\b"
)
_NO_NAME = frozenset(
    "We Our The This In NLP AI ML LLM LLMs API APIs PDF HTML XML JSON CSV GPU GPUs CPU USA UK EU "
    "URL ROC AUC MSE MAE RMSE BLEU ROUGE F1 MAP NER POS OCR ASR NLI QA IR MT SOTA RQ1 RQ2 ID IDs "
    "GitHub HuggingFace arXiv ACL EMNLP NAACL COLING SemEval CoNLL DNA RNA MRI CT EEG ECG".split()
)
_FROM_TITLE = re.compile(rf"^(?P<name>(?:{_NAME}|[A-Z][a-z]+[A-Z]\w*))\s?[:–—]\s")


def own_models(paper: Paper) -> tuple[str, ...]:
    """The names that a paper gives to models of its own, the most used first."""
    counts: Counter[str] = Counter()
    text = paper.text[:400_000]
    title = _FROM_TITLE.match(paper.title)
    candidates = [title["name"]] if title else []
    for sentence in paper.sentences[:3_000]:
        for match in _DEFINED.finditer(sentence.text[:1_000]):
            candidates.append(match["name"])
    for name in list(dict.fromkeys(candidates))[:100]:
        if name.rstrip("s") in _NO_NAME or name in _NO_NAME or len(name) < 3 or len(name) > 40:
            continue
        used = text.count(name)
        if used >= 3 and _is_model(name, text):
            counts[name] = used
    return tuple(name for name, _ in counts.most_common(5))


def _is_model(name: str, text: str) -> bool:
    """Tell whether a name is that of a model: a noun beside it, or "X is a … model"."""
    safe = re.escape(name)
    # "X is a new model", "X (2019), a model"
    is_a = (
        rf"\b{safe}(?:\s\([^)]{{0,80}}\))?(?:,|\s(?:is|are),?)\s(?:an?|our|the)\s"
        r"(?:[\w,-]+\s){0,8}?"
    )
    if re.search(rf"{is_a}{_MODEL_NOUN}\b", text) or re.search(rf"{_MODEL_NOUN} \({safe}\)", text):
        return True
    beside = rf"\b{safe}\s(?:[\w-]+\s){{0,1}}?{_MODEL_NOUN}\b|{_MODEL_NOUN}[ ,(]{{1,3}}{safe}\b"
    return len(re.findall(beside, text)) >= 2

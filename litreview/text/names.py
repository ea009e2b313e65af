"""Names of models in running text, each under the name that people know it by."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Pattern to name; longer and more special ones first. The families come last.
_KNOWN: Sequence[tuple[str, str]] = (
    (r"Distil-?BERT", "DistilBERT"),
    (r"XLM-?R(?:oBERTa)?", "XLM-R"),
    (r"Ro-?BERT-?a", "RoBERTa"),
    (r"De-?BERT-?a", "DeBERTa"),
    (r"Sentence-?BERT|SBERT", "Sentence-BERT"),
    (r"m-?BERT|multilingual BERT", "mBERT"),
    (r"Chat-?GPT", "ChatGPT"),
    (r"GPT-?(?P<version>\d(?:\.\d)?)(?:[a-z]\b)?", "GPT-{version}"),
    (r"FLAN-?T5", "FLAN-T5"),
    (r"mT5", "mT5"),
    (r"T5", "T5"),
    (r"m-?BART(?:-?\d+)?", "mBART"),
    (r"BART", "BART"),
    (r"Marian(?:MT|NMT)?", "Marian"),
    (r"Transformer-?XL", "Transformer-XL"),
    (r"XLNet", "XLNet"),
    (r"ELECTRA", "ELECTRA"),
    (r"ELMo", "ELMo"),
    (r"ULMFi[tT]", "ULMFiT"),
    (r"PEGASUS|Pegasus", "PEGASUS"),
    (r"CTRL", "CTRL"),
    (r"L[Ll]a[Mm][Aa](?:[- ]?(?P<version2>\d(?:\.\d)?)\b)?", "Llama {version2}"),
    (r"(?:Alpaca|Vicuna|Mistral|Mixtral|Gemma|Gemini|PaLM|BLOOM|Falcon|Qwen|Claude|Codex|LaMDA)"
     r"(?:-?\d(?:\.\d)?)?(?![a-z])", ""),
    (r"Longformer|Big-?Bird|Reformer|Performer|Linformer|Perceiver|RWKV|Mamba|CLIP|Whisper|wav2vec"
     r"(?: 2\.0)?|HuBERT|ViT|U-?Net|YOLO(?:v\d+)?|ResNet(?:-?\d+)?|EfficientNet", ""),
    (r"[Ww]ord2[Vv]ec|[Ss]kip-?gram|CBOW", "word2vec"),
    (r"GloVe", "GloVe"),
    (r"[Ff]ast[Tt]ext", "fastText"),
    (r"Bi-?LSTM(?:-CRF)?s?|[Bb]idirectional LSTMs?", "BiLSTM"),
    (r"LSTMs?|[Ll]ong [Ss]hort-?[ -][Tt]erm [Mm]emory", "LSTM"),
    (r"GRUs?|[Gg]ated [Rr]ecurrent [Uu]nits?", "GRU"),
    (r"RNNs?|[Rr]ecurrent [Nn]eural [Nn]etworks?", "RNN"),
    (r"CNNs?|[Cc]onvolutional [Nn]eural [Nn]etworks?", "CNN"),
    (r"CRFs?|[Cc]onditional [Rr]andom [Ff]ields?", "CRF"),
    (r"SVMs?|[Ss]upport [Vv]ector [Mm]achines?", "SVM"),
    (r"[Rr]andom [Ff]orests?", "random forest"),
    (r"XGBoost|LightGBM|[Gg]radient[- ][Bb]oost(?:ed|ing)(?: (?:decision )?trees?)?",
     "gradient boosting"),
    (r"[Ll]ogistic [Rr]egression", "logistic regression"),
    (r"[Nn]a[iï]ve Bayes", "naive Bayes"),
    (r"[Hh]idden Markov [Mm]odels?|HMMs?", "HMM"),
    (r"[Nn]-gram (?:language )?models?", "n-gram model"),
    (r"[Ss]eq2[Ss]eq|[Ss]equence[- ]to[- ][Ss]equence (?:models?|learning)", "seq2seq"),
    # BioBERT, FinBERT, CodeGPT …: whatever a community calls its own.
    (r"(?:[A-Z]\w*-?)?BERT(?:[A-Z]\w*)?(?![a-z])", ""),
    (r"(?:[A-Z]\w*-?)?GPT(?![a-z\d-])", ""),
    (r"[Tt]ransformers?(?: (?:models?|architectures?|networks?))?", "Transformer"),
)  # fmt: skip
_MODEL = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"(?P<m{i}>{p})" for i, (p, _) in enumerate(_KNOWN)) + r")(?!\w)"
)


def models_in(text: str) -> tuple[str, ...]:
    """Name the models in a text.

    Args:
        text: A title, a sentence, an abstract.

    Returns:
        Names in order of first mention, without repeats. A general word such as
        "Transformer" counts only as itself, not for the models built from it.
    """
    found: dict[str, None] = {}
    for match in _MODEL.finditer(text):
        group = next(name for name, value in match.groupdict().items() if value and name[0] == "m")
        name = _KNOWN[int(group[1:])][1] or match[0]
        versions = match["version"] or match["version2"] or ""
        name = name.replace("{version}", versions).replace("{version2}", versions).strip()
        found.setdefault(name)
    return tuple(found)

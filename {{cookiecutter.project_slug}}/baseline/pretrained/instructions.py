"""What some published systems have to be told: languages, a prefix, a control code.

mBART begins each text with the code of its language, and writes in the language whose code it is
given. T5 was trained with the name of the task before each text. CTRL begins every text with a
control code, which says where such a text would stand.

Reference:
    Liu et al. (2020), arXiv:2001.08210; Raffel et al. (2020), arXiv:1910.10683, appendix D;
    Keskar et al. (2019), arXiv:1909.05858, section 3.
"""

from typing import Any

from baseline.config import Config
from baseline.errors import BaselineError
from baseline.tasks.base import Task

# The languages in T5's own training, as its prefixes spell them.
_T5_LANGUAGES = {"en": "English", "de": "German", "fr": "French", "ro": "Romanian"}
_CTRL_CODE = "Links"  # web pages, the largest part of its training


def instruct(config: Config, task: Task, tokenizer: Any, inner: Any) -> str:
    """Set the languages of a model that knows such, and say what stands before each text.

    Args:
        config: `[model]` names languages and prefix.
        tokenizer: Of transformers; its languages are set.
        inner: The model; the language in which it begins to write is set.

    Returns:
        The text to put before each source; empty for most systems.
    """
    wanted, kind = config.model.prefix.strip(), inner.config.model_type
    codes = getattr(tokenizer, "lang_code_to_id", None)
    if codes and task.kind == "text":
        _set_languages(config, tokenizer, inner, codes)
    if config.model.from_scratch:
        return f"{wanted} " if wanted not in ("", "auto") else ""
    if kind == "ctrl":
        return _control_code(wanted, tokenizer)
    if wanted != "auto":
        return f"{wanted} " if wanted else ""
    return _t5_prefix(config, task) if kind == "t5" else ""


def _set_languages(config: Config, tokenizer: Any, inner: Any, codes: dict[str, int]) -> None:
    source, target = config.model.source_language, config.model.target_language
    for setting, code in (("source_language", source), ("target_language", target)):
        if code not in codes:
            known = ", ".join(sorted(codes)[:60])
            found = f"is {code!r}, which it does not know" if code else "is empty"
            raise BaselineError(
                f"model.{setting} {found}; {config.model.pretrained} has to be told its languages: "
                f"give one of {known}"
            )
    tokenizer.src_lang, tokenizer.tgt_lang = source, target
    begin = int(codes[target])
    labels = tokenizer(text_target="a")["input_ids"]
    if labels[0] == begin:  # mBART-50: the code is the first token that is written
        inner.generation_config.forced_bos_token_id = begin
    else:  # mBART: the code is what writing starts from
        inner.config.decoder_start_token_id = begin
        inner.generation_config.decoder_start_token_id = begin


def _t5_prefix(config: Config, task: Task) -> str:
    if task.name == "summarization":
        return "summarize: "
    source, target = (
        _T5_LANGUAGES.get(code[:2].lower())
        for code in (config.model.source_language, config.model.target_language)
    )
    if task.name == "translation" and source and target:
        return f"translate {source} to {target}: "
    return ""


def _control_code(wanted: str, tokenizer: Any) -> str:
    code = _CTRL_CODE if wanted == "auto" else wanted
    known = getattr(tokenizer, "control_codes", {})
    if known and code not in known:
        raise BaselineError(
            f"model.prefix is {wanted!r}, which is no control code of CTRL; give one of "
            f"{', '.join(sorted(known))}"
        )
    return f"{code} "

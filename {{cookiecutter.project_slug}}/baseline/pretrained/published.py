"""Published models through transformers: from a hub name, a local folder, or from scratch.

    python -m baseline train model.name=pretrained model.pretrained=bert
    python -m baseline train model.name=pretrained model.pretrained=../my-bert
    python -m baseline train model.name=pretrained model.pretrained=gpt2 model.from_scratch=true

Weights are read as safetensors only, and code that comes with a model is never run. From
scratch means: the system's architecture, small and with random weights, and a tokenizer that
is trained on the team's own text; it needs no network.
"""

import json
import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from baseline import files
from baseline.config import Config
from baseline.data import tokenization
from baseline.data.examples import Dataset
from baseline.errors import BaselineError
from baseline.models.heads import mean_cross_entropy, mean_pool
from baseline.pretrained.systems import SYSTEMS, System, serve
from baseline.tasks.base import Task

# The class of transformers that has the head of a task.
_WHOLE = ("label", "labels", "number")  # one answer for a whole text
_CLASSES = {
    **dict.fromkeys(_WHOLE, "AutoModelForSequenceClassification"),
    "tags": "AutoModelForTokenClassification",
    "span": "AutoModelForQuestionAnswering",
    "language": "AutoModelForCausalLM",
}
# What the systems call their sizes; a configuration of transformers takes those that it knows.
_SIZES = {
    "width": ("hidden_size", "embedding_size"),
    "layers": ("num_hidden_layers", "encoder_layers", "decoder_layers", "num_decoder_layers"),
    "heads": ("num_attention_heads", "encoder_attention_heads", "decoder_attention_heads"),
    "hidden": (
        *("intermediate_size", "hidden_dim", "dff", "d_ff", "encoder_ffn_dim", "decoder_ffn_dim"),
    ),
    "length": ("max_position_embeddings", "n_positions"),
}


class Pretrained(nn.Module):
    """A model of transformers with the interface of ours: logits, and the loss of a batch."""

    def __init__(self, inner: Any, tokenizer: Any, kind: str) -> None:
        super().__init__()
        self.inner = inner
        self.kind = kind
        self._padding = int(tokenizer.pad_token_id)
        self._segmented = "token_type_ids" in (tokenizer.model_input_names or [])

    def forward(self, tokens: Tensor, mask: Tensor, segments: Tensor | None = None) -> Tensor:
        """Logits: `(B, labels)`, `(B, T, labels)`, `(B, T, 2)` or `(B, T, V)`."""
        options = {"input_ids": self.padded(tokens, mask), "attention_mask": mask}
        if segments is not None and self._segmented:
            options["token_type_ids"] = segments
        if self._averages():
            body, head = self.inner.base_model, self.inner.classifier
            vector = mean_pool(body(**options).last_hidden_state, mask)
            logits: Tensor = head(self.inner.dropout(vector))
            return logits
        found = self.inner(**options)
        if self.kind != "span":
            return found.logits
        logits = torch.stack((found.start_logits, found.end_logits), dim=-1)  # (B, T, 2)
        return logits.masked_fill(~mask.bool().unsqueeze(-1), -torch.inf)

    def _averages(self) -> bool:
        """Whether the mean of all tokens stands for the text, as in its own training."""
        return self.kind in _WHOLE and getattr(self.inner.config, "pooling", "") == "mean"

    def head(self) -> set[int]:
        """The weights of the task's own layer, by id, where all others are trained, too."""
        weights = {id(weight): weight for weight in self.inner.parameters()}
        body = {id(weight) for weight in getattr(self.inner, "base_model", self.inner).parameters()}
        trained = all(weight.requires_grad for weight in weights.values())
        return weights.keys() - body if trained and self.kind in _WHOLE else set()

    def padded(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Tokens with the system's own padding, by which some find the text's end."""
        return tokens.masked_fill(mask == 0, self._padding)

    def loss(
        self, tokens: Tensor, targets: Tensor, mask: Tensor, segments: Tensor | None = None
    ) -> Tensor:
        """Mean cross-entropy of the targets that are not -100, in nats."""
        logits = self(tokens, mask, segments)
        if self.kind == "span":
            logits = logits.transpose(1, 2)  # (B, 2, T)
        return mean_cross_entropy(logits, targets)

    def pair_loss(self, tokens: Tensor, mask: Tensor, targets: Tensor, smoothing: float) -> Tensor:
        """Mean cross-entropy of an encoder-decoder's target, which it shifts itself."""
        found = self.inner(input_ids=self.padded(tokens, mask), attention_mask=mask, labels=targets)
        return mean_cross_entropy(found.logits, targets, smoothing)


def class_of(task: Task, system_family: str) -> str:
    """The class of transformers that learns a task."""
    if task.kind == "text":
        return (
            "AutoModelForSeq2SeqLM" if system_family == "encoder-decoder" else _CLASSES["language"]
        )
    return _CLASSES[task.kind]


def find_system(config: Config, task: Task) -> System | None:
    """The system of the table that the configuration names, or None for a folder or hub name."""
    name = config.model.pretrained
    found = SYSTEMS.get(name.lower())
    if found is None or Path(name).is_dir():
        if config.model.from_scratch:
            raise BaselineError(
                f"model.from_scratch needs a system's name, not {name!r}; choose from "
                + ", ".join(key for key, system in SYSTEMS.items() if system.kind)
            )
        return None
    _check_fits(found, found.title, config, task)
    return found


def _check_fits(system: System, name: str, config: Config, task: Task) -> None:
    serve(system, task)
    if system.family != config.project.family:
        raise BaselineError(
            f"{name} is {system.family}, but project.family is {config.project.family!r}; "
            f"set project.family={system.family}"
        )


def from_scratch(
    config: Config, task: Task, system: System, dataset: Dataset, labels: Sequence[str]
) -> tuple[Any, Any]:
    """A small model of the system's architecture, and a tokenizer trained on the data."""
    texts = [t for e in dataset.train for t in (e.text, e.question, e.target, *e.words) if t]
    tokenizer = wrap_tokenizer(
        tokenization.train_tokenizer(texts, system.pieces, config.tokenizer.vocabulary),
        segments=system.kind in ("bert", "albert", "electra"),
        length=config.tokenizer.max_tokens,
    )
    torch.manual_seed(config.training.seed)
    shape = small_config(config, system, tokenizer, labels)
    return _auto(class_of(task, system.family)).from_config(shape), tokenizer


def wrap_tokenizer(ours: tokenization.Tokenizer, *, segments: bool, length: int) -> Any:
    """Our tokenizer as transformers expects one; texts get a begin and an end token."""
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = tokenization.SPECIAL
    names = ["input_ids", "token_type_ids", "attention_mask"] if segments else None
    backend = ours.backend
    backend.post_processor = TemplateProcessing(
        single="<begin> $A <end>",
        pair="<begin> $A <separator> $B:1 <end>:1",
        special_tokens=list(zip(special, range(len(special)), strict=True)),
    )
    roles = {
        **{"pad": "<padding>", "unk": "<unknown>", "bos": "<begin>", "cls": "<begin>"},
        **{"eos": "<end>", "sep": "<separator>", "mask": "<mask>"},
    }
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        **{f"{role}_token": token for role, token in roles.items()},
        model_max_length=length,
        split_special_tokens=True,  # a text that spells "<end>" is only a text
        **({"model_input_names": names} if names else {}),
    )


def small_config(config: Config, system: System, tokenizer: Any, labels: Sequence[str]) -> Any:
    """The system's configuration in the sizes of `[model]`, with the tokenizer's ids."""
    from transformers import AutoConfig

    model = config.model
    # RoBERTa counts its positions from the padding id on.
    length = config.tokenizer.max_tokens + 2
    sizes = {"width": model.width, "layers": model.layers, "heads": model.heads}
    sizes |= {"hidden": 4 * model.width, "length": length}
    names = ("pad_token_id", "bos_token_id", "eos_token_id")
    ids = {name: getattr(tokenizer, name) for name in names}
    if system.family == "encoder-decoder":
        ids |= {"decoder_start_token_id": tokenizer.pad_token_id, "forced_eos_token_id": None}
    known = AutoConfig.for_model(system.kind)
    options = {
        name: sizes[size]
        for size, names in _SIZES.items()
        for name in names
        if hasattr(known, name)
    }
    if system.kind == "t5":
        options["d_kv"] = model.width // model.heads
    return AutoConfig.for_model(
        system.kind, vocab_size=len(tokenizer), **options, **ids, **_label_options(labels)
    )


def _label_options(labels: Sequence[str]) -> dict[str, Any]:
    """Labels by number and back; without them BART forgets how many it has."""
    if not any(labels):  # none, or only that a question may have no answer
        return {}
    return {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: number for number, label in enumerate(labels)},
    }


def load(
    config: Config, task: Task, system: System | None, labels: Sequence[str]
) -> tuple[Any, Any]:
    """A published model with its tokenizer, from a folder or the hub."""
    name = config.model.pretrained
    source = system.hub if system and not Path(name).is_dir() else name
    local = Path(source).is_dir()
    if local:
        _check_folder(Path(source))
    _quiet()
    options: dict[str, Any] = {"trust_remote_code": False}
    attempts = [True] if local else [True, False]  # what was downloaded before needs no network
    for local_only in attempts:
        try:
            if not local_only:
                _ask_hub(source)
            return _load(source, task, config, labels, {**options, "local_files_only": local_only})
        except BaselineError:
            raise
        except Exception as error:  # transformers raises many kinds
            if not local_only or local:
                raise _explained(source, error, local=local) from error
    raise AssertionError  # the loop returns or raises


def _load(
    source: str, task: Task, config: Config, labels: Sequence[str], options: dict[str, Any]
) -> tuple[Any, Any]:
    from transformers import AutoConfig, AutoTokenizer

    shape = AutoConfig.from_pretrained(source, **options)
    known = next((s for s in SYSTEMS.values() if s.kind == shape.model_type), None)
    if known is not None:
        _check_fits(known, source, config, task)
    # A text that spells "</s>" or "[SEP]" is only a text.
    tokenizer = AutoTokenizer.from_pretrained(source, split_special_tokens=True, **options)
    model = _auto(class_of(task, config.project.family)).from_pretrained(
        source, use_safetensors=True, **_label_options(labels), **options
    )
    if tokenizer.pad_token_id is None:
        # GPT-2 and CTRL were trained without padding; the mask hides it anyway.
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    model.config.pad_token_id = tokenizer.pad_token_id
    if isinstance(getattr(model, "classifier", None), nn.Linear) and hasattr(model, "dropout"):
        model.config.pooling = _pooling(source, options)  # kept with the run
    return model, tokenizer


def _pooling(source: str, options: dict[str, Any]) -> str:
    """What stands for a text: "mean" where a sentence encoder says so, else the first token."""
    from transformers.utils.hub import cached_file

    path = cached_file(
        source,
        "1_Pooling/config.json",
        local_files_only=options["local_files_only"],
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    try:
        about = json.loads(files.read_text(Path(path))) if path else {}
        return "mean" if about.get("pooling_mode_mean_tokens") is True else "first"
    except (ValueError, AttributeError) as error:
        raise BaselineError(f"{path}: is damaged ({error}); fetch the model again") from error


def _ask_hub(source: str) -> None:
    """Ask once whether the model is there; the loader itself would try for half a minute."""
    from huggingface_hub import HfApi

    HfApi().model_info(source, timeout=10)


def _check_folder(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    if "config.json" not in names:
        raise BaselineError(
            f"{folder}: holds no config.json; give a folder that save_pretrained wrote"
        )
    if not any(name.endswith(".safetensors") for name in names):
        for name in sorted(names):
            files.refuse_pickle(folder / name)
        raise BaselineError(f"{folder}: holds no safetensors weights; save the model again")


def _explained(source: str, error: Exception, *, local: bool) -> BaselineError:
    first = str(error).strip().splitlines()[0][:160] if str(error).strip() else ""
    if local:
        return BaselineError(f"{source}: cannot be loaded ({type(error).__name__}: {first})")
    if "trust_remote_code" in str(error):
        return BaselineError(
            f"{source}: wants to run code of its own, which is never allowed; choose another model"
        )
    if "safetensors" in str(error):
        return BaselineError(
            f"{source}: has no safetensors weights; other formats can run any program when they "
            "are read, so choose another model"
        )
    return BaselineError(
        f"{source}: is not on this computer and cannot be fetched ({type(error).__name__}); "
        "check the name and the network, or give a local folder (model.pretrained=FOLDER) or "
        "train the architecture from scratch (model.from_scratch=true with a system's name)"
    )


def empty(name: str, shape: Any) -> Any:
    """A model of a class of transformers with random weights, from its configuration."""
    return _auto(name).from_config(shape)


def _auto(name: str) -> Any:
    import transformers

    return getattr(transformers, name)


def _quiet() -> None:
    """Transformers' progress bars and hints would bury our own lines."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"huggingface_hub|transformers")

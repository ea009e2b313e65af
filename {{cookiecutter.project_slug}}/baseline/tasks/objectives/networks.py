"""The model that a configuration asks for, with the head that its task needs, and its objective."""

from typing import Any

from torch import nn

from baseline.config import Config, pretraining_objective
from baseline.errors import BaselineError
from baseline.models.block import quieten
from baseline.models.decoder import Decoder, DecoderConfig
from baseline.models.encoder import Encoder, EncoderConfig, MaskedLanguageModel
from baseline.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from baseline.models.heads import SequenceClassifier, SpanExtractor, TokenClassifier
from baseline.models.lstm import LstmConfig, LstmLanguageModel, Seq2Seq, Seq2SeqConfig
from baseline.models.transformer_xl import TransformerXL, TransformerXLConfig
from baseline.tasks.base import Task
from baseline.tasks.objectives import language, plain_text, writing
from baseline.tasks.objectives.base import Objective, Vocabulary, uses_text
from baseline.tasks.objectives.marking import MARKING, marking_objective
from baseline.tasks.objectives.reading import Reader

# Which models belong to which family.
MODELS = {
    "encoder-only": ("default",),
    "decoder-only": ("default", "lstm", "transformer-xl"),
    "encoder-decoder": ("default", "lstm", "lstm-attention"),
}
# An encoder-decoder writes labels and answers, but not these kinds of output.
_HEADS_ONLY = ("labels", "number")


def check(config: Config, task: Task) -> None:
    """Stop where the model is none of the family, or has no head for the task."""
    family, name = config.project.family, config.model.name
    if name != "pretrained" and name not in MODELS[family]:
        raise BaselineError(
            f"model.name is {name!r}, which is not {family}; choose from "
            f"{', '.join(MODELS[family])}, baseline, pretrained"
        )
    if name == "transformer-xl" and task.kind not in ("language", "plain"):
        raise BaselineError(
            'model.name is "transformer-xl", which is for long texts; choose the task generation, '
            "or another model"
        )
    if name.startswith("lstm") and task.kind == "tags":
        raise BaselineError(
            f"model.name is {name!r}, which sees a word's left side only; choose default for "
            f"{task.name}"
        )
    if name.startswith("lstm") and family == "encoder-decoder" and task.kind in _HEADS_ONLY:
        raise BaselineError(
            f"model.name is {name!r}, which has no head for {task.name}; choose default, or "
            "project.family=decoder-only"
        )


def build(config: Config, task: Task, vocabulary: Vocabulary) -> nn.Module:
    """A model with random weights."""
    check(config, task)
    dropout, family = config.model.dropout, config.project.family
    size = len(vocabulary.tokenizer)
    if task.kind == "plain":
        size += plain_text.sentinels(config)
    if family == "encoder-only":
        # Normalizing first trains without pre-training and long warm-up.
        shape = EncoderConfig(**_shape(config, size), norm_first=True)
        if task.kind == "plain":
            sentences = pretraining_objective(config) == "next-sentence"
            backbone: nn.Module = MaskedLanguageModel(shape, next_sentence=sentences)
        else:
            backbone = Encoder(shape)
    elif family == "decoder-only":
        backbone = _decoder(config, size)
    else:
        backbone = _pair(config, size)
    if uses_text(config, task) or task.kind in ("language", "plain"):
        return backbone
    if hasattr(backbone, "decoder"):
        setattr(backbone, "decoder", None)  # noqa: B010 what only reads needs the encoder only
    labels = len(vocabulary.answers.labels)
    if task.kind in ("label", "labels", "number"):
        # What only has seen the left side must be asked at the end.
        pool = "last" if family == "decoder-only" else "mean"
        return SequenceClassifier(backbone, labels, pool=pool, dropout=dropout)
    if task.kind == "tags":
        return TokenClassifier(backbone, labels, dropout=dropout)
    return SpanExtractor(backbone, dropout=dropout)


def _shape(config: Config, size: int) -> dict[str, Any]:
    """The sizes of a transformer with so many tokens."""
    model = config.model
    even = model.width // model.heads % 2 == 0
    return {
        "vocabulary_size": size,
        "width": model.width,
        "layers": model.layers,
        "heads": model.heads,
        "dropout": model.dropout,
        "max_length": config.tokenizer.max_tokens,
        "positions": "rotary" if even else "learned",
    }


def _decoder(config: Config, size: int) -> nn.Module:
    """A language model with so many tokens."""
    model = config.model
    if model.name == "lstm":
        return LstmLanguageModel(LstmConfig(size, model.width, model.layers, model.dropout))
    if model.name == "transformer-xl":
        shape = _shape(config, size)
        del shape["positions"]  # it counts from each token
        memory = shape.pop("max_length")
        return TransformerXL(TransformerXLConfig(**shape, memory_length=memory, norm_first=True))
    decoder = Decoder(DecoderConfig(**_shape(config, size)))
    quieten(decoder)
    return decoder


def _pair(config: Config, size: int) -> nn.Module:
    """A model that reads and writes, with so many tokens."""
    model = config.model
    if model.name.startswith("lstm"):
        attention = model.name == "lstm-attention"
        return Seq2Seq(Seq2SeqConfig(size, model.width, attention, model.dropout))
    # Relative positions work for lengths that training has not seen.
    shape = _shape(config, size) | {"positions": "relative"}
    return EncoderDecoder(EncoderDecoderConfig(**shape))


def parameters(model: nn.Module) -> int:
    """Number of weights; shared ones count once."""
    return sum(weight.numel() for weight in model.parameters())


def objective_of(config: Config, task: Task, vocabulary: Vocabulary) -> Objective:
    """What is learned for a task and the configured family."""
    if uses_text(config, task):
        return writing.writing_objective(config, task, vocabulary)
    if task.kind in MARKING:
        # Only our encoder is told which of two texts a token is of.
        segmented = config.project.family == "encoder-only"
        reader = Reader(vocabulary.tokenizer, config.tokenizer.max_tokens, segmented=segmented)
        return marking_objective(config, task, reader, vocabulary.answers)
    if task.kind == "language":
        return language.language_objective(config, task, vocabulary)
    return plain_text.plain_text_objective(config, task, vocabulary)

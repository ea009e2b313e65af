"""What of a published model is trained: everything, its head alone, or small matrices beside it.

    python -m baseline train model.name=pretrained model.pretrained=bert model.adapt=lora

Training everything needs memory for the moments of every weight. `head` trains the task's own layer
on vectors that stay as they are. `lora` adds to each large matrix the product of two narrow ones,
which are all that is trained.

Reference:
    Hu et al. (2021), LoRA, arXiv:2106.09685.
"""

from typing import Any

from torch import nn

from baseline.errors import BaselineError, library

# What the package peft calls the kinds of tasks; it trains their heads as well.
_TASK_TYPES = {
    **dict.fromkeys(("label", "labels", "number"), "SEQ_CLS"),
    "tags": "TOKEN_CLS",
    "span": "QUESTION_ANS",
    "language": "CAUSAL_LM",
}


def adapt(model: Any, how: str, kind: str, *, pair: bool) -> Any:
    """A model of transformers of which only the wanted part is trained.

    Args:
        model: With the task's head; changed in place.
        how: `all`, `head` or `lora`.
        pair: Whether the model is an encoder-decoder that writes text.

    Returns:
        The model to train; for `lora` it is wrapped.
    """
    if how == "head":
        return _head_only(model, kind)
    if how == "lora":
        return _with_lora(model, kind, pair=pair)
    return model


def _head_only(model: nn.Module, kind: str) -> nn.Module:
    body = getattr(model, "base_model", model)
    inside = {id(weight) for weight in body.parameters()}
    head = [weight for weight in model.parameters() if id(weight) not in inside]
    if not head or kind not in ("label", "labels", "number", "tags", "span"):
        raise BaselineError(
            f'model.adapt is "head", but {type(model).__name__} writes with its own token vectors '
            'and has no head beside them; use "lora" or "all"'
        )
    for weight in body.parameters():
        weight.requires_grad_(False)
    return model


def _with_lora(model: nn.Module, kind: str, *, pair: bool) -> Any:
    user, otherwise = 'model.adapt is "lora", which', 'use "head" or "all"'
    peft = library("peft", "peft", user, otherwise, extra="adapt")
    usual = "SEQ_2_SEQ_LM" if pair else "CAUSAL_LM"
    shape = peft.LoraConfig(
        task_type=_TASK_TYPES.get(kind, usual),
        r=8,
        lora_alpha=16,
        lora_dropout=0.0,
        target_modules="all-linear",
    )
    return peft.get_peft_model(model, shape)


def layer_of(name: str) -> int | None:
    """The number of the layer that a weight of transformers belongs to; None outside of layers."""
    parts = name.split(".")
    for before, part in zip(parts, parts[1:], strict=False):
        if part.isdigit() and before in ("layer", "layers", "h", "block", "transformer"):
            return int(part)
    return None

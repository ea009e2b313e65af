"""The models that ours are compared with, in the same sizes and with the same weights."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from torch import Tensor, nn
from torch.nn import functional as F

TEAM = Path(__file__).resolve().parent.parent / "{{cookiecutter.project_slug}}"
sys.path[:0] = [str(TEAM), str(TEAM / "tests" / "models")]

from baseline.data.objectives import mask_tokens, teacher_forcing  # noqa: E402
from baseline.decoding.stream import generate  # noqa: E402
from baseline.models.decoder import Decoder, DecoderConfig  # noqa: E402
from baseline.models.transformer_xl import TransformerXL, TransformerXLConfig  # noqa: E402
from parity import (  # noqa: E402
    decoder_from_gpt2,
    encoder_decoder_from_bart,
    encoder_decoder_from_t5,
    masked_language_model_from_bert,
)

__all__ = [
    "SIZES",
    "TRAINING",
    "Decoder",
    "DecoderConfig",
    "PlainGpt",
    "Size",
    "Step",
    "TransformerXL",
    "TransformerXLConfig",
    "decoder_from_gpt2",
    "generate",
    "gpt2",
]
Step = Callable[[], object]


@dataclass(frozen=True)
class Size:
    """Shape of the models and of a batch."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    length: int
    batch: int

    @property
    def tokens(self) -> int:
        """Tokens per step."""
        return self.length * self.batch


SIZES = {
    "default": Size(2000, 128, 2, 4, 128, 8),  # what a team trains unless it says otherwise
    "small": Size(8192, 256, 4, 4, 128, 8),
    "characters": Size(128, 256, 4, 4, 128, 8),
    "gpu": Size(50304, 768, 12, 12, 1024, 8),
}


# ------------------------------------------------------------------- the plain reference


class PlainGpt(nn.Module):
    """GPT-2 as the shortest training scripts write it: fused attention, whole logits."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        d = size.width
        self.heads = size.heads
        self.wte, self.wpe = nn.Embedding(size.vocabulary, d), nn.Embedding(size.length, d)
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "n1": nn.LayerNorm(d),
                    "qkv": nn.Linear(d, 3 * d),
                    "out": nn.Linear(d, d),
                    "n2": nn.LayerNorm(d),
                    "up": nn.Linear(d, 4 * d),
                    "down": nn.Linear(4 * d, d),
                }
            )
            for _ in range(size.layers)
        )
        self.last = nn.LayerNorm(d)

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy of the next token."""
        b, t = tokens.shape
        x = self.wte(tokens) + self.wpe(torch.arange(t, device=tokens.device))
        for layer in self.layers:
            q, k, v = layer["qkv"](layer["n1"](x)).split(x.shape[-1], dim=2)
            q, k, v = (z.view(b, t, self.heads, -1).transpose(1, 2) for z in (q, k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + layer["out"](y.transpose(1, 2).reshape(b, t, -1))
            x = x + layer["down"](F.gelu(layer["up"](layer["n2"](x)), approximate="tanh"))
        logits = F.linear(self.last(x), self.wte.weight)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))

    @classmethod
    def like(cls, source: nn.Module, size: Size) -> PlainGpt:
        """With the weights of one of our decoders."""
        model = cls(size)
        names = {
            "tokens": "wte",
            "norm": "last",
            "positions.table": "wpe.weight",
            "attention_norm": "n1",
            "attention.projection": "qkv",
            "attention.output": "out",
            "feed_forward_norm": "n2",
            "feed_forward.expand": "up",
            "feed_forward.contract": "down",
            "blocks": "layers",
        }
        state = {}
        for name, weight in source.state_dict().items():
            # Longest first: "norm" is also the end of longer names.
            for ours, plain in sorted(names.items(), key=lambda pair: -len(pair[0])):
                if ours != "norm" or name.startswith("norm."):
                    name = name.replace(ours, plain)
            state[name] = weight
        model.load_state_dict(state)
        return model


# ----------------------------------------------------------------------- the contenders


def gpt2(size: Size) -> nn.Module:
    """The library's GPT-2, random and without dropout."""
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=size.vocabulary,
            n_embd=size.width,
            n_layer=size.layers,
            n_head=size.heads,
            n_positions=size.length,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


def decoder_contenders(size: Size, device: str) -> dict[str, tuple[nn.Module, Step]]:
    """Next-word training."""
    theirs = gpt2(size)
    ours = decoder_from_gpt2(theirs)
    plain = PlainGpt.like(ours, size).to(device)
    theirs, ours = theirs.to(device), ours.to(device)
    x = torch.randint(0, size.vocabulary, (size.batch, size.length), device=device)
    targets = torch.cat((x[:, 1:], torch.full_like(x[:, :1], -100)), dim=1)
    return {
        "ours": (ours, lambda: ours.loss(x, targets)),
        "GPT2LMHeadModel": (theirs, lambda: theirs(x, labels=x, use_cache=False).loss),
        "plain GPT": (plain, lambda: plain(x, targets)),
    }


def encoder_contenders(size: Size, device: str) -> dict[str, tuple[nn.Module, Step]]:
    """Masked-word training, 15 % hidden."""
    theirs = transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=size.vocabulary,
            hidden_size=size.width,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            intermediate_size=4 * size.width,
            max_position_embeddings=size.length,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    )
    ours = masked_language_model_from_bert(theirs).to(device)
    theirs = theirs.to(device)
    x = torch.randint(5, size.vocabulary, (size.batch, size.length), device=device)
    hidden, targets = mask_tokens(x, mask_id=4, vocabulary_size=size.vocabulary)
    return {
        "ours": (ours, lambda: ours.loss(hidden, targets)),
        "BertForMaskedLM": (theirs, lambda: theirs(hidden, labels=targets).loss),
    }


def _pairs(size: Size, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Source, what the decoder reads, and what it should say."""
    shape = (size.batch, size.length)
    source = torch.randint(3, size.vocabulary, shape, device=device)
    targets = torch.randint(3, size.vocabulary, shape, device=device)
    return source, teacher_forcing(targets, begin_id=0, pad_id=0), targets


def t5_contenders(size: Size, device: str) -> dict[str, tuple[nn.Module, Step]]:
    """Text-to-text training with relative positions."""
    theirs = transformers.T5ForConditionalGeneration(
        transformers.T5Config(
            vocab_size=size.vocabulary,
            d_model=size.width,
            d_kv=size.width // size.heads,
            d_ff=4 * size.width,
            num_layers=size.layers // 2,
            num_heads=size.heads,
            dropout_rate=0.0,
            decoder_start_token_id=0,
        )
    )
    ours = encoder_decoder_from_t5(theirs).to(device)
    theirs = theirs.to(device)
    source, target, targets = _pairs(size, device)
    return {
        "ours": (ours, lambda: ours.loss(source, target, targets)),
        "T5": (theirs, lambda: theirs(source, labels=targets, use_cache=False).loss),
    }


def bart_contenders(size: Size, device: str) -> dict[str, tuple[nn.Module, Step]]:
    """Text-to-text training with learned positions."""
    theirs = transformers.BartForConditionalGeneration(
        transformers.BartConfig(
            vocab_size=size.vocabulary,
            d_model=size.width,
            encoder_layers=size.layers // 2,
            decoder_layers=size.layers // 2,
            encoder_attention_heads=size.heads,
            decoder_attention_heads=size.heads,
            encoder_ffn_dim=4 * size.width,
            decoder_ffn_dim=4 * size.width,
            max_position_embeddings=size.length,
            dropout=0.0,
            decoder_start_token_id=0,
        )
    )
    ours = encoder_decoder_from_bart(theirs).to(device)
    theirs = theirs.to(device)
    source, target, targets = _pairs(size, device)
    return {
        "ours": (ours, lambda: ours.loss(source, target, targets)),
        "BART": (theirs, lambda: theirs(source, labels=targets, use_cache=False).loss),
    }


TRAINING = {
    "decoder": decoder_contenders,
    "encoder": encoder_contenders,
    "t5": t5_contenders,
    "bart": bart_contenders,
}

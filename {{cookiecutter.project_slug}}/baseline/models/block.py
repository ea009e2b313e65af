"""The transformer's building block: look around, then think, with shortcuts past both.

All three families stack this block. An encoder lets every position see every other; a decoder
shows each position only what came before (`causal`); the decoder of an encoder-decoder looks at
the encoded source as well (`cross`).

Reference:
    Vaswani et al. (2017), arXiv:1706.03762, figure 1; Xiong et al. (2020), arXiv:2002.04745,
    for the normalisation before each part (`norm_first`).
"""

from dataclasses import dataclass, fields
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.attention import CrossAttention, KeyValueCache, SelfAttention

ACTIVATIONS = ("gelu", "gelu_tanh", "relu", "gated_gelu")
_OF_HEADS = ("head_width", "dropout", "bias")
_INTO_SHORTCUT = ("attention.output", "cross.output", "feed_forward.contract")


@dataclass(frozen=True)
class BlockConfig:
    """Shape and flavour of one block.

    Attributes:
        activation: `gelu`, `gelu_tanh` (GPT-2's approximation), `relu` or `gated_gelu` (T5 1.1).
        norm_first: Normalise before each part (GPT-2, T5) or after it (BERT, Vaswani 2017).
    """

    width: int  # channels D between the parts
    heads: int  # attention heads H
    hidden: int | None = None  # channels inside the feed-forward part; four times the width if None
    head_width: int | None = None  # channels per head; D/H if None
    dropout: float = 0.0  # share of activations that training sets to zero
    activation: str = "gelu"
    norm: str = "layer"  # `layer` (mean and variance) or `rms` (size only, T5)
    norm_first: bool = True
    norm_epsilon: float = 1e-5  # added to the variance
    bias: bool = True  # whether linear layers add a bias

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation is {self.activation!r}; use one of {ACTIVATIONS}")
        if self.norm not in ("layer", "rms"):
            raise ValueError(f"norm is {self.norm!r}; use 'layer' or 'rms'")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}; use a share from 0 to below 1")


def block_config(config: Any, **more: Any) -> BlockConfig:
    """What a model's configuration says about its blocks: the fields that both have."""
    shared = {
        f.name: getattr(config, f.name) for f in fields(BlockConfig) if hasattr(config, f.name)
    }
    return BlockConfig(**shared, **more)


def make_norm(config: BlockConfig) -> nn.Module:
    """The normalisation that `config` asks for, over the last axis."""
    if config.norm == "rms":
        return nn.RMSNorm(config.width, eps=config.norm_epsilon)
    return nn.LayerNorm(config.width, eps=config.norm_epsilon)


class FeedForward(nn.Module):
    """Two linear layers with a bend between them, at each position by itself."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        hidden = config.hidden or 4 * config.width
        self.activation = config.activation
        gates = 2 if config.activation == "gated_gelu" else 1
        self.expand = nn.Linear(config.width, gates * hidden, bias=config.bias)
        self.contract = nn.Linear(hidden, config.width, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Transform `(B, T, D)` to the same shape."""
        x = self.expand(x)  # (B, T, hidden)
        if self.activation == "gated_gelu":
            gate, x = x.chunk(2, dim=-1)
            x = F.gelu(gate, approximate="tanh") * x
        elif self.activation == "relu":
            x = F.relu(x)
        else:
            x = F.gelu(x, approximate="tanh" if self.activation == "gelu_tanh" else "none")
        if self.training:
            x = self.dropout(x)
        return self.contract(x)


class Block(nn.Module):
    """Self-attention, cross-attention if asked for, feed-forward; each with a shortcut."""

    def __init__(self, config: BlockConfig, *, cross: bool = False) -> None:
        super().__init__()
        options: dict[str, Any] = {name: getattr(config, name) for name in _OF_HEADS}
        self.norm_first = config.norm_first
        self.attention = SelfAttention(config.width, config.heads, **options)
        self.attention_norm = make_norm(config)
        self.cross = CrossAttention(config.width, config.heads, **options) if cross else None
        self.cross_norm = make_norm(config) if cross else None
        self.feed_forward = FeedForward(config)
        self.feed_forward_norm = make_norm(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: Tensor,
        *,
        memory: Tensor | None = None,  # the second sequence, `(B, M, D)`; needed with `cross`
        memory_allowed: Tensor | None = None,  # who may look at what in it, like `(B, H, T, M)`
        memory_cache: KeyValueCache | None = None,  # keys and values of the memory
        **attention: Any,  # see `SelfAttention`: allowed, bias, causal, angles, cache
    ) -> Tensor:
        """Transform a sequence `(B, T, D)` to one of the same shape."""
        y = self.attention(self._before(x, self.attention_norm), **attention)
        x = self._after(x, y, self.attention_norm)
        if self.cross is not None and self.cross_norm is not None:
            if memory is None:
                raise ValueError("this block looks at a second sequence: give `memory`")
            asking = self._before(x, self.cross_norm)
            y = self.cross(asking, memory, allowed=memory_allowed, cache=memory_cache)
            x = self._after(x, y, self.cross_norm)
        y = self.feed_forward(self._before(x, self.feed_forward_norm))
        return self._after(x, y, self.feed_forward_norm)

    def _before(self, x: Tensor, norm: nn.Module) -> Tensor:
        """What a part reads."""
        return norm(x) if self.norm_first else x

    def _after(self, x: Tensor, y: Tensor, norm: nn.Module) -> Tensor:
        """Add what it computed to the shortcut."""
        if self.training:
            y = self.dropout(y)
        return x + y if self.norm_first else norm(x + y)


def initialise(model: nn.Module, layers: int) -> None:
    """Draw random weights that keep vectors at their size from layer to layer.

    Weights of linear layers have a standard deviation of one over the root of the number of
    their inputs. Published models fix 0.02, which is about that for a width of 768 but nearly
    nothing for the narrow models that a laptop trains: their attention would need hundreds of
    steps to begin. Token vectors are small (0.06), so that a model that knows nothing gives every
    token about the same probability. The layers that write into the shortcut get 1/√(2·layers) of
    that, since as many of them add up.

    Reference:
        Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward
        neural networks, section 4.2; Radford et al. (2019), Language models are unsupervised
        multitask learners, section 2.3, for the shortcut.
    """
    for name, part in model.named_modules():
        if isinstance(part, nn.Linear):
            share = (2 * layers) ** -0.5 if name.endswith(_INTO_SHORTCUT) else 1.0
            nn.init.normal_(part.weight, std=share * part.in_features**-0.5)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.Embedding):
            nn.init.normal_(part.weight, std=0.06)


def quieten(model: nn.Module) -> None:
    """Let every block begin by adding nothing: each then learns only what is needed.

    Muon's steps are all of one length. It takes many of them to undo what random weights write into
    the shortcut of a decoder. (An encoder-decoder learned dates later so: after 100 steps a loss of
    1.42 against 1.09, one seed.)

    Reference:
        Zhang et al. (2019), Fixup initialization, arXiv:1901.09321.
    """
    for name, part in model.named_modules():
        if isinstance(part, nn.Linear) and name.endswith(_INTO_SHORTCUT):
            nn.init.zeros_(part.weight)

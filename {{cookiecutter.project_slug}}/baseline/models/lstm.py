"""What came before attention: recurrent networks that pass a state from token to token.

`LstmLanguageModel` predicts the next token. `Seq2Seq` translates: its encoder squeezes the
source into one vector of fixed size, which is the bottleneck; with `attention=True` the decoder
may look back at every source position at every step, as Bahdanau proposed.

Reference:
    Hochreiter and Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735;
    Sutskever et al. (2014), arXiv:1409.3215; Bahdanau et al. (2015), arXiv:1409.0473.
"""

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.losses import Mask, linear_cross_entropy

Memory = tuple[Tensor, Tensor]  # output and cell


@dataclass(frozen=True)
class LstmConfig:
    """Shape of an LSTM language model."""

    vocabulary_size: int  # number of tokens V
    width: int = 256  # channels D of the token vectors and of the state
    layers: int = 1  # number of LSTM layers
    dropout: float = 0.0  # share of activations that training sets to zero


@dataclass
class LstmState:
    """Output and cell of every layer, both `(layers, B, D)`; None before the first token."""

    hidden: Memory | None = None
    length: int = 0

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, in that order."""
        if self.hidden is not None:
            self.hidden = self.hidden[0][:, rows], self.hidden[1][:, rows]


class LstmLanguageModel(nn.Module):
    """A language model whose memory has a fixed size."""

    max_length: int | None = None

    def __init__(self, config: LstmConfig) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary_size, config.width)
        nn.init.normal_(self.tokens.weight, std=config.width**-0.5)
        between = config.dropout if config.layers > 1 else 0.0
        self.lstm = nn.LSTM(
            config.width, config.width, config.layers, batch_first=True, dropout=between
        )
        self.dropout = nn.Dropout(config.dropout)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))

    def features(self, tokens: Tensor, mask: Mask = None, state: LstmState | None = None) -> Tensor:
        """Vectors that know each token and everything before it, `(B, T, D)`.

        A mask is not needed: padding on the right is never seen by what is before it. `state` holds
        earlier tokens, and is changed in place.
        """
        vectors = self.dropout(self.tokens(tokens))  # (B, T, D)
        before = None if state is None else state.hidden
        with full_precision(vectors.device):
            hidden, after = self.lstm(vectors, before)
        if state is not None:
            # Gradients stop here: a later segment learns from its own tokens only.
            state.hidden = after[0].detach(), after[1].detach()
            state.length += tokens.shape[1]
        return self.dropout(hidden)

    def forward(self, tokens: Tensor, mask: Mask = None) -> Tensor:
        """Logits of the next token at every position, `(B, T, V)`."""
        return F.linear(self.features(tokens, mask), self.tokens.weight, self.output_bias)

    def loss(
        self, tokens: Tensor, targets: Tensor, mask: Mask = None, state: LstmState | None = None
    ) -> Tensor:
        """Mean cross-entropy of the token after each, in nats.

        With a state, `tokens` continue those of the call before (truncated backpropagation).
        """
        hidden = self.features(tokens, mask, state)
        return linear_cross_entropy(hidden, self.tokens.weight, targets, self.output_bias)

    def start(self) -> LstmState:
        """An empty state for writing."""
        return LstmState()

    def step(self, tokens: Tensor, state: LstmState, mask: Mask = None) -> tuple[Tensor, LstmState]:
        """Read `(B, n)` more tokens; logits `(B, V)` of the one after the last, and the state."""
        if mask is None:
            last = self.features(tokens, state=state)[:, -1]
        else:  # one token at a time: padding must not change the state
            for token, real in zip(tokens.unbind(1), mask.bool().unbind(1), strict=True):
                before = state.hidden
                last = self.features(token.unsqueeze(1), state=state)[:, -1]  # (B, D)
                state.hidden = _where(real.unsqueeze(-1), state.hidden, before)
        return F.linear(last, self.tokens.weight, self.output_bias), state


def full_precision(device: torch.device) -> AbstractContextManager[None]:
    """32 bits for `nn.LSTM` on processors: not all of them have one for 16."""
    if device.type != "cpu":
        return nullcontext()
    return torch.autocast("cpu", enabled=False)


def _where(real: Tensor, new: Memory | None, old: Memory | None) -> Memory | None:
    """The new output and cell of rows that read a token, the old ones of others."""
    if new is None:
        return old
    old = (torch.zeros_like(new[0]), torch.zeros_like(new[1])) if old is None else old
    return torch.where(real, new[0], old[0]), torch.where(real, new[1], old[1])


@dataclass(frozen=True)
class Seq2SeqConfig:
    """Shape of a recurrent encoder-decoder."""

    vocabulary_size: int  # number of tokens V, shared by source and target
    width: int = 256  # channels D of token vectors and states
    attention: bool = True  # whether the decoder looks back at the source at every step
    dropout: float = 0.0  # share of token vectors that training sets to zero


@dataclass
class Seq2SeqState:
    """What the decoder knows; without attention, `memory` and `keys` are empty."""

    hidden: Tensor  # its output, `(B, D)`
    cell: Tensor  # its cell, `(B, D)`
    memory: Tensor  # encoder outputs, `(B, T, 2D)`
    keys: Tensor  # their part of the attention score, computed once per source, `(B, T, D)`
    blocked: Tensor  # true at padding of the source, `(B, T)`
    length: int = 0  # number of target tokens read

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, in that order."""
        for name in ("hidden", "cell", "memory", "keys", "blocked"):
            setattr(self, name, getattr(self, name)[rows])


class BahdanauAttention(nn.Module):
    """Additive attention: a small network scores each source position for the present state.

    Reference:
        Bahdanau et al. (2015), arXiv:1409.0473, section 3.1 and appendix A.1.2.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(2 * width, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(
        self, hidden: Tensor, memory: Tensor, keys: Tensor, blocked: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Average the memory by how much each position matters now.

        `hidden` is the decoder's output before this step; for the others see `Seq2SeqState`.

        Returns:
            The average, `(B, 2D)`, and the weights, `(B, T)`.
        """
        scores = self.score((self.query(hidden).unsqueeze(1) + keys).tanh()).squeeze(-1)  # (B, T)
        weights = scores.masked_fill(blocked, -math.inf).softmax(dim=-1)
        return (weights.unsqueeze(1) @ memory).squeeze(1), weights


class Seq2Seq(nn.Module):
    """An LSTM that reads (in both directions) and an LSTM that writes."""

    max_length: int | None = None

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.tokens = nn.Embedding(config.vocabulary_size, width)
        nn.init.normal_(self.tokens.weight, std=width**-0.5)
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * width, 2 * width)
        self.attention = BahdanauAttention(width) if config.attention else None
        context = 2 * width if config.attention else 0
        self.decoder = nn.LSTMCell(width + context, width)
        self.output = nn.Linear(width + context, width)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))

    def start(self, source: Tensor, source_mask: Mask = None) -> Seq2SeqState:
        """Read the source: the decoder's first state, without attention all that is left of it.

        Padding is on the right.

        Raises:
            ValueError: If a row is all padding.
        """
        vectors = self.dropout(self.tokens(source))  # (B, T, D)
        if source_mask is None:
            blocked = torch.zeros_like(source, dtype=torch.bool)
            with full_precision(vectors.device):
                memory, (last, _) = self.encoder(vectors)
        else:
            blocked = ~source_mask.bool()
            lengths = source_mask.sum(-1).cpu()
            if int(lengths.min()) == 0:
                raise ValueError("a source is all padding: there is nothing to read")
            packed = nn.utils.rnn.pack_padded_sequence(
                vectors, lengths, batch_first=True, enforce_sorted=False
            )
            with full_precision(vectors.device):
                packed, (last, _) = self.encoder(packed)
            memory, _ = nn.utils.rnn.pad_packed_sequence(
                packed, batch_first=True, total_length=source.shape[1]
            )
        both = torch.cat((last[0], last[1]), dim=-1)  # (B, 2D): end of each direction
        hidden, cell = self.bridge(both).chunk(2, dim=-1)
        if self.attention is None:
            memory = memory[:, :0]
            keys = memory
        else:
            keys = self.attention.key(memory)
        return Seq2SeqState(hidden.tanh(), cell.contiguous(), memory, keys, blocked)

    def decode(
        self, target: Tensor, state: Seq2SeqState, weights: list[Tensor] | None = None
    ) -> Tensor:
        """Read target tokens one after the other: vectors `(B, S, D)` that predict the next ones.

        `weights`, if given, gets the attention weights of each step, `(B, T)`.
        """
        outputs = []
        for vector in self.dropout(self.tokens(target)).unbind(1):  # (B, D) each
            if self.attention is not None:
                context, row = self.attention(state.hidden, state.memory, state.keys, state.blocked)
                if weights is not None:
                    weights.append(row.detach())
                vector = torch.cat((vector, context), dim=-1)
            state.hidden, state.cell = self.decoder(vector, (state.hidden, state.cell))
            seen = state.hidden
            if self.attention is not None:
                seen = torch.cat((seen, context), dim=-1)
            outputs.append(seen)
        state.length += target.shape[1]
        return self.output(torch.stack(outputs, dim=1)).tanh()  # (B, S, D)

    def forward(self, source: Tensor, target: Tensor, source_mask: Mask = None) -> Tensor:
        """Logits `(B, S, V)`; see `EncoderDecoder.forward`."""
        hidden = self.decode(target, self.start(source, source_mask))
        return F.linear(hidden, self.tokens.weight, self.output_bias)

    def loss(
        self,
        source: Tensor,
        target: Tensor,
        targets: Tensor,
        source_mask: Mask = None,
        *,
        label_smoothing: float = 0.0,
    ) -> Tensor:
        """Mean cross-entropy of the target's tokens; see `EncoderDecoder.loss`."""
        hidden = self.decode(target, self.start(source, source_mask))
        weight, bias = self.tokens.weight, self.output_bias
        return linear_cross_entropy(hidden, weight, targets, bias, label_smoothing=label_smoothing)

    def attention_map(self, source: Tensor, target: Tensor, source_mask: Mask = None) -> Tensor:
        """Where the decoder looks while it reads `target`, for heat maps: weights `(B, S, T)`.

        Raises:
            ValueError: If the model has no attention.
        """
        if self.attention is None:
            raise ValueError("this model was made without attention")
        weights: list[Tensor] = []
        with torch.no_grad():
            self.decode(target, self.start(source, source_mask), weights)
        return torch.stack(weights, dim=1)

    def step(self, tokens: Tensor, state: Seq2SeqState) -> tuple[Tensor, Seq2SeqState]:
        """Read `(B, n)` more tokens; logits of the one after the last, `(B, V)`, and the state."""
        last = self.decode(tokens, state)[:, -1]
        return F.linear(last, self.tokens.weight, self.output_bias), state

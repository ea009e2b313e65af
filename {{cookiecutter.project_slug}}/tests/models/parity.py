"""Move weights from `transformers` models into ours, and so prove that ours compute the same.

Each function takes a model of the library, random or pretrained, and returns ours with its
weights. The tests compare the logits; a team can start from published weights this way and
still read every line of the model it trains.

What the libraries' models do that ours do not need to is folded into the weights: T5 does not
divide its attention scores by √d, so its query weights are multiplied by √d here.
"""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor

from baseline.models.decoder import Decoder, DecoderConfig
from baseline.models.encoder import Encoder, EncoderConfig, MaskedLanguageModel
from baseline.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig

State = dict[str, Tensor]
Model = TypeVar("Model", bound=torch.nn.Module)
_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}


def _activation(name: str) -> str:
    if name not in _ACTIVATIONS:
        raise ValueError(f"activation {name!r} is not one of ours: {', '.join(_ACTIVATIONS)}")
    return _ACTIVATIONS[name]


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(f"this model cannot be converted: {what}")


def _linear(new: State, name: str, *weights: Tensor) -> None:
    """Stack weights `(out, in)` or biases `(out,)` of one kind under one name."""
    new[name] = torch.cat(weights) if len(weights) > 1 else weights[0]


def encoder_from_bert(source: Any) -> Encoder:
    """The encoder of any BERT model (with or without heads).

    Args:
        source: A `BertModel`, or a model that has one as its `bert`.

    Returns:
        Our encoder, in evaluation mode, on the processor, in the source's number type.

    Raises:
        ValueError: If the model has a feature that ours lacks.
    """
    bert = getattr(source, "bert", source)
    model = Encoder(_bert_config(bert.config))
    return _finish(model, _bert_encoder(bert.state_dict(), bert.config.num_hidden_layers), bert)


def masked_language_model_from_bert(source: Any) -> MaskedLanguageModel:
    """A `BertForMaskedLM` or `BertForPreTraining` as ours; see `encoder_from_bert`."""
    heads = source.cls
    both = hasattr(heads, "seq_relationship")
    model = MaskedLanguageModel(_bert_config(source.config), next_sentence=both)
    layers = source.config.num_hidden_layers
    new = {f"encoder.{k}": v for k, v in _bert_encoder(source.bert.state_dict(), layers).items()}
    predictions = heads.predictions
    for kind in ("weight", "bias"):
        new[f"transform.{kind}"] = getattr(predictions.transform.dense, kind)
        new[f"transform_norm.{kind}"] = getattr(predictions.transform.LayerNorm, kind)
        if both:
            new[f"pooler.{kind}"] = getattr(source.bert.pooler.dense, kind)
            new[f"next_sentence.{kind}"] = getattr(heads.seq_relationship, kind)
    new["output_bias"] = predictions.bias
    tied = torch.equal(predictions.decoder.weight, source.bert.embeddings.word_embeddings.weight)
    _require(tied, "its output layer is not tied to its token vectors")
    return _finish(model, new, source)


def _bert_config(config: Any) -> EncoderConfig:
    kind = getattr(config, "position_embedding_type", None) or "absolute"
    _require(kind == "absolute", f"its positions are {kind}")
    return EncoderConfig(
        vocabulary_size=config.vocab_size,
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        max_length=config.max_position_embeddings,
        hidden=config.intermediate_size,
        segments=config.type_vocab_size,
        dropout=config.hidden_dropout_prob,
        activation=_activation(config.hidden_act),
        norm_epsilon=config.layer_norm_eps,
    )


def _bert_encoder(old: State, layers: int) -> State:
    new = {
        "tokens.weight": old["embeddings.word_embeddings.weight"],
        "segments.weight": old["embeddings.token_type_embeddings.weight"],
        "positions.table": old["embeddings.position_embeddings.weight"],
        "embedding_norm.weight": old["embeddings.LayerNorm.weight"],
        "embedding_norm.bias": old["embeddings.LayerNorm.bias"],
    }
    for i in range(layers):
        theirs, ours = f"encoder.layer.{i}", f"blocks.{i}"
        for kind in ("weight", "bias"):
            self_attention = f"{theirs}.attention.self"
            parts = [old[f"{self_attention}.{part}.{kind}"] for part in ("query", "key", "value")]
            _linear(new, f"{ours}.attention.projection.{kind}", *parts)
            for name, part in (
                ("attention.output", "attention.output.dense"),
                ("attention_norm", "attention.output.LayerNorm"),
                ("feed_forward.expand", "intermediate.dense"),
                ("feed_forward.contract", "output.dense"),
                ("feed_forward_norm", "output.LayerNorm"),
            ):
                new[f"{ours}.{name}.{kind}"] = old[f"{theirs}.{part}.{kind}"]
    return new


def decoder_from_gpt2(source: Any) -> Decoder:
    """A `GPT2LMHeadModel` as our decoder.

    Args:
        source: The model.

    Returns:
        Ours, in evaluation mode, on the processor, in the source's number type.

    Raises:
        ValueError: If the model has a feature that ours lacks.
    """
    config = source.config
    _require(config.scale_attn_weights, "it does not scale its attention scores")
    _require(not config.scale_attn_by_inverse_layer_idx, "its layers scale attention differently")
    _require(
        torch.equal(source.lm_head.weight, source.transformer.wte.weight),
        "its output layer is not tied to its token vectors",
    )
    model = Decoder(
        DecoderConfig(
            vocabulary_size=config.vocab_size,
            width=config.n_embd,
            layers=config.n_layer,
            heads=config.n_head,
            max_length=config.n_positions,
            hidden=config.n_inner,
            dropout=config.resid_pdrop,
            activation=_activation(config.activation_function),
            norm_epsilon=config.layer_norm_epsilon,
        )
    )
    old: State = source.transformer.state_dict()
    new = {
        "tokens.weight": old["wte.weight"],
        "positions.table": old["wpe.weight"],
        "norm.weight": old["ln_f.weight"],
        "norm.bias": old["ln_f.bias"],
    }
    for i in range(config.n_layer):
        for ours, theirs in (
            ("attention_norm", "ln_1"),
            ("attention.projection", "attn.c_attn"),
            ("attention.output", "attn.c_proj"),
            ("feed_forward_norm", "ln_2"),
            ("feed_forward.expand", "mlp.c_fc"),
            ("feed_forward.contract", "mlp.c_proj"),
        ):
            weight = old[f"h.{i}.{theirs}.weight"]
            # GPT-2 stores its linear layers the other way round, as (in, out).
            new[f"blocks.{i}.{ours}.weight"] = weight.T if weight.dim() == 2 else weight
            new[f"blocks.{i}.{ours}.bias"] = old[f"h.{i}.{theirs}.bias"]
    return _finish(model, new, source)


def encoder_decoder_from_bart(source: Any) -> EncoderDecoder:
    """A `BartForConditionalGeneration` as ours; see `decoder_from_gpt2`."""
    config = source.config
    for name in ("attention_heads", "ffn_dim"):
        encoder, decoder = (getattr(config, f"{side}_{name}") for side in ("encoder", "decoder"))
        _require(encoder == decoder, f"encoder and decoder have different {name}")
    _require(not source.final_logits_bias.any(), "its output layer has a bias")
    model = EncoderDecoder(
        EncoderDecoderConfig(
            vocabulary_size=config.vocab_size,
            width=config.d_model,
            layers=config.encoder_layers,
            decoder_layers=config.decoder_layers,
            heads=config.encoder_attention_heads,
            max_length=config.max_position_embeddings,
            hidden=config.encoder_ffn_dim,
            dropout=config.dropout,
            positions="learned",
            activation=_activation(config.activation_function),
            norm_first=False,
            norm_embeddings=True,
            scale_embeddings=config.scale_embedding,
        )
    )
    old: State = source.model.state_dict()
    new = {"tokens.weight": old["shared.weight"]}
    for side, layers in (("encoder", config.encoder_layers), ("decoder", config.decoder_layers)):
        # BART's first two rows belong to no position.
        new[f"{side}.positions.table"] = old[f"{side}.embed_positions.weight"][2:]
        for kind in ("weight", "bias"):
            new[f"{side}.embedding_norm.{kind}"] = old[f"{side}.layernorm_embedding.{kind}"]
            for i in range(layers):
                theirs, ours = f"{side}.layers.{i}", f"{side}.blocks.{i}"
                looking = [("attention", "self_attn")]
                if side == "decoder":
                    looking.append(("cross", "encoder_attn"))
                for name, part in looking:
                    query, key, value = (
                        old[f"{theirs}.{part}.{which}_proj.{kind}"] for which in "qkv"
                    )
                    if name == "attention":
                        _linear(new, f"{ours}.attention.projection.{kind}", query, key, value)
                    else:
                        _linear(new, f"{ours}.cross.query.{kind}", query)
                        _linear(new, f"{ours}.cross.key_value.{kind}", key, value)
                    new[f"{ours}.{name}.output.{kind}"] = old[f"{theirs}.{part}.out_proj.{kind}"]
                    new[f"{ours}.{name}_norm.{kind}"] = old[f"{theirs}.{part}_layer_norm.{kind}"]
                for name, part in (
                    ("feed_forward.expand", "fc1"),
                    ("feed_forward.contract", "fc2"),
                    ("feed_forward_norm", "final_layer_norm"),
                ):
                    new[f"{ours}.{name}.{kind}"] = old[f"{theirs}.{part}.{kind}"]
    return _finish(model, new, source)


def encoder_decoder_from_t5(source: Any) -> EncoderDecoder:
    """A `T5ForConditionalGeneration` (also of version 1.1) as ours; see `decoder_from_gpt2`."""
    config = source.config
    gated = config.is_gated_act
    if gated:
        _require(config.dense_act_fn == "gelu_new", f"its activation is {config.dense_act_fn}")
    shared = source.shared.weight
    tied = torch.equal(source.lm_head.weight, shared)
    model = EncoderDecoder(
        EncoderDecoderConfig(
            vocabulary_size=config.vocab_size,
            width=config.d_model,
            layers=config.num_layers,
            decoder_layers=config.num_decoder_layers,
            heads=config.num_heads,
            hidden=config.d_ff,
            head_width=config.d_kv,
            dropout=config.dropout_rate,
            positions="relative",
            activation="gated_gelu" if gated else _activation(config.dense_act_fn),
            norm="rms",
            norm_epsilon=config.layer_norm_epsilon,
            bias=False,
            scale_embeddings=False,
            tie_output=tied,
            buckets=config.relative_attention_num_buckets,
            max_distance=config.relative_attention_max_distance,
        )
    )
    old: State = source.state_dict()
    new = {"tokens.weight": shared}
    if not tied:
        new["output.weight"] = source.lm_head.weight
    root = config.d_kv**0.5
    for side, layers in (("encoder", config.num_layers), ("decoder", config.num_decoder_layers)):
        bias = f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        new[f"{side}.relative.table.weight"] = old[bias]
        # Where T5 divides the decoder's output by √D, the last normalisation does it here.
        scale = 1.0
        if side == "decoder" and config.scale_decoder_outputs:
            scale = config.d_model**-0.5
        new[f"{side}.norm.weight"] = old[f"{side}.final_layer_norm.weight"] * scale
        for i in range(layers):
            theirs, ours = f"{side}.block.{i}.layer", f"{side}.blocks.{i}"
            query, key, value, out = (
                old[f"{theirs}.0.SelfAttention.{which}.weight"] for which in "qkvo"
            )
            _linear(new, f"{ours}.attention.projection.weight", query * root, key, value)
            new[f"{ours}.attention.output.weight"] = out
            new[f"{ours}.attention_norm.weight"] = old[f"{theirs}.0.layer_norm.weight"]
            last = 1
            if side == "decoder":
                last = 2
                query, key, value, out = (
                    old[f"{theirs}.1.EncDecAttention.{which}.weight"] for which in "qkvo"
                )
                new[f"{ours}.cross.query.weight"] = query * root
                _linear(new, f"{ours}.cross.key_value.weight", key, value)
                new[f"{ours}.cross.output.weight"] = out
                new[f"{ours}.cross_norm.weight"] = old[f"{theirs}.1.layer_norm.weight"]
            dense = f"{theirs}.{last}.DenseReluDense"
            names = ("wi_0", "wi_1") if gated else ("wi",)
            expand = [old[f"{dense}.{name}.weight"] for name in names]
            _linear(new, f"{ours}.feed_forward.expand.weight", *expand)
            new[f"{ours}.feed_forward.contract.weight"] = old[f"{dense}.wo.weight"]
            new[f"{ours}.feed_forward_norm.weight"] = old[f"{theirs}.{last}.layer_norm.weight"]
    return _finish(model, new, source)


def _finish(model: Model, new: State, source: Any) -> Model:
    """Load the weights; every one of ours must be among them."""
    model.to(next(source.parameters()).dtype)
    model.load_state_dict(new)
    return model.eval()

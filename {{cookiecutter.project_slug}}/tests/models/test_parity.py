"""Our models with the weights of `transformers` give its logits.

The library's models are tiny and random; nothing is downloaded. Weights are drawn wide, so that
a missing term would show.
"""

from __future__ import annotations

import pytest
import torch
from parity import (
    decoder_from_gpt2,
    encoder_decoder_from_bart,
    encoder_decoder_from_t5,
    encoder_from_bert,
    masked_language_model_from_bert,
)

from baseline.decoding.beam_search import beam_search
from baseline.decoding.stream import generate

transformers = pytest.importorskip("transformers")

V = 60


def shaken(model: torch.nn.Module, std: float = 0.2) -> torch.nn.Module:
    """Draw every weight anew, biases and normalisations too, which start at 0 and 1."""
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, std=std)
        if parameter.dim() == 1 and "bias" not in name:
            parameter.data += 1
    return model.eval()


def bert(kind: str) -> torch.nn.Module:
    config = transformers.BertConfig(
        vocab_size=V,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=20,
    )
    return shaken(getattr(transformers, kind)(config))


def gpt2(**settings) -> torch.nn.Module:
    config = transformers.GPT2Config(
        vocab_size=V,
        n_embd=32,
        n_layer=2,
        n_head=4,
        n_positions=40,
        bos_token_id=1,
        eos_token_id=2,
        **settings,
    )
    return shaken(transformers.GPT2LMHeadModel(config))


def t5(**settings) -> torch.nn.Module:
    config = transformers.T5Config(
        vocab_size=V,
        d_model=32,
        d_kv=10,
        d_ff=48,
        num_layers=2,
        num_decoder_layers=3,
        num_heads=4,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=12,
        **settings,
    )
    return shaken(transformers.T5ForConditionalGeneration(config), 0.15)


def bart(**settings) -> torch.nn.Module:
    config = transformers.BartConfig(
        vocab_size=V,
        d_model=32,
        encoder_layers=2,
        decoder_layers=3,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        max_position_embeddings=40,
        **settings,
    )
    return shaken(transformers.BartForConditionalGeneration(config))


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(3, V, (3, 11), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def mask(tokens) -> torch.Tensor:
    """One row padded on the right, one on the left."""
    mask = torch.ones_like(tokens)
    mask[0, 7:] = 0
    mask[1, :2] = 0
    return mask


def close(ours: torch.Tensor, theirs: torch.Tensor, tolerance: float = 1e-4) -> None:
    assert theirs.std() > 0.1, "logits that are all alike would prove nothing"
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=0)


@torch.no_grad()
def test_bert(tokens, mask):
    """Features, words and pairs; also at double precision, where only rounding is left."""
    theirs = bert("BertForPreTraining")
    segments = (torch.arange(11) > 5).long().expand(3, -1)
    for number, tolerance in ((torch.float32, 1e-4), (torch.float64, 1e-11)):
        theirs.to(number)
        ours = masked_language_model_from_bert(theirs)
        want = theirs(tokens, attention_mask=mask, token_type_ids=segments)

        got = ours(tokens, mask, segments)
        features = encoder_from_bert(theirs)(tokens, mask, segments)

        real = mask.bool()
        close(got[real], want.prediction_logits[real], tolerance)
        close(
            ours.next_sentence_logits(features)[[0, 2]],
            want.seq_relationship_logits[[0, 2]],
            tolerance,
        )


@torch.no_grad()
def test_bert_without_the_second_head(tokens, mask):
    theirs = bert("BertForMaskedLM")

    ours = masked_language_model_from_bert(theirs)

    real = mask.bool()
    close(ours(tokens, mask)[real], theirs(tokens, attention_mask=mask).logits[real])


def test_the_masked_loss_and_its_gradients_are_berts(tokens, mask):
    theirs = bert("BertForMaskedLM").double()
    ours = masked_language_model_from_bert(theirs)
    targets = tokens.masked_fill(torch.arange(11) % 3 != 0, -100)

    want = theirs(tokens, attention_mask=mask, labels=targets).loss
    got = ours.loss(tokens, targets, mask)
    want.backward()
    got.backward()

    torch.testing.assert_close(got, want)
    torch.testing.assert_close(
        ours.encoder.tokens.weight.grad, theirs.bert.embeddings.word_embeddings.weight.grad
    )


@torch.no_grad()
@pytest.mark.parametrize("number", [torch.float32, torch.float64])
def test_gpt2(tokens, number):
    theirs = gpt2().to(number)

    got = decoder_from_gpt2(theirs)(tokens)

    close(got, theirs(tokens).logits, 1e-4 if number == torch.float32 else 1e-11)


@torch.no_grad()
def test_gpt2_with_padding(tokens):
    """The library wants to be told the positions; ours finds them in the mask."""
    theirs = gpt2()
    mask = torch.ones_like(tokens)
    mask[1, :4] = 0
    positions = (mask.cumsum(-1) - 1).clamp(min=0)

    want = theirs(tokens, attention_mask=mask, position_ids=positions).logits

    close(decoder_from_gpt2(theirs)(tokens, mask)[mask.bool()], want[mask.bool()])


def test_gpt2s_loss_and_its_gradients(tokens):
    theirs = gpt2(resid_pdrop=0, embd_pdrop=0, attn_pdrop=0).double()
    ours = decoder_from_gpt2(theirs)

    want = theirs(tokens, labels=tokens).loss
    got = ours.loss(tokens[:, :-1], tokens[:, 1:])
    want.backward()
    got.backward()

    assert got.item() == pytest.approx(want.item(), rel=1e-6)  # theirs is single precision
    torch.testing.assert_close(
        ours.tokens.weight.grad, theirs.transformer.wte.weight.grad, atol=1e-6, rtol=1e-4
    )


@torch.no_grad()
def test_greedy_and_beams_write_what_gpt2_writes(tokens):
    theirs = gpt2().double()
    ours = decoder_from_gpt2(theirs)
    common = {"attention_mask": torch.ones_like(tokens), "do_sample": False, "pad_token_id": 0}

    greedy = theirs.generate(tokens, max_new_tokens=15, eos_token_id=None, **common)
    beams = theirs.generate(
        tokens,
        max_new_tokens=15,
        eos_token_id=5,
        num_beams=4,
        length_penalty=0.7,
        early_stopping="never",
        return_dict_in_generate=True,
        output_scores=True,
        **common,
    )
    found = beam_search(ours, tokens, beams=4, max_new_tokens=15, end_id=5, length_penalty=0.7)

    assert generate(ours, tokens, max_new_tokens=15).equal(greedy)
    for row, (best, *_) in enumerate(found):
        assert list(best.tokens) == beams.sequences[row, 11 : 11 + len(best.tokens)].tolist()
        assert best.score == pytest.approx(beams.sequences_scores[row].item())


@torch.no_grad()
@pytest.mark.parametrize(
    "settings",
    [{}, {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}],
    ids=["1.0", "1.1"],
)
def test_t5(settings, tokens, mask):
    """Source and target longer than the farthest distance bucket; and step by step."""
    theirs = t5(**settings)
    ours = encoder_decoder_from_t5(theirs)
    source, real, target = tokens.repeat(1, 2), mask.repeat(1, 2), tokens.flip(0).repeat(1, 2)

    want = theirs(source, attention_mask=real, decoder_input_ids=target).logits

    close(ours(source, target, real), want)
    state = ours.start(source, real)
    ours.step(target[:, :9], state)
    close(ours.step(target[:, 9:], state)[0], want[:, -1])


@torch.no_grad()
@pytest.mark.parametrize("scaled", [False, True])
def test_bart(scaled, tokens, mask):
    theirs = bart(scale_embedding=scaled)
    target = tokens.flip(0)

    want = theirs(tokens, attention_mask=mask, decoder_input_ids=target).logits

    close(encoder_decoder_from_bart(theirs)(tokens, target, mask), want)


@torch.no_grad()
def test_beams_write_what_bart_writes(tokens, mask):
    theirs = bart(
        decoder_start_token_id=2, bos_token_id=None, eos_token_id=2, forced_eos_token_id=None
    ).double()
    ours = encoder_decoder_from_bart(theirs)

    want = theirs.generate(
        tokens,
        attention_mask=mask,
        num_beams=3,
        max_new_tokens=12,
        do_sample=False,
        early_stopping="never",
        return_dict_in_generate=True,
        output_scores=True,
    )
    found = beam_search(
        ours,
        torch.full((3, 1), 2),
        beams=3,
        max_new_tokens=12,
        end_id=2,
        state=ours.start(tokens, mask),
    )

    for row, (best, *_) in enumerate(found):
        assert list(best.tokens) == want.sequences[row, 1 : 1 + len(best.tokens)].tolist()
        assert best.score == pytest.approx(want.sequences_scores[row].item())


def test_what_ours_lack_is_named():
    with pytest.raises(ValueError, match="'silu' is not one of ours"):
        decoder_from_gpt2(gpt2(activation_function="silu"))
    with pytest.raises(ValueError, match="scale attention differently"):
        decoder_from_gpt2(gpt2(scale_attn_by_inverse_layer_idx=True))
    with pytest.raises(ValueError, match="its activation is silu"):
        encoder_decoder_from_t5(t5(feed_forward_proj="gated-silu"))

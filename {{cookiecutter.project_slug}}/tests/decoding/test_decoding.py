"""Generation: choosing tokens, streaming, and beams."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from baseline.decoding.beam_search import beam_search
from baseline.decoding.sampling import Sampling, choose, keep_top_k, keep_top_p, penalise
from baseline.decoding.stream import generate, stream
from baseline.models.decoder import Decoder, DecoderConfig
from baseline.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from baseline.models.lstm import LstmConfig, LstmLanguageModel, Seq2Seq, Seq2SeqConfig
from baseline.models.transformer_xl import TransformerXL, TransformerXLConfig

V = 12


def sharpen(model: torch.nn.Module) -> torch.nn.Module:
    """Large random weights, so that choices are clear."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.5)
    return model.double().eval()


def make(kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return sharpen(
        {
            "decoder": lambda: Decoder(DecoderConfig(V, 16, 2, 2, max_length=40)),
            "rotary": lambda: Decoder(DecoderConfig(V, 16, 2, 2, 40, positions="rotary")),
            "lstm": lambda: LstmLanguageModel(LstmConfig(V, 16)),
            "xl": lambda: TransformerXL(TransformerXLConfig(V, 16, 2, 2)),
            "encoder-decoder": lambda: EncoderDecoder(
                EncoderDecoderConfig(V, 16, 1, heads=2, max_length=40)
            ),
            "seq2seq": lambda: Seq2Seq(Seq2SeqConfig(V, 16)),
        }[kind]()
    )


LEFT_TO_RIGHT = ["decoder", "rotary", "lstm", "xl"]
WITH_SOURCE = ["encoder-decoder", "seq2seq"]


@pytest.mark.parametrize("kind", LEFT_TO_RIGHT)
def test_greedy_takes_the_likeliest_each_time(kind):
    model = make(kind)
    prompt = torch.randint(0, V, (3, 5))

    written = generate(model, prompt, max_new_tokens=8)

    assert written[:, :5].equal(prompt)
    for end in range(5, 13):
        assert model(written[:, :end])[:, -1].argmax(-1).equal(written[:, end])


@pytest.mark.parametrize("kind", WITH_SOURCE)
def test_greedy_translation_takes_the_likeliest_each_time(kind):
    model = make(kind)
    source, mask = torch.randint(0, V, (3, 6)), torch.ones(3, 6).long()
    mask[0, 4:] = 0
    begin = torch.zeros(3, 1).long()

    written = generate(model, begin, max_new_tokens=6, state=model.start(source, mask))

    for end in range(1, 7):
        assert model(source, written[:, :end], mask)[:, -1].argmax(-1).equal(written[:, end])


@pytest.mark.parametrize("kind", LEFT_TO_RIGHT)
def test_prompts_of_different_lengths_do_not_disturb_each_other(kind):
    model = make(kind)
    prompt = torch.randint(0, V, (2, 6))
    mask = torch.ones_like(prompt)
    mask[0, :2] = 0

    both = generate(model, prompt, max_new_tokens=6, mask=mask)

    assert both[:1, 2:].equal(generate(model, prompt[:1, 2:], max_new_tokens=6))
    assert both[1:].equal(generate(model, prompt[1:], max_new_tokens=6))


@pytest.mark.parametrize("kind", ["decoder", "rotary"])
def test_padding_is_not_read_when_a_text_outgrows_the_model(kind):
    """What stands in its place then must make no difference."""
    model = make(kind)
    prompt = torch.randint(1, V, (2, 38))
    mask = torch.ones_like(prompt)
    mask[0, :30] = 0
    other = torch.where(mask.bool(), prompt, 0)

    written = generate(model, prompt, max_new_tokens=12, mask=mask)

    assert generate(model, other, max_new_tokens=12, mask=mask)[:, 38:].equal(written[:, 38:])


def test_tokens_are_handed_out_one_by_one():
    model = make("decoder")
    prompt = torch.randint(0, V, (2, 3))

    pieces = stream(model, prompt, max_new_tokens=5)
    first = next(pieces)
    rest = list(pieces)

    whole = generate(model, prompt, max_new_tokens=5)
    assert first.equal(whole[:, 3])
    assert torch.stack(rest, 1).equal(whole[:, 4:])


@pytest.mark.parametrize("rows", [1, 3])
def test_long_texts_are_written_from_weights_laid_out_anew_in_the_same_words(rows):
    """And the model learns again as soon as nobody reads on."""
    model = make("decoder").float()
    prompt = torch.randint(0, V, (rows, 2))
    short = prompt
    for _ in range(2):  # too short to be worth it
        short = generate(model, short, max_new_tokens=17)

    pieces = stream(model, prompt, max_new_tokens=34)
    first = next(pieces)
    pieces.close()
    with torch.no_grad():
        for weight in model.parameters():
            weight.neg_()
        changed = generate(model, prompt, max_new_tokens=34)
        for weight in model.parameters():
            weight.neg_()

    assert first.equal(short[:, 2])
    assert generate(model, prompt, max_new_tokens=34).equal(short)
    assert not changed.equal(short)
    assert all(weight.is_contiguous() for weight in model.parameters())
    assert not any("tokens" in part.__dict__ for part in model.modules())


def test_a_finished_row_repeats_its_end_and_all_finished_stops():
    model = make("decoder")
    prompt = torch.randint(0, V, (4, 3))
    free = generate(model, prompt, max_new_tokens=20)
    end = int(free[0, 5])

    written = generate(model, prompt, max_new_tokens=20, end_id=end)
    alone = generate(model, prompt[:1], max_new_tokens=20, end_id=end)

    place = (alone[0, 3:] == end).nonzero()[0, 0].item() + 3
    assert alone.shape[1] == place + 1
    assert (written[0, place:] == end).all()


def test_a_text_longer_than_the_model_goes_on_from_its_last_half():
    model = make("decoder")
    prompt = torch.randint(0, V, (2, 30))

    written = generate(model, prompt, max_new_tokens=60)

    assert written.shape == (2, 90)
    # Position 40 is full: the model starts again from the 20 tokens before token 41.
    want = model(written[:, 21:41])[:, -1].argmax(-1)
    assert want.equal(written[:, 41])


def test_a_target_ends_where_the_model_does():
    model = make("encoder-decoder")

    written = generate(
        model,
        torch.zeros(1, 1).long(),
        max_new_tokens=100,
        state=model.start(torch.randint(0, V, (1, 5))),
    )

    assert written.shape[1] == 41


def test_sampling_follows_the_probabilities():
    """Frequencies of 20,000 draws lie within about four standard deviations."""
    logits = torch.tensor([[0.0, 1.0, 2.0]]).expand(20_000, 3)

    drawn = choose(logits, Sampling(), generator=torch.Generator().manual_seed(0))
    cold = choose(logits, Sampling(temperature=0.5), generator=torch.Generator().manual_seed(0))

    for draw, scale in ((drawn, 1), (cold, 2)):
        share = draw.bincount(minlength=3) / 20_000
        torch.testing.assert_close(share, (logits[0] * scale).softmax(0), atol=0.014, rtol=0)


def test_sampling_repeats_with_its_seed():
    model = make("decoder")
    prompt = torch.randint(0, V, (2, 3))

    one, two, other = (
        generate(
            model,
            prompt,
            max_new_tokens=20,
            sampling=Sampling(top_k=5, top_p=0.9),
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in (1, 1, 2)
    )

    assert one.equal(two)
    assert not one.equal(other)


def test_top_k_keeps_the_k_likeliest():
    logits = torch.tensor([[1.0, 4.0, 3.0, 2.0]])

    assert keep_top_k(logits, 2).isfinite().tolist() == [[False, True, True, False]]
    assert keep_top_k(logits, 99).equal(logits)


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        (0.01, [0]),
        (0.49, [0]),
        (0.51, [0, 2]),
        (0.79, [0, 2]),
        (0.85, [0, 2, 1]),
        (1, [0, 1, 2, 3]),
    ],
)
def test_top_p_keeps_the_fewest_that_reach_p(p, kept):
    logits = torch.tensor([[0.5, 0.15, 0.3, 0.05]]).double().log()

    assert keep_top_p(logits, p)[0].isfinite().nonzero().flatten().tolist() == sorted(kept)


def test_the_penalty_makes_repeated_tokens_less_likely():
    logits = torch.tensor([[2.0, -2.0, 1.0]])

    changed = penalise(logits, torch.tensor([[0, 1, 1, 0]]), 2.0)

    assert changed.tolist() == [[1.0, -4.0, 1.0]]


def test_the_penalty_breaks_a_loop():
    model = make("decoder")
    prompt = torch.randint(0, V, (1, 3))

    loop = generate(model, prompt, max_new_tokens=30)
    freed = generate(
        model, prompt, max_new_tokens=30, sampling=Sampling(0.0, repetition_penalty=5.0)
    )

    assert freed.unique().numel() > loop.unique().numel()


def every_text(model, source, *, end: int, limit: int, penalty: float) -> dict[tuple, float]:
    """Score of every text that can be written, by trying them all."""
    scores = {}
    for length in range(1, limit + 1):
        for text in itertools.product(range(V), repeat=length):
            if end in text[:-1] or (length < limit and text[-1] != end):
                continue
            scores[text] = 0.0
    longest = torch.tensor([[0, *text, *[0] * (limit - len(text))] for text in scores])
    log_p = model(source.expand(len(longest), -1), longest[:, :-1]).log_softmax(-1)
    token = log_p.gather(-1, longest[:, 1:].unsqueeze(-1)).squeeze(-1)  # (texts, limit)
    for text, row in zip(scores, token, strict=True):
        scores[text] = float(row[: len(text)].sum()) / len(text) ** penalty
    return scores


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("kind", WITH_SOURCE)
def test_a_wide_beam_finds_the_best_of_all_texts(kind, penalty):
    model = make(kind)
    source = torch.randint(0, V, (2, 5), generator=torch.Generator().manual_seed(2))
    options = {"max_new_tokens": 3, "end_id": 7, "length_penalty": penalty}

    with torch.no_grad():
        found = beam_search(
            model, torch.zeros(2, 1).long(), beams=V**2, state=model.start(source), **options
        )
        for row in range(2):
            scores = every_text(model, source[row : row + 1], end=7, limit=3, penalty=penalty)
            best = max(scores, key=scores.__getitem__)
            assert found[row][0].tokens == best
            assert found[row][0].score == pytest.approx(scores[best])


def test_one_beam_is_greedy():
    model = make("decoder")
    prompt = torch.randint(0, V, (3, 4))

    beams = beam_search(model, prompt, beams=1, max_new_tokens=8, end_id=V - 1)
    greedy = generate(model, prompt, max_new_tokens=8, end_id=V - 1)

    for row, (best,) in enumerate(beams):
        assert best.tokens == tuple(greedy[row, 4 : 4 + len(best.tokens)].tolist())


@pytest.mark.parametrize("kind", ["decoder", "lstm", "xl"])
def test_rows_are_searched_as_if_alone(kind):
    model = make(kind)
    prompt = torch.randint(0, V, (3, 4))
    options = {"beams": 3, "max_new_tokens": 8, "end_id": 2}

    together = beam_search(model, prompt, **options)

    for row in range(3):
        (alone,) = beam_search(model, prompt[row : row + 1], **options)
        assert [h.tokens for h in alone] == [h.tokens for h in together[row]]
        assert all(
            math.isclose(a.score, b.score) for a, b in zip(alone, together[row], strict=True)
        )
        assert [h.score for h in alone] == sorted((h.score for h in alone), reverse=True)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"temperature": -1.0}, "temperature"),
        ({"top_k": 0}, "top_k"),
        ({"top_p": 0.0}, "top_p"),
        ({"top_p": 1.5}, "top_p"),
        ({"repetition_penalty": 0.0}, "repetition_penalty"),
    ],
)
def test_impossible_sampling_is_named(settings, word):
    with pytest.raises(ValueError, match=word):
        Sampling(**settings)


def test_impossible_prompts_are_named():
    model = make("decoder")
    empty, two = torch.zeros(1, 0).long(), torch.zeros(1, 2).long()

    with pytest.raises(ValueError, match="prompt is empty"):
        generate(model, empty, max_new_tokens=3)
    with pytest.raises(ValueError, match="padded on the left"):
        generate(model, two, max_new_tokens=3, mask=torch.tensor([[1, 0]]))
    with pytest.raises(ValueError, match="must be positive"):
        beam_search(model, two, beams=0, max_new_tokens=3, end_id=0)

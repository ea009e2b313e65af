"""The models, one readable file each: begin with `attention`, then `block`, then a family.

The same words mean the same everywhere:

- B texts in a batch, T tokens (S of a target), D channels, H heads of d channels, V tokens in
  the vocabulary,
- `tokens` are ids `(B, T)`; `mask` is 1 for a token and 0 for padding, `(B, T)`, or None where
  nothing is padded; `segments` tell kinds of text in one sequence apart, `(B, T)`; `targets` are
  ids with -100 where nothing is to be learned,
- `features(tokens, mask)` are vectors `(B, T, D)`; `forward` gives logits, `loss` the mean
  cross-entropy in nats,
- to write, `start()` makes a state, and `step(tokens, state)` reads `(B, n)` more tokens and
  returns logits `(B, V)` of the one after the last, and the state, which it changes in place;
  `state.reorder(rows)` keeps some rows of the batch, for beam search.
"""

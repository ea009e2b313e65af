"""Baseline models: from counting words to transformers, one readable file per idea.

Start with `attention.py`, then `block.py`; `encoder.py`, `decoder.py` and
`encoder_decoder.py` are the three families that are built from them. `ngram.py`, `word2vec.py`
and `lstm.py` are what came before. Nothing is imported here, so that the count-based model
works on a machine without torch.
"""

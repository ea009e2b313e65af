"""Baseline models: from counting words to transformers, one readable file per idea.

    models/       start here: `attention.py`, then `block.py`; `encoder.py`, `decoder.py` and
                  `encoder_decoder.py` are the three families that are built from them;
                  `ngram.py`, `word2vec.py` and `lstm.py` are what came before
    data/         examples, where they come from, and how text becomes numbers
    tasks/        what each task asks for, how it is learned and measured
    pretrained/   published models
    training/     the training loop, and what it leaves on the disk
    experiments/  from the settings to measured results

A folder uses only what stands above it. Nothing is imported here, so that the count-based model
works on a machine without torch.
"""

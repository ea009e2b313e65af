"""The learning rate and the optimizer that suit a model, where the settings name none.

Weights that begin at random want large steps, published ones small steps, or they lose what they
know: on real weights (MiniLM, two classes, 100 steps) a rate of 2e-3 left a validation accuracy of
0.55, where 1e-4 reached 1.00.
"""

from dataclasses import replace

from baseline.config import Config

# By what a run begins with: optimizer and highest learning rate.
RANDOM = ("muon", 6e-3)  # found on validation data, see benchmarks/recipe.py
RECURRENT = ("adamw", 2e-3)  # an LSTM has no blocks
LIBRARY = ("adamw", 2e-3)  # an architecture of transformers with random weights
CONTINUED = ("adamw", 1e-3)  # weights of an own run, which has learned from plain text
PUBLISHED = ("adamw", 1e-4)
HEAD = ("adamw", 2e-3)  # the head of a published model alone
LORA = ("adamw", 1e-3)


def resolved(config: Config) -> Config:
    """Settings in which optimizer and learning rate are named; what was named stays."""
    optimizer, rate = _usual(config)
    training = config.training
    if training.optimizer != "auto":
        optimizer = training.optimizer
    return replace(
        config,
        training=replace(
            training, optimizer=optimizer, learning_rate=training.learning_rate or rate
        ),
    )


def _usual(config: Config) -> tuple[str, float]:
    model = config.model
    if model.name == "pretrained":
        if model.from_scratch:
            return LIBRARY
        return {"all": PUBLISHED, "head": HEAD, "lora": LORA}[model.adapt]
    if model.start:
        return CONTINUED
    return RECURRENT if model.name.startswith("lstm") else RANDOM

"""Small entries and a small text, which need no time."""

from __future__ import annotations

from coursekit.golf.play import Prose

PROSE = Prose(("abab", "abab"), ("ab",), ("abba", "ab"))
ABOUT = 'NAME = "even"\nCLAIM = 1.0\nADAPTS = False\n'
TRAIN = "def train(texts, validation, alphabet, seed):\n    return b'x'\n"
# Gives each character the same chance: one bit for each of two.
EVEN = f"""{ABOUT}{TRAIN}
def predict(artefact, alphabet):
    while True:
        yield [1 / len(alphabet)] * len(alphabet)
"""
# Says three quarters for the character that the artefact names, begins each text anew.
THREE_QUARTERS = """NAME = "three quarters"
CLAIM = 1.2
ADAPTS = True
def train(texts, validation, alphabet, seed):
    return texts[0][0].encode()
def predict(artefact, alphabet):
    favourite = artefact.decode()
    while True:
        came = yield [0.75 if c == favourite else 0.25 for c in alphabet]
        favourite = artefact.decode() if came is None else came
"""


def predicting(body: str) -> str:
    """An entry whose prediction is this code."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{ABOUT}{TRAIN}\ndef predict(artefact, alphabet):\n{lines}"


def learning(body: str) -> str:
    """An entry that learns by this code."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return (
        f"{ABOUT}\ndef train(texts, validation, alphabet, seed):\n{lines}\n" + EVEN.split(TRAIN)[1]
    )

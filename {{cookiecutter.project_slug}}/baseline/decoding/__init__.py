"""Decoding: how a language model writes, one token after the other."""

"""Whole papers: sections, sentences, tables and references, each with its place."""

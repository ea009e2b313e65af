"""The four guiding questions, answered by quotes from papers or abstracts."""

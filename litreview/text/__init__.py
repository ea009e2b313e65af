"""Plain functions on text: identifiers, LaTeX, Markdown, sentences and names."""

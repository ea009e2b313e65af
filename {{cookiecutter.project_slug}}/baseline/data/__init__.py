"""Examples to learn from: what they are, where they come from, and how text becomes numbers."""

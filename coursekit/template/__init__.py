"""The template: found, rendered, committed."""

"""Find sources, draft a literature review and check what was written."""

__version__ = "0.1.0"

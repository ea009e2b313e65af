"""Run a project-based course: from a roster to repositories, progress and a showcase."""

from litreview import __version__

__all__ = ["__version__"]

"""Slides made from a repository, and presentation day's deck."""

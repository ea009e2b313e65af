"""The kinds of files in which people keep their data."""

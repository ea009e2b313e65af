"""The review's README: read, checked, written and merged."""

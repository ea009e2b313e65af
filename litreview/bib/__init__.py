"""Bibliography files, read and written."""

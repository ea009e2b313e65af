"""Where repositories live beyond the staff's folder."""

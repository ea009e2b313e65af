"""Read the teams that a showcase is about, each behind a fence."""

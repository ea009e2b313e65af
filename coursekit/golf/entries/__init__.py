"""The course's own entries, which show what is possible; each is one file, as a team's is."""

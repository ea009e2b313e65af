"""From the roster to the verified result: the commands that run a course."""

"""Run a team's results again, in a box that nothing of a team can leave."""

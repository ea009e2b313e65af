"""What pages say and draw of figures: a team's results, all of them, learning curves."""

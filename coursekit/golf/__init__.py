"""CPU golf: the fewest bits a character on the built-in prose, after a minute on one core."""

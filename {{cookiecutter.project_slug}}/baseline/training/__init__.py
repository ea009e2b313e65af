"""The training loop, and what a training leaves on the disk."""

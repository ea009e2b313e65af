"""Cheap baselines: what a task gives away without any neural network, trained in seconds.

They need no torch. A neural model that does not beat the first one of its task has not learned what
the task is about, so run it first: `python -m baseline train --model baseline`.
"""

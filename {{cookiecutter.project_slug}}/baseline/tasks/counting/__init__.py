"""Baselines that only count: what a task gives away without any neural network.

They need no torch and train in seconds. A neural model that does not beat them has not
learned what the task is about, so run one of these first.
"""

"""A copy of arXiv's metadata on this machine: read, indexed and searched without a network."""

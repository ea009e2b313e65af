"""Requests to the network: limits, the queue, the cache, and the one who fetches."""

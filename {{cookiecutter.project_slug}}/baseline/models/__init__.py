"""The models, readable one by one: start with `attention.py`, then `block.py`."""

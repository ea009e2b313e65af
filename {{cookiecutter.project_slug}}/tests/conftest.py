"""Tests run with one thread each: models this small are slower with more."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

"""Tests run with one thread each, and can be interrupted whatever started them."""

import os
import signal

# Models this small are slower with more.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A job in the background ignores Ctrl-C, and its children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

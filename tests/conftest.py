"""For all tests."""

from __future__ import annotations

import signal

# A suite that a script starts in the background ignores Ctrl-C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

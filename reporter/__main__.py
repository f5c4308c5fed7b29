"""The command `reporter`, also as `python -m reporter`."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `main` hears it: an interrupt meanwhile shows no traceback

from reporter.cli import main

if __name__ == "__main__":
    sys.exit(main())

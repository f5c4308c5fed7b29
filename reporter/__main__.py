"""`python -m reporter`: the same as the command `reporter`."""

import sys

from reporter.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""`python -m bots`: see `bots.cli`."""

import signal
import sys

if __name__ == "__main__":
    # Ctrl-C while all else is imported ends us without a word; from then on Python's own way holds again.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bots.cli import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())

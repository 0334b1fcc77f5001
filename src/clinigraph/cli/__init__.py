"""``clinigraph …``: the command line. Results go to standard output, everything else to standard error."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code.

    0 done, 1 a checked report holds claims that are not supported, 2 wrong usage, 3 input refused, 4 model server
    unreachable or useless, 5 internal failure, 130 stopped. Every refusal is one line on standard error; ``--debug``
    shows the traceback as well.
    """
    from clinigraph.cli.running import run_guarded

    sys.exit(run_guarded(sys.argv[1:]))

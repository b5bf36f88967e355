"""``moneytrail`` and ``python -m moneytrail``: the command line, with Ctrl-C kept quiet while it is still loading."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from moneytrail.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("moneytrail: stopped; nothing was half written\n")
        sys.exit(130)


if __name__ == "__main__":
    main()

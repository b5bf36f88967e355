"""``python -m moneytrail`` is the command line."""

from moneytrail.cli import main

if __name__ == "__main__":
    main()

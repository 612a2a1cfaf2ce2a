"""Entry point of `flowisectl` and of `python -m flowisectl`."""

from flowisectl.cli.app import main

if __name__ == "__main__":
    main()

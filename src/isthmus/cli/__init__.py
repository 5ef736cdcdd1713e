"""The command line, and with it the composition root: the one place that knows every other part."""

from isthmus.cli.app import main

__all__ = ["main"]

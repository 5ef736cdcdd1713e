"""A self-hosted gateway for Claude and everything that speaks like it."""

__version__ = "0.1.0"

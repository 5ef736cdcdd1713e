"""The sample file that documentation shows."""

from __future__ import annotations

from importlib.resources import files


def example_yaml() -> str:
    """A commented isthmus.yaml that loads as it stands, given the environment variables it names."""
    return files(__package__).joinpath("example.yaml").read_text(encoding="utf-8")

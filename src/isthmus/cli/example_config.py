"""`isthmus example-config`."""

from __future__ import annotations

import typer

from isthmus.config.example import example_yaml

app = typer.Typer(add_completion=False)


@app.command()
def example_config() -> None:
    """Print a commented isthmus.yaml, ready to be edited: `isthmus example-config > isthmus.yaml`."""
    print(example_yaml(), end="")

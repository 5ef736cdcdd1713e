"""`isthmus version`."""

from __future__ import annotations

import typer

from isthmus import __version__

app = typer.Typer(add_completion=False)


@app.command()
def version() -> None:
    """Print the version."""
    print(f"isthmus {__version__}")

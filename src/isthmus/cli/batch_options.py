"""What `isthmus batch` can be told, with the words of its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

MAX_CONCURRENCY: Final = 1000

Requests = Annotated[Path, typer.Argument(metavar="FILE", help="Requests, one JSON object on each line.")]
Results = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Results; default: FILE with .out before its ending."
    ),
]
Provider = Annotated[
    str | None,
    typer.Option("--provider", metavar="NAME", help="Ask this provider, whatever the models are."),
]
Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Ask for this model in every line.")
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", "-n", min=1, max=MAX_CONCURRENCY, help="Lines under way at a time.")
]
Retries = Annotated[
    int, typer.Option("--retries", min=0, help="Further tries for a line that fails in passing.")
]
MaxWait = Annotated[
    float,
    typer.Option(
        "--max-wait", min=0, metavar="S", help="How long a line waits when it is told to come back later."
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost-usd", min=0, metavar="USD", help="Begin no line once so much is spent."),
]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Begin no line once one has failed for good.")]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Ask again what failed in earlier runs.")]
Restart = Annotated[bool, typer.Option("--restart", help="Delete the results there are, and begin anew.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look for mistakes in every line, and send nothing.")]
Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="Address of a gateway that runs. Default: a gateway in this process, as configured."
    ),
]
KeyVariable = Annotated[
    str | None,
    typer.Option("--key-env", metavar="NAME", help="Take the API key of the gateway from this variable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]

"""Limits that accounts and API keys share on the command line, with the words of the commands' help."""

from __future__ import annotations

from typing import Annotated

import typer

Concurrency = Annotated[int | None, typer.Option("--concurrency", help="Requests at the same time.")]
RequestsPerMinute = Annotated[int | None, typer.Option("--rpm", help="Requests per minute.")]
RequestsPerDay = Annotated[int | None, typer.Option("--rpd", help="Requests per day.")]
TokensPerMinute = Annotated[int | None, typer.Option("--tpm", help="Tokens per minute.")]
TokensPerDay = Annotated[int | None, typer.Option("--tpd", help="Tokens per day.")]

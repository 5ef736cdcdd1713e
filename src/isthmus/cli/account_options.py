"""What a new account can be given on the command line, with the words of the command's help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="Name of the provider.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="FILE",
        help="Take the keys from FILE, one on a line (`-`: standard input). One account is added for each.",
    ),
]
KeyVariable = Annotated[
    str | None, typer.Option("--key-env", metavar="NAME", help="Take the key from this variable.")
]
CredentialFile = Annotated[
    Path | None,
    typer.Option(
        "--credential-file",
        metavar="FILE",
        help="For other kinds: a JSON object with the credential's members (`-`: standard input).",
    ),
]
Kind = Annotated[
    str | None,
    typer.Option("--kind", help="What the provider calls its logins; left out, the key itself says."),
]
Label = Annotated[str | None, typer.Option("--label", help="What people call it.")]
Priority = Annotated[int, typer.Option("--priority", help="The lower number is preferred.")]
Weight = Annotated[int, typer.Option("--weight", help="Share under strategy `weighted`.")]
ProxyVariable = Annotated[
    str | None,
    typer.Option("--proxy-env", metavar="NAME", help="Take the address of a proxy from this variable."),
]
Disabled = Annotated[bool, typer.Option("--disabled", help="Add it switched off.")]

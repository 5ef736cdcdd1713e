"""How a command says that it could not do what it was asked to."""

from __future__ import annotations


class CommandFailed(Exception):
    """Ends a command. The message is for the person at the keyboard: what happened, and the way out. Never a secret."""

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code

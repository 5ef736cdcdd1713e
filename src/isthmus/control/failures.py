"""Why an operation was refused, said once for the admin API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of the input."""

    field: str
    """Dotted path, such as `accounts.3.weight`."""
    message: str


class OperationFailed(Exception):
    """The operator's input, or the state of things, does not allow it. `message` names the thing and the way out."""

    code = "failed"

    def __init__(self, message: str, fields: Sequence[FieldProblem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.fields = tuple(fields)


class NotFound(OperationFailed):
    code = "not_found"


class Invalid(OperationFailed):
    """Input that is wrong by itself."""

    code = "invalid"


class Conflict(OperationFailed):
    """Input that does not fit what is there: a name that is taken, a thing that is declared in the configuration file."""

    code = "conflict"


class Denied(OperationFailed):
    """This user may not do it."""

    code = "forbidden"


class Unauthenticated(OperationFailed):
    code = "unauthenticated"


class Throttled(OperationFailed):
    code = "too_many_attempts"

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(OperationFailed):
    """Something needed for it is not there now, such as the database."""

    code = "unavailable"

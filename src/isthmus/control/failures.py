"""Why an operation was refused, said once for the admin API and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of the input."""

    field: str
    """Dotted path, such as `accounts.3.weight`."""
    message: str


def words_of(finding: Mapping[str, Any]) -> str:
    """What pydantic found wrong with one field: in its words, or in ours where it speaks of its own insides."""
    match finding:
        # The length of a secret. Of a plain string it says "characters" itself.
        case {"type": "too_short", "ctx": {"field_type": "Value", "min_length": int(least)}}:
            return f"needs at least {least} characters"
        case {"type": "too_long", "ctx": {"field_type": "Value", "max_length": int(most)}}:
            return f"may have {most} characters at most"
        case {"type": "extra_forbidden"}:
            return "there is no such field here"
        case _:
            return str(finding["msg"]).removeprefix("Value error, ")


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


class Outdated(OperationFailed):
    """A change of what somebody else has changed since it was read."""

    code = "outdated"


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


def check_unchanged(thing: str, updated_ms: int, read_ms: int | None) -> None:
    """`read_ms` is when it was last changed as far as the operator knows; None asks nothing. Raises `Outdated`."""
    if read_ms is not None and read_ms != updated_ms:
        raise Outdated(f"{thing} was changed meanwhile: read it again, and change what it is now")

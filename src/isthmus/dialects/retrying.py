"""Whether to repeat a call, and when, as both vendors' official clients read it in the headers of an error."""

from __future__ import annotations

import math
from typing import Final

from isthmus.core.errors import GatewayError, Kind

_NEVER_AGAIN: Final = frozenset((Kind.AUTHENTICATION, Kind.POLICY_BLOCKED, Kind.NOT_SUPPORTED, Kind.BILLING))
"""Repeating these cannot help, though their status alone would make some client try."""


def retry_headers(error: GatewayError) -> tuple[tuple[str, str], ...]:
    """`retry-after` in whole seconds, never too few; `x-should-retry` where the status alone would mislead."""
    headers: list[tuple[str, str]] = []
    if error.retry_after_s is not None:
        headers.append(("retry-after", str(max(0, math.ceil(error.retry_after_s)))))
    again = False if error.kind in _NEVER_AGAIN and error.should_retry is None else error.should_retry
    if again is not None:
        headers.append(("x-should-retry", "true" if again else "false"))
    return tuple(headers)

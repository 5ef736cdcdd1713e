"""What the CLI tells of a subscription's allowances, beside an answer or a refusal."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from isthmus.core.survey import Quota
from isthmus.providers.claude_code.lines import UNREADABLE

_REJECTED: Final = "rejected"


class _Window(Struct, frozen=True):
    utilization: float | None = None
    resetsAt: float | None = None  # noqa: N815 - the wire's word


class _Info(Struct, frozen=True):
    status: str | None = None
    resetsAt: float | None = None  # noqa: N815
    rateLimitType: str | None = None  # noqa: N815
    utilization: float | None = None
    unifiedWindows: dict[str, _Window] | None = None  # noqa: N815


_INFO: Final = msgspec.json.Decoder(_Info)


class Told(Struct, frozen=True):
    """`resets_at_s` is when a limit that has been reached counts anew; None while there is room."""

    quotas: tuple[Quota, ...] = ()
    resets_at_s: float | None = None


def read(raw: msgspec.Raw) -> Told | None:
    """None: it cannot be read."""
    try:
        info = _INFO.decode(raw)
    except UNREADABLE:
        return None
    windows = dict(info.unifiedWindows or {})
    if info.rateLimitType and info.rateLimitType not in windows:
        windows[info.rateLimitType] = _Window(info.utilization, info.resetsAt)
    quotas = tuple(
        Quota(name, window.utilization * 100, 100.0, "%", _ms(window.resetsAt))
        for name, window in windows.items()
        if window.utilization is not None
    )
    return Told(quotas, info.resetsAt if info.status == _REJECTED else None)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)

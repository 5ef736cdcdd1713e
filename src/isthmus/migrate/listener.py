"""Where the other program listened. An address is no run-time setting: the operator writes it into the configuration file."""

from __future__ import annotations

from typing import Final

from isthmus.config.fields import is_loopback
from isthmus.migrate.haul import Haul, Line

_LOOPBACK: Final = "127.0.0.1"
_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - an empty host means it, and with keys it may be meant

_WHERE: Final = "into isthmus.yaml, as an address is not stored"


def say_listener(
    haul: Haul,
    *,
    host: str | None,
    port: int | None,
    host_at: str = "server.host",
    port_at: str = "server.port",
) -> None:
    """Reports what of `host` and `port` is to be written, each None when the program's file did not say it.

    Any address but loopback needs a client key, so call it once the keys are in the haul.
    """
    lines = []
    if host is not None:
        safe = _safe(haul, host)
        lines.append(f"host: {safe}")
        if _narrowed(haul, host):
            why = "because without an API key only this machine may use the gateway"
            haul.report.changed.append(Line(host_at, f"{host!r} becomes `server.host: {safe}`, {why}"))
        else:
            haul.report.changed.append(Line(host_at, f"{host!r}: write `server.host: {safe}` {_WHERE}"))
    if port is not None and 0 < port <= 65_535:
        lines.append(f"port: {port}")
        haul.report.changed.append(Line(port_at, f"{port}: write `server.port: {port}` {_WHERE}"))
    elif port:
        haul.report.left_out.append(Line(port_at, f"{port} is no port: write one between 1 and 65535"))
    if lines:
        haul.report.closing.append(f"Write into isthmus.yaml: server: {{{', '.join(lines)}}}")


def _safe(haul: Haul, host: str) -> str:
    return _LOOPBACK if _narrowed(haul, host) else host.strip() or _EVERYWHERE


def _narrowed(haul: Haul, host: str) -> bool:
    return not haul.keys and not is_loopback(host)

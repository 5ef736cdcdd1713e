"""The sockets the gateway listens on, taken before anything else is done, so that a taken port is known at once."""

from __future__ import annotations

import errno
import socket
import sys
from typing import Final

from isthmus.cli.failure import CommandFailed

BACKLOG: Final = 2048
_NOT_HERE: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def listen(host: str, port: int) -> list[socket.socket]:
    """One listening socket per address that `host` stands for. Raises `CommandFailed` when it cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CommandFailed(
            f"cannot listen on {host!r}: {error.strerror or error}. Put an address of this machine into server.host (or --host)"
        ) from None
    sockets: list[socket.socket] = []
    unusable: OSError | None = None
    for family, kind, protocol, _, address in dict.fromkeys(found):
        # A free port (0) that the first address was given has to be the others' too.
        own = address if port or not sockets else (address[0], port_of(sockets), *address[2:])
        try:
            sockets.append(_listen(family, kind, protocol, own))
        except OSError as error:
            unusable = error
            if error.errno not in _NOT_HERE:
                break
    # `localhost` often stands for an IPv6 address too, on machines that have none.
    if unusable is not None and (not sockets or unusable.errno not in _NOT_HERE):
        for each in sockets:
            each.close()
        raise CommandFailed(_why(unusable, host, port))
    return sockets


def port_of(sockets: list[socket.socket]) -> int:
    port: int = sockets[0].getsockname()[1]
    return port


def _listen(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    opened = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # There it would let two servers have one port.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
        opened.setblocking(False)
    except OSError:
        opened.close()
        raise
    return opened


def _why(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} on {host} is in use by another program, perhaps another gateway: "
                f"stop it, or choose another port with `--port {port + 1 if port < 65_535 else 0}` (0 takes a free one)"
            )
        case errno.EACCES | errno.EPERM:
            return f"this user may not listen on port {port}: choose one above 1023 with `--port`"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine: correct server.host (or --host)"
        case _:
            return f"cannot listen on {host} port {port}: {error.strerror or error}"

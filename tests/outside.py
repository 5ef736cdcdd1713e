"""Tests cannot reach the outside, whichever library tries.

Python tells its audit hooks of every connection and every name look-up before it happens, so no socket class has to be
replaced. uvloop does not tell, nor does a bare socket that is given a name to connect to (it then tells of the address):
a test that uses those is on its honour. Child processes get a proxy nobody listens at,
and neither keys nor settings of the person who runs the suite.
"""

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile

# Whatever a developer's shell holds for the programs under test must not change what the tests see.
PRIVATE_PREFIXES = ("ANTHROPIC_", "CLAUDE", "ISTHMUS_", "OPENAI_")
# Said to the tests themselves.
SPOKEN_TO_US = frozenset({"ISTHMUS_SCREENSHOTS"})
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
NOBODY_LISTENS = "http://127.0.0.1:9"


class ReachedOutsideError(AssertionError):
    """A test tried to leave the machine. Not an OSError: the code under test must not mistake it for a bad upstream."""


def is_loopback(host: object) -> bool:
    """Whether a connection to `host` stays on this machine."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if host is None or host in {"", "localhost"}:
        return True
    if not isinstance(host, str):
        return False
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or address.is_unspecified or (mapped is not None and mapped.is_loopback)


def is_numeric(host: object) -> bool:
    """Whether looking `host` up asks nobody."""
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host).partition("%")[0])
    except ValueError:
        return False
    return True


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """The audit hook: refuse what would leave the machine."""
    if not event.startswith("socket."):
        return
    match event, arguments:
        case (("socket.connect" | "socket.sendto" | "socket.sendmsg"), (_, (str() | bytes() as host, *_))):
            if not is_loopback(host):
                raise ReachedOutsideError(f"{event} to {host}: tests talk to loopback only")
        case (("socket.getaddrinfo" | "socket.gethostbyname"), (host, *_)):
            if not is_loopback(host) and not is_numeric(host):
                raise ReachedOutsideError(f"{event} of {host!r}: tests ask no name server")
        case _:
            pass


def cut_off() -> None:
    """Guard this process for good, and its children through their environment."""
    sys.addaudithook(watch)
    for name in list(os.environ):
        if name.upper() in PROXIES or (name.startswith(PRIVATE_PREFIXES) and name not in SPOKEN_TO_US):
            del os.environ[name]
    for name in ("http_proxy", "https_proxy"):
        os.environ[name] = os.environ[name.upper()] = NOBODY_LISTENS
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"
    # The person's own database is out of reach, too.
    os.environ["XDG_DATA_HOME"] = data = tempfile.mkdtemp(prefix="isthmus-tests-")
    atexit.register(shutil.rmtree, data, ignore_errors=True)

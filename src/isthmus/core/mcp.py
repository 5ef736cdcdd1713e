"""Which tools of MCP servers may be used, in words that a provider and an API key share.

    files           the server `files`, with all of its tools
    files:read_*    of the server `files` the tools that begin with `read_`
    *               everything

`*` stands for anything. Upper and lower case are different, as in the protocol. What may be used must fit in every list that
is given; an empty list fits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Patterns = tuple[str, ...]

ANY: Final = "*"
_UNSPEAKABLE: Final = re.compile(r"[^A-Za-z0-9_*-]")
"""What a model cannot be told in a tool's name. The CLI writes an underscore there."""


def allows_server(lists: Iterable[Patterns], server: str) -> bool:
    """Whether any of its tools may be used."""
    return all(any(_fits(_server(each), server) for each in patterns) for patterns in lists)


def allows_tool(lists: Iterable[Patterns], server: str, tool: str) -> bool:
    """`tool`: as models are told it, `server`: as it is configured."""
    return all(
        any(_fits(_server(each), server) and _fits(_tool(each), spoken(tool)) for each in patterns)
        for patterns in lists
    )


def spoken(name: str) -> str:
    """A name of a server or a tool as models are told it; patterns keep their `*`."""
    return _UNSPEAKABLE.sub("_", name)


def restricting(*lists: Patterns | None) -> tuple[Patterns, ...]:
    """Those that keep something out. None: no restriction."""
    return tuple(each for each in lists if each is not None and ANY not in each)


def problem_of(pattern: str) -> str | None:
    """Why it can fit nothing, if so."""
    server, colon, tool = pattern.partition(":")
    if not server.strip() or (colon and not tool.strip()):
        return "name a server, such as `files`, or tools of it, such as `files:read_*`"
    return None


def _server(pattern: str) -> str:
    return pattern.partition(":")[0]


def _tool(pattern: str) -> str:
    return spoken(pattern.partition(":")[2] or ANY)


def _fits(pattern: str, name: str) -> bool:
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split(ANY))), re.DOTALL)

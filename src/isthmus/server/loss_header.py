"""The header in which a client is told what could not be carried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from isthmus.core.losses import Loss
from isthmus.server.reply import HeaderList

NAME: Final = b"x-isthmus-loss"
MAX_BYTES: Final = 2000


def tell_losses(headers: HeaderList, losses: Sequence[Loss]) -> None:
    """In the place of what was told of losses before. Without any there is no such header."""
    headers[:] = [pair for pair in headers if pair[0] != NAME]
    if losses:
        headers.append((NAME, loss_header(losses)))


def loss_header(losses: Sequence[Loss]) -> bytes:
    """`seed=dropped, max_tokens=clamped(128000->8192)`, cut at an entry when it grows too long for a header."""
    shown: list[str] = []
    size = 0
    for loss in losses:
        text = str(loss).replace("→", "->").encode("ascii", "replace").decode()
        text = "".join(each for each in text if each.isprintable() and each != ",")
        size += len(text) + 2
        if size > MAX_BYTES:
            shown.append("...")
            break
        shown.append(text)
    return ", ".join(shown).encode()

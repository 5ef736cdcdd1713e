"""Of a file of this machine a program gets what it may have, or there is no program."""

import json
from pathlib import Path

import pytest

from isthmus.core.programs import Excerpt
from isthmus.transport.excerpts import MAX_BYTES, NoExcerptError, excerpted

SERVERS = {"files": {"command": "a", "env": {"TOKEN": "${TOKEN}"}}, "mail": {"url": "http://x"}, "é": {}}


def kept(file: Path, *lists: tuple[str, ...]) -> object:
    return json.loads(excerpted({"servers.json": Excerpt(str(file), "mcpServers", lists)})["servers.json"])


def test_entries_are_taken_over_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("\ufeff" + json.dumps({"mcpServers": SERVERS, "other": 1}), "utf-8")
    assert kept(file, ("files:read_*", "é")) == {"mcpServers": {"files": SERVERS["files"], "é": {}}}
    assert kept(file, ("files", "mail"), ("mail:*",)) == {"mcpServers": {"mail": SERVERS["mail"]}}
    assert kept(file, ()) == {"mcpServers": {}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{secret", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"servers": "secret"}', "has no object `mcpServers`"),
        (b'{"mcpServers": ["secret"]}', "has no object `mcpServers`"),
        (b" " * (MAX_BYTES + 1), "is larger than"),
        (None, "No such file"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_shown(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NoExcerptError, match=said) as caught:
        kept(file, ("files",))
    assert str(file) in str(caught.value)
    assert "secret" not in str(caught.value)

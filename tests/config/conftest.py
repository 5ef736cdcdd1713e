"""A configuration written into a temporary folder and read from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from isthmus.config import ConfigError, Loaded, load

Reads = Callable[..., Loaded]
Refuses = Callable[..., str]


@pytest.fixture
def reads(tmp_path: Path) -> Reads:
    """Loads a text, as YAML unless another file name is given."""

    def read(
        text: str,
        env: Mapping[str, str] | None = None,
        name: str = "isthmus.yaml",
        options: Mapping[str, object] | None = None,
    ) -> Loaded:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load(path, env or {}, options)

    return read


@pytest.fixture
def refuses(reads: Reads, tmp_path: Path) -> Refuses:
    """Loads a text that must be refused; gives the message, with file names instead of paths."""

    def refuse(
        text: str,
        env: Mapping[str, str] | None = None,
        name: str = "isthmus.yaml",
        options: Mapping[str, object] | None = None,
    ) -> str:
        with pytest.raises(ConfigError) as refused:
            reads(text, env, name, options)
        return str(refused.value).replace(f"{tmp_path}/", "")

    return refuse

"""Finding the configuration, and knowing what in it is secret."""

from pathlib import Path

import pytest

from isthmus.cli.failure import CommandFailed
from isthmus.cli.settings import load_settings, secrets_of


def write(folder: Path, text: str) -> Path:
    file = folder / "isthmus.yaml"
    file.write_text(text)
    return file


def test_problems_are_said_with_their_places(tmp_path: Path) -> None:
    file = write(tmp_path, "server:\n  prot: 1\nproviders: {a: {type: nothing}}\n")
    with pytest.raises(CommandFailed) as failure:
        load_settings(file)
    assert f"{file}:2: server.prot: unknown setting; did you mean 'port'?" in str(failure.value)
    assert f"{file}:3: providers.a.type" in str(failure.value)


def test_the_command_line_wins(tmp_path: Path) -> None:
    file = write(tmp_path, "server: {port: 1234}")
    assert load_settings(file, {"server.port": 4321, "server.host": None}).settings.server.port == 4321


def test_every_secret_is_known(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        api_keys: [key-of-client]
        providers:
          a: {base_url: "http://127.0.0.1/v1", api_key: key-of-a, headers: {x-team: key-of-team}}
          b: {type: dummy, proxy: "socks5://me:pass%2Fword@127.0.0.1:1080"}
        """,
    )
    known = {secret.reveal() for secret in secrets_of(load_settings(file).settings)}
    assert {"key-of-client", "key-of-a", "key-of-team", "pass%2Fword", "pass/word"} <= known

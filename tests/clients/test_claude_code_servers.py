"""Official SDKs → gateway → the real Claude Code ⇄ a server of tools → a simulated API: what a key may use, and images by path."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

import judges
import mcp_server
import outside
from clients.running import RunningGateway
from clients.stage import Stage
from isthmus.cli.app import main
from simulators.anthropic_api import AnthropicApi

pytestmark = [pytest.mark.judge, pytest.mark.slow]

Json = dict[str, Any]
OPUS = "claude-opus-5-5"
READ, WRITE = (f'[[sim: tool mcp__files__{tool} {{"word":"x"}}]]' for tool in ("read_word", "write_word"))
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24
REFUSED = "the image cannot be read by its path"


@dataclass
class Front:
    """A gateway as an operator sets it up, with a key that may read files, one that may do nothing, and one for anything."""

    gateway: RunningGateway
    api: AnthropicApi
    home: Path
    keys: dict[str, str]

    def openai(self, key: str) -> openai.OpenAI:
        return openai.OpenAI(
            base_url=f"{self.gateway.origin}/v1", api_key=self.keys[key], max_retries=0, timeout=60
        )

    def anthropic(self, key: str) -> anthropic.Anthropic:
        return anthropic.Anthropic(
            base_url=self.gateway.origin, api_key=self.keys[key], max_retries=0, timeout=60
        )

    def started(self) -> list[str]:
        """What servers have noted since this was last asked."""
        found = []
        for path in sorted(self.home.glob("*.notes")):
            found += [f"{path.stem} {line}" for line in path.read_text().splitlines()]
            path.unlink()
        return found

    def images(self) -> list[bytes]:
        """Those of the last request to the API."""
        body = self.api.requests[-1].json
        assert isinstance(body, dict)
        blocks = [
            each for message in body["messages"] if message["role"] == "user" for each in message["content"]
        ]
        return [base64.b64decode(each["source"]["data"]) for each in blocks if each["type"] == "image"]


KEYS = {
    "anybody": (),
    "reader": ("--mcp", "files:read_*"),
    "mailer": ("--mcp", "mail"),
    "nobody": ("--no-mcp",),
}


def made(home: Path, settings: Json) -> dict[str, str]:
    """The keys, each made on the command line before the gateway starts."""
    file = home / "configuration.json"
    file.write_text(json.dumps(settings))
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home))
        for name, options in KEYS.items():
            with redirect_stdout(StringIO()) as out:
                assert main(["keys", "create", name, "-q", *options, "--config", str(file)]) == 0
            found[name] = out.getvalue().strip()
    return found


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    home = tmp_path_factory.mktemp("front")
    (home / "open").mkdir()
    (home / "open" / "x.png").write_bytes(PNG)
    (home / "secret.png").write_bytes(PNG + b"secret")
    (home / "open" / "out.png").symlink_to(home / "secret.png")
    servers = {
        name: {
            "command": sys.executable,
            "args": [str(Path(mcp_server.__file__)), str(home / f"{name}.notes"), "read_word", "write_word"],
        }
        for name in ("files", "mail")
    }
    (home / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    with Stage() as stage:
        api = stage.play(AnthropicApi)
        claude = {
            "type": "claude-code",
            "api_key": api.key,
            "base_url": api.base_url,
            "proxy": outside.NOBODY_LISTENS,
            "claude_code": {
                "cli_path": str(judges.claude_cli()),
                "pool": {"size": 0},
                "mcp": {"enabled": True, "config_file": str(home / "mcp.json")},
                "file_access": {"image_dirs": [str(home / "open")]},
            },
        }
        settings = {"providers": {"claude": claude}, "accounts": {"cooldowns": False}}
        keys = made(home, settings)
        with RunningGateway(settings, home) as gateway:
            yield Front(gateway, api, home, keys)


def said(front: Front, key: str, text: str) -> str:
    """The answer's words, streamed; a client sees nothing of calls that are not its own."""
    stream = front.openai(key).chat.completions.create(
        model=OPUS, messages=[{"role": "user", "content": text}], stream=True
    )
    words = []
    for chunk in stream:
        for choice in chunk.choices:
            assert not choice.delta.tool_calls
            assert choice.finish_reason in (None, "stop")
            words.append(choice.delta.content or "")
    return "".join(words)


def test_two_keys_in_a_row_have_each_their_own(front: Front) -> None:
    front.started()
    read = 'The tool said: read_word of files was given {"word": "x"}'
    assert said(front, "reader", READ) == read
    assert front.started() == ["files started", "files call read_word"]
    assert said(front, "reader", WRITE) == "The tool said: This tool may not be used here."
    assert front.started() == ["files started"]
    said(front, "mailer", "Hi")
    assert front.started() == ["mail started"]
    said(front, "nobody", "Hi")
    assert front.started() == []
    assert said(front, "anybody", WRITE) == read.replace("read", "write")
    assert front.started() == ["files started", "files call write_word", "mail started"]


@pytest.mark.parametrize("path", ["{home}/open/x.png", "file://{home}/open/./x.png"])
def test_an_image_of_an_open_directory_reaches_the_model(path: str, front: Front) -> None:
    address = path.format(home=front.home)
    image: Any = {"type": "image_url", "image_url": {"url": address}}
    front.openai("nobody").chat.completions.create(
        model=OPUS, messages=[{"role": "user", "content": [image]}]
    )
    assert front.images() == [PNG]
    picture: Any = {"type": "image", "source": {"type": "url", "url": address}}
    front.anthropic("nobody").messages.create(
        model=OPUS, max_tokens=100, messages=[{"role": "user", "content": [picture]}]
    )
    assert front.images() == [PNG]


ESCAPES = (
    "{home}/secret.png",
    "{home}/nothing.png",
    "{home}/open/../secret.png",
    "file://{home}/open/%2e%2e/secret.png",
    "{home}/open/out.png",
    "file:///proc/self/environ",
    "/proc/self/root{home}/open/x.png",
)


def test_no_other_file_does_and_every_refusal_is_the_same(front: Front) -> None:
    asked = len(front.api.requests)
    told = set()
    for path in ESCAPES:
        address = path.format(home=front.home)
        image: Any = {"type": "image_url", "image_url": {"url": address}}
        with pytest.raises(openai.BadRequestError) as refusal:
            front.openai("nobody").chat.completions.create(
                model=OPUS, messages=[{"role": "user", "content": [image]}]
            )
        picture: Any = {"type": "image", "source": {"type": "url", "url": address}}
        with pytest.raises(anthropic.BadRequestError) as refused:
            front.anthropic("nobody").messages.create(
                model=OPUS, max_tokens=100, messages=[{"role": "user", "content": [picture]}]
            )
        told |= {_words(refusal.value), _words(refused.value)}
    assert len(told) == 2  # one for each dialect
    assert all(REFUSED in words for words in told)
    assert len(front.api.requests) == asked
    assert str(front.home) not in str(told)


def _words(error: openai.BadRequestError | anthropic.BadRequestError) -> str:
    told = error.response.json()["error"]["message"]
    assert isinstance(told, str)
    return told

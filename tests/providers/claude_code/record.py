"""Records what the real CLI writes in each scene: `PYTHONPATH=tests:. python tests/providers/claude_code/record.py`.

Its upstream is the simulated Messages API. Ids, folders and long lists of the machine are taken out.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from isthmus.core.secret import Secret
from isthmus.providers.claude_code.options import Mcp
from isthmus.providers.claude_code.provider import ClaudeCode
from providers.claude_code.scenes import FOLDER, SCENES, Scene
from providers.claude_code.stage import Performance, Stage
from simulators.anthropic_api import AnthropicApi

SERVER = Path(__file__).with_name("calculator.py")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FOLDER = re.compile(re.escape(tempfile.gettempdir()) + r"/claude-code-[^/\"\\ ]+")
_LISTS = (
    "slash_commands",
    "terminal_slash_commands",
    "agents",
    "skills",
    "plugins",
    "capabilities",
    "models",
    "commands",
)
_DROPPED = (
    *_LISTS,
    "output_styles",
    "available_output_styles",
    "gridRows",
    "account",
    "feedback_mode",
    "pid",
)


def redacted(read: bytes) -> bytes:
    """Line for line; only what was whole."""
    ids: dict[str, str] = {}

    def counted(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"00000000-0000-4000-8000-{len(ids) + 1:012d}")

    lines = []
    for raw in read.decode().split("\n")[:-1]:
        text = json.dumps(_lean(json.loads(raw)), ensure_ascii=False, separators=(",", ":"))
        lines.append(_ID.sub(counted, _FOLDER.sub("/home/user/project", text)))
    return "\n".join(lines).encode() + b"\n"


def _lean(value: Any) -> Any:
    match value:
        case dict():
            return {name: _lean(each) for name, each in value.items() if name not in _DROPPED}
        case list():
            return [_lean(each) for each in value]
        case _:
            return value


def with_server(scene: Scene, folder: Path) -> Scene:
    """The scene with a file of servers that is there."""
    if not scene.options.mcp.enabled:
        return scene
    file = folder / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"calc": {"command": sys.executable, "args": [str(SERVER)]}}}))
    mcp = Mcp(enabled=True, config_file=str(file), allowed=scene.options.mcp.allowed)
    return replace(scene, options=replace(scene.options, mcp=mcp))


async def play(scene: Scene, api: AnthropicApi, stage: Stage, folder: Path) -> Performance:
    """A kept process is made by asking for the turns before first."""
    scene = with_server(scene, folder)
    provider = ClaudeCode(options=scene.options, api_key=Secret(api.key), base_url=api.base_url)
    if scene.kept:
        before = replace(scene.conversation, turns=scene.conversation.turns[:-2])
        await stage.ask(provider, before)
    done = await stage.ask(provider, scene.conversation)
    assert done.kept is scene.kept
    return done


async def main() -> None:
    stage = Stage()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, scene in SCENES.items():
            async with AnthropicApi() as api:
                done = await play(scene, api, stage, Path(folder))
            (FOLDER / f"{name}.jsonl").write_bytes(redacted(done.read))
            print(name, done.failure or done.events[-1], done.errors)
    await stage.close()


if __name__ == "__main__":
    asyncio.run(main())

"""The real CLI on a stage of its own: performs a `Talk` as the transport would, and remembers what was said both ways."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import judges
import outside
from isthmus.core.commands import Answered, Dialogue, Exchange, Keep, Say, Talk
from isthmus.core.conversation import Conversation
from isthmus.core.events import Event, Failed
from isthmus.core.interfaces import Target
from isthmus.core.programs import Program
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.provider import ClaudeCode
from isthmus.shaping.fit import fit
from isthmus.transport.excerpts import excerpted

TIME_OUT_S = 30.0


@dataclass
class Process:
    """A running CLI, with everything that is its own."""

    folder: Path
    child: asyncio.subprocess.Process

    @classmethod
    async def start(cls, program: Program) -> Process:
        folder = Path(tempfile.mkdtemp(prefix="claude-code-"))
        owned = {name: folder / name for name in ("HOME", "TMPDIR", *program.own_folders)}
        for path in (*owned.values(), folder / "work", folder / "files"):
            path.mkdir()
        for name, content in {**program.files, **excerpted(program.excerpts)}.items():
            (folder / "files" / name).write_bytes(content)
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "HTTP_PROXY": outside.NOBODY_LISTENS,
            "HTTPS_PROXY": outside.NOBODY_LISTENS,
            "NO_PROXY": "127.0.0.1,localhost",
            **{name: str(path) for name, path in owned.items()},
            **{
                name: value.reveal() if isinstance(value, Secret) else value
                for name, value in program.environment.items()
            },
        }
        child = await asyncio.create_subprocess_exec(
            judges.claude_cli(),
            *program.arguments,
            cwd=folder / "work",
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(folder, child)

    async def end(self) -> str:
        """What it wrote to its standard error."""
        if self.child.returncode is None:
            self.child.kill()
        _, errors = await self.child.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)
        return errors.decode("utf-8", "replace")


@dataclass
class Performance:
    """What came of one exchange."""

    events: list[Event] = field(default_factory=list)
    talk: Talk | None = None
    kept: bool = False
    read: bytes = b""
    written: bytes = b""
    errors: str = ""
    quotas: tuple[object, ...] = ()

    @property
    def failure(self) -> Exception | None:
        last = self.events[-1] if self.events else None
        return last.error if isinstance(last, Failed) else None


@dataclass
class Stage:
    """Performs exchanges, one after another; processes are kept under the names their dialogues give."""

    kept: dict[str, Process] = field(default_factory=dict)

    async def ask(
        self, provider: ClaudeCode, conversation: Conversation, model: str | None = None
    ) -> Performance:
        target = Target(model or conversation.model, provider.abilities(model or conversation.model))
        return await self.perform(provider.exchange(fit(conversation, target).conversation, target))

    async def perform(self, exchange: Exchange) -> Performance:
        done = Performance()
        answer: Answered = None
        try:
            while True:
                command = exchange.send(answer)
                match command:
                    case Talk():
                        done.talk = command
                        await asyncio.wait_for(self._talk(command, done), TIME_OUT_S)
                    case Say(events):
                        done.events += events
                    case Keep(quotas=quotas):
                        done.quotas = quotas
                    case other:
                        raise AssertionError(other)
        except StopIteration:
            return done

    async def close(self) -> None:
        for process in self.kept.values():
            await process.end()
        self.kept.clear()

    async def _talk(self, talk: Talk, done: Performance) -> None:
        process = self.kept.pop(talk.continues or "", None)
        done.kept = process is not None
        dialogue = talk.dialogue(done.kept)
        process = process or await Process.start(talk.program)
        try:
            await _converse(dialogue, process, done)
        finally:
            if dialogue.keep_as is not None:
                self.kept[dialogue.keep_as] = process
            else:
                done.errors = await process.end()


async def _converse(dialogue: Dialogue, process: Process, done: Performance) -> None:
    assert process.child.stdin is not None
    assert process.child.stdout is not None
    out = dialogue.opening() + dialogue.take()
    while True:
        if out and not dialogue.ended:
            done.written += out
            process.child.stdin.write(out)
            await process.child.stdin.drain()
        if dialogue.ended:
            return
        chunk = await process.child.stdout.read(65536)
        done.read += chunk
        done.events += dialogue.feed(chunk) if chunk else dialogue.close()
        out = dialogue.take()

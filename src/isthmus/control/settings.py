"""Changing settings of the running gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.config import ConfigError, Settings, Source
from isthmus.config.live import LIVE, LiveSetting, described, described_rest, value_of, with_changes
from isthmus.control.clock import now_ms
from isthmus.control.failures import FieldProblem, Invalid
from isthmus.control.people import Person
from isthmus.storage.audit import AuditLog
from isthmus.storage.settings import SettingStore

OF_THE_MACHINE: Final = frozenset({"storage.data_dir"})
MAX_VALUE_BYTES: Final = 60_000
"""What every engine's column for texts takes."""


@dataclass(frozen=True, slots=True)
class SettingService:
    store: SettingStore
    audit: AuditLog
    configured: Settings
    """Of file, environment and command line."""
    providers: Callable[[], Collection[str]]
    """Names of all providers there are; none: not known yet, so that any may be the default."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """Who says what of `configured`, by dotted name."""

    def source_of(self, setting: LiveSetting) -> str:
        """`stored`, one of `Source`, `default`, or `automatic` for what the gateway chose by itself when it started."""
        if setting.changed:
            return "stored"
        if (written := self.sources.get(setting.name)) is not None:
            return written.value
        return "default" if setting.configured == setting.default else "automatic"

    async def describe(self) -> list[LiveSetting]:
        """Every setting that may be changed while running."""
        return described(self.configured, await self.store.load(), self.providers())

    def describe_rest(self, person: Person) -> list[LiveSetting]:
        """Every other setting, but for the providers, which are shown apart. Secrets are masked, and where files lie is for
        administrators."""
        rest = described_rest(self.configured)
        return [each for each in rest if person.is_admin or each.name not in OF_THE_MACHINE]

    async def change(self, person: Person, changes: Mapping[str, Any]) -> list[LiveSetting]:
        """All or nothing. None takes a change back: what file and environment say is in force again. Raises `Invalid`."""
        values = self._judged(changes)
        if values:
            await self.store.save(values, now_ms())
            await self.audit.note(person, "settings.change", ", ".join(values), _detail(values))
        return await self.describe()

    def _judged(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The values as they are stored: `"7"` for a number is 7."""
        said = {name: value for name, value in changes.items() if value is not None or name not in LIVE}
        try:
            judged = with_changes(self.configured, said, self.providers())
        except ConfigError as error:
            raise _refusal(error) from None
        values = {name: value_of(judged, name) if name in said else None for name in changes}
        for name, value in values.items():
            if len(json.dumps(value, ensure_ascii=False).encode()) > MAX_VALUE_BYTES:
                message = f"more than {MAX_VALUE_BYTES} bytes: write it into the configuration file"
                raise Invalid(f"{name}: {message}", [FieldProblem(name, message)])
        return values


def _refusal(error: ConfigError) -> Invalid:
    fields = []
    for problem in error.problems:
        found = f" (found {problem.found})" if problem.found is not None else ""
        way_out = f"; {problem.way_out}" if problem.way_out else ""
        fields.append(FieldProblem(problem.path, f"{problem.what}{found}{way_out}"))
    return Invalid("\n".join(map(str, error.problems)), fields)


def _detail(values: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name}: {'as configured' if value is None else json.dumps(value, ensure_ascii=False)}"
        for name, value in values.items()
    )

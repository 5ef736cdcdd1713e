"""`/v2/settings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from isthmus.admin.asking import Admin, Asker
from isthmus.admin.provider_types import FormView
from isthmus.config import Settings
from isthmus.config.forms import form_of, settings_below
from isthmus.config.live import LIVE, LiveSetting
from isthmus.control.people import Person
from isthmus.control.settings import SettingService

Changes = Annotated[
    dict[str, JsonValue],
    Body(
        max_length=len(LIVE),
        description="Dotted name → value; null takes a change back.",
        examples=[{"request_log.retention_days": 90, "logging.level": None}],
    ),
]


class SettingAnswer(FormView):
    """A setting, with what a form must know of it."""

    model_config = ConfigDict(populate_by_name=True)

    name: str
    section: str = Field(description="The part of the name before the last dot; empty at the top.")
    live: bool = Field(
        description="Whether it may be changed here, while the gateway runs. Others take a change of the file and a restart."
    )
    source: str = Field(
        description="`stored` (here), `file`, `environment`, `command_line`, `default`, or `automatic`: chosen at the start."
    )
    value: Any = Field(description="In force.")
    configured: Any = Field(
        description="Of configuration file, environment or command line: what null brings back."
    )
    default: Any
    changed: bool = Field(description="Whether the value in force was stored here.")
    problem: str | None = Field(description="Why the stored value is not in force.")
    value_schema: dict[str, Any] = Field(alias="schema", description="JSON schema of the value.")
    description: str


class SettingAnswers(BaseModel):
    items: list[SettingAnswer] = Field(description="Those that may be changed here stand first.")

    @classmethod
    def of(cls, service: SettingService, live: Sequence[LiveSetting], asker: Person) -> SettingAnswers:
        rest = service.describe_rest(asker)
        return cls(
            items=[
                *(_answer(each, service.source_of(each), live=True) for each in live),
                *(_answer(each, service.source_of(each), live=False) for each in rest),
            ]
        )


_FIELDS: Final = dict(settings_below(Settings))


def _answer(setting: LiveSetting, source: str, *, live: bool) -> SettingAnswer:
    section, _, own = setting.name.rpartition(".")
    form = asdict(form_of(own, _FIELDS[setting.name]))
    said = {"section": section, "live": live, "source": source}
    return SettingAnswer.model_validate({**asdict(setting), **form, **said})


def router(service: SettingService) -> APIRouter:
    routes = APIRouter(prefix="/settings", tags=["settings"])

    @routes.get("")
    async def list_settings(asker: Asker) -> SettingAnswers:
        """Every one there is but the providers', in the order of the documentation. Secrets are masked."""
        return SettingAnswers.of(service, await service.describe(), asker)

    @routes.put("")
    async def change_settings(changes: Changes, admin: Admin) -> SettingAnswers:
        """All of them or none. They take effect at once, and win over the configuration file and the environment."""
        return SettingAnswers.of(service, await service.change(admin, changes), admin)

    return routes

"""`/v2/settings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from isthmus.admin.asking import Admin, Asker
from isthmus.config.live import LIVE, LiveSetting
from isthmus.control.settings import SettingService

Changes = Annotated[
    dict[str, JsonValue],
    Body(
        max_length=len(LIVE),
        description="Dotted name → value; null takes a change back.",
        examples=[{"request_log.retention_days": 90, "logging.level": None}],
    ),
]


class SettingAnswer(BaseModel):
    """A setting that may be changed while the gateway runs."""

    model_config = ConfigDict(populate_by_name=True)

    name: str
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
    items: list[SettingAnswer]

    @classmethod
    def of(cls, settings: Sequence[LiveSetting]) -> SettingAnswers:
        return cls(items=[SettingAnswer.model_validate(asdict(each)) for each in settings])


def router(service: SettingService) -> APIRouter:
    routes = APIRouter(prefix="/settings", tags=["settings"])

    @routes.get("")
    async def list_settings(_: Asker) -> SettingAnswers:
        """Every one there is, in the order of the documentation."""
        return SettingAnswers.of(await service.describe())

    @routes.put("")
    async def change_settings(changes: Changes, admin: Admin) -> SettingAnswers:
        """All of them or none. They take effect at once, and win over the configuration file and the environment."""
        return SettingAnswers.of(await service.change(admin, changes))

    return routes

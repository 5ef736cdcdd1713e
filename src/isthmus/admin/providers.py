"""`/v2/providers`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from isthmus.admin.accounts import ReadAt
from isthmus.admin.asking import Admin, Asker, Cursor, Limit, Moment, PageOf, milliseconds, moment
from isthmus.control.account_input import Name
from isthmus.control.providers import ProviderInput, ProviderPatch, ProviderService, ProviderView


class ProviderAnswer(BaseModel):
    name: str
    type: str
    enabled: bool
    off_reason: str | None = Field(description="Why it cannot be switched on.")
    read_only: bool = Field(description="Declared in the configuration file.")
    vendor: str | None
    base_url: str | None
    models: dict[str, str] = Field(description="Name that clients use → the upstream's name.")
    proxy: str | None = Field(description="Scheme, host and port only.")
    settings: dict[str, Any] = Field(
        description="As of a provider in the configuration file; secrets are masked."
    )
    accounts: dict[str, int] = Field(description="State → number of its accounts.")
    created_at: Moment | None = Field(description="null for providers of the configuration file.")
    updated_at: Moment | None

    @classmethod
    def of(cls, view: ProviderView) -> ProviderAnswer:
        return cls(
            name=view.name,
            type=view.type,
            enabled=view.enabled,
            off_reason=view.off_reason,
            read_only=view.read_only,
            vendor=view.vendor,
            base_url=view.base_url,
            models=dict(view.models),
            proxy=view.proxy,
            settings=dict(view.settings),
            accounts=dict(view.accounts),
            created_at=None if view.created_ms is None else moment(view.created_ms),
            updated_at=None if view.updated_ms is None else moment(view.updated_ms),
        )


def router(service: ProviderService) -> APIRouter:
    routes = APIRouter(prefix="/providers", tags=["providers"])

    @routes.get("")
    async def list_providers(_: Asker, limit: Limit = 100, cursor: Cursor = None) -> PageOf[ProviderAnswer]:
        """By name. Those of the configuration file are among them, read-only."""
        page = await service.page(cursor, limit)
        return PageOf(items=[ProviderAnswer.of(each) for each in page.items], next_cursor=page.next_cursor)

    @routes.post("", status_code=201)
    async def create_provider(body: ProviderInput, admin: Admin) -> ProviderAnswer:
        """Its keys are accounts, added apart. One whose type cannot be served yet is stored switched off."""
        return ProviderAnswer.of(await service.create(admin, body))

    @routes.get("/{name}")
    async def get_provider(name: Name, _: Asker) -> ProviderAnswer:
        return ProviderAnswer.of(await service.get(name))

    @routes.patch("/{name}")
    async def edit_provider(
        name: Name, body: ProviderPatch, admin: Admin, if_updated_at: ReadAt = None
    ) -> ProviderAnswer:
        """What is left out stays as it is."""
        read_ms = None if if_updated_at is None else milliseconds(if_updated_at)
        return ProviderAnswer.of(await service.edit(admin, name, body, read_ms=read_ms))

    @routes.delete("/{name}", status_code=204)
    async def delete_provider(
        name: Name,
        admin: Admin,
        with_accounts: Annotated[bool, Query(description="Delete its accounts, too.")] = False,
    ) -> None:
        """Refused while it has accounts, unless they are to go with it."""
        await service.remove(admin, name, with_accounts=with_accounts)

    return routes

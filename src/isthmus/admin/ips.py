"""`/v2/ips`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from isthmus.admin.asking import (
    Admin,
    Asker,
    Cursor,
    Limit,
    Model,
    Moment,
    PageOf,
    Truth,
    milliseconds,
    moment,
)
from isthmus.admin.times import Time
from isthmus.control.ips import MAX_REASON_CHARS, BlockedNetwork, IpService

NetworkText = Annotated[
    str,
    Field(
        min_length=2,
        max_length=64,
        description="An address, or a network such as `203.0.113.0/24`.",
        examples=["203.0.113.7", "203.0.113.0/24", "2001:db8::/32"],
    ),
]


class BlockBody(Model):
    network: NetworkText
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS)] = ""
    expires_at: Time | None = Field(default=None, description="null: until it is unblocked.")
    force: Truth = Field(
        default=False, description="Also when it shuts out this machine, or whoever asks for it."
    )


class UnblockBody(Model):
    network: NetworkText


class BlockAnswer(BaseModel):
    network: str = Field(description="CIDR, host bits cleared.")
    reason: str
    created_at: Moment
    expires_at: Moment | None

    @classmethod
    def of(cls, block: BlockedNetwork) -> BlockAnswer:
        expires_at = None if block.expires_ms is None else moment(block.expires_ms)
        return cls(
            network=block.network,
            reason=block.reason,
            created_at=moment(block.created_ms),
            expires_at=expires_at,
        )


def router(service: IpService) -> APIRouter:
    routes = APIRouter(prefix="/ips", tags=["ips"])

    @routes.get("/blocked")
    async def list_blocked_ips(_: Asker, limit: Limit = 100, cursor: Cursor = None) -> PageOf[BlockAnswer]:
        """Networks that are refused now, the newest first."""
        page = await service.page(cursor, limit)
        return PageOf(items=[BlockAnswer.of(each) for each in page.items], next_cursor=page.next_cursor)

    @routes.post("/block")
    async def block_ip(body: BlockBody, admin: Admin) -> BlockAnswer:
        """Takes effect at once. Takes the place of a block of the same network."""
        expires_ms = None if body.expires_at is None else milliseconds(body.expires_at)
        return BlockAnswer.of(
            await service.block(admin, body.network, body.reason, expires_ms, force=body.force)
        )

    @routes.post("/unblock", status_code=204)
    async def unblock_ip(body: UnblockBody, admin: Admin) -> None:
        """Takes effect at once."""
        await service.unblock(admin, body.network)

    return routes

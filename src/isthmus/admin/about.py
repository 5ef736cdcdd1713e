"""`/v2/about`: what runs here."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from isthmus.admin.asking import Asker, Moment, moment
from isthmus.admin.stats import ProcessView, QueueView
from isthmus.config import Settings
from isthmus.control.about import About, AboutService


class ListeningView(BaseModel):
    """Where it listens, and whom it trusts. It ends no TLS itself: that is a reverse proxy's."""

    host: str
    port: int = Field(description="As configured; 0 stands for one that was free.")
    key_required: bool = Field(description="Whether callers need an API key.")
    allowed_hosts: list[str]
    trusted_proxies: list[str]
    cors_origins: list[str]

    @classmethod
    def of(cls, settings: Settings, *, key_required: bool) -> ListeningView:
        server = settings.server
        return cls(
            host=server.host,
            port=server.port,
            key_required=key_required,
            allowed_hosts=list(server.allowed_hosts),
            trusted_proxies=list(server.trusted_proxies),
            cors_origins=list(server.cors_origins),
        )


class MigrationView(BaseModel):
    revision: str
    title: str


class DatabaseView(BaseModel):
    engine: str = Field(description="`sqlite`, `postgresql`, `mysql` or `mariadb`.")
    version: str = Field(description="In the engine's own words.")
    schema_revision: str = Field(description="The last migration of the database.")
    newest_revision: str = Field(description="The last one that this program knows.")
    migrations: list[MigrationView] = Field(description="The oldest first.")
    pending_writes: int
    problem: str | None = Field(description="What its last failure said; null when it has answered since.")


class LeaseView(BaseModel):
    """What one of the gateways on this database does for all of them."""

    name: str
    until: Moment


class NotInForce(BaseModel):
    name: str
    problem: str


class ExtraView(BaseModel):
    """A part of the package that is installed apart (`isthmus[NAME]`)."""

    name: str
    installed: bool
    needed_for: str


class AboutAnswer(BaseModel):
    version: str
    python: str
    platform: str
    started_at: Moment
    uptime_s: float
    listening: ListeningView
    database: DatabaseView
    data_dir: str | None = Field(description="For administrators.")
    log_queue: QueueView
    processes: list[ProcessView] = Field(description="Of the providers that answer through a program.")
    live_tails: int = Field(description="Pages that watch the request log.")
    leases: list[LeaseView]
    providers: int
    accounts: int = Field(description="Those of the configuration file included.")
    api_keys: int
    conversations: int
    users: int
    not_in_force: list[NotInForce] = Field(description="Stored settings and providers that are left out.")
    extras: list[ExtraView]

    @classmethod
    def of(cls, about: About) -> AboutAnswer:
        stock = about.stock
        return cls(
            version=about.version,
            python=about.python,
            platform=about.platform,
            started_at=moment(about.started_ms),
            uptime_s=about.uptime_s,
            listening=ListeningView.of(about.settings, key_required=about.key_required),
            database=DatabaseView(
                engine=about.engine,
                version=stock.server_version,
                schema_revision=stock.schema,
                newest_revision=about.newest_schema,
                migrations=[
                    MigrationView(revision=each.revision, title=each.title) for each in about.migrations
                ],
                pending_writes=about.pending_writes,
                problem=about.problem,
            ),
            data_dir=None if about.data_dir is None else str(about.data_dir),
            log_queue=QueueView.of(about.queue),
            processes=[ProcessView.of(each) for each in about.processes],
            live_tails=about.live_tails,
            leases=[LeaseView(name=each.name, until=moment(each.until_ms)) for each in stock.leases],
            providers=len(about.settings.providers),
            accounts=about.accounts,
            api_keys=stock.api_keys,
            conversations=stock.conversations,
            users=stock.users,
            not_in_force=[NotInForce(name=name, problem=why) for name, why in about.refused.items()],
            extras=[
                ExtraView(name=each.name, installed=each.installed, needed_for=each.needed_for)
                for each in about.extras
            ],
        )


def router(service: AboutService) -> APIRouter:
    routes = APIRouter(tags=["about"])

    @routes.get("/about")
    async def get_about(asker: Asker) -> AboutAnswer:
        """The program, its machine, its database, and what works beside the requests."""
        return AboutAnswer.of(await service.read(asker))

    return routes

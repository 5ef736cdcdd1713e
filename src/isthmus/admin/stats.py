"""`/v2/stats`: the dashboard; and what the holder of a key sees of it at `/stats`."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from isthmus.admin.asking import Asker
from isthmus.admin.figures import FiguresView, GroupView
from isthmus.control.statistics import (
    CacheFigures,
    ConversationFigures,
    KeySummary,
    ProcessFigures,
    QueueState,
    StatisticsService,
    Summary,
)


class LossView(BaseModel):
    loss: str
    requests: int


class QueueView(BaseModel):
    """The rows of the request log on their way into the database."""

    queued: int
    capacity: int
    written: int
    dropped: int = Field(description="Rows lost since the start; the requests themselves were served.")
    failing: str | None = Field(description="Why the last attempt to write failed; null when it went well.")

    @classmethod
    def of(cls, state: QueueState) -> QueueView:
        return cls(
            queued=state.queued,
            capacity=state.capacity,
            written=state.written,
            dropped=state.dropped,
            failing=state.failing,
        )


class CacheView(BaseModel):
    """The answers that are kept of one provider (`cache`), in this process."""

    provider: str
    entries: int
    bytes: int
    hits: int = Field(description="Requests that were answered from it, since it was made.")
    misses: int = Field(description="Requests of which nothing was found.")

    @classmethod
    def of(cls, figures: CacheFigures) -> CacheView:
        return cls(
            provider=figures.provider,
            entries=figures.entries,
            bytes=figures.bytes,
            hits=figures.hits,
            misses=figures.misses,
        )


class ProcessView(BaseModel):
    """The processes of a provider that answers through a program (`claude-code`), below this process."""

    provider: str
    idle: int = Field(description="Started in advance, or kept for the next turn of a conversation.")
    busy: int = Field(description="At work, starting, or ending.")
    waiting: int = Field(description="Requests that wait for one.")
    started: int = Field(description="Since the gateway began; likewise the next.")
    died: int = Field(description="Of these, ended by themselves.")

    @classmethod
    def of(cls, figures: ProcessFigures) -> ProcessView:
        return cls(
            provider=figures.provider,
            idle=figures.idle,
            busy=figures.busy,
            waiting=figures.waiting,
            started=figures.started,
            died=figures.died,
        )


class ConversationsView(BaseModel):
    """The conversations that are remembered at this moment."""

    kept: int
    messages: int
    begun_today: int = Field(description="Of those kept, since midnight, UTC.")

    @classmethod
    def of(cls, figures: ConversationFigures | None) -> ConversationsView | None:
        if figures is None:
            return None
        return cls(kept=figures.kept, messages=figures.messages, begun_today=figures.begun_today)


class SummaryAnswer(BaseModel):
    version: str
    uptime_s: float
    requests_last_minute: int
    tokens_last_minute: int
    today: FiguresView = Field(description="Since midnight, UTC.")
    by_provider: list[GroupView] = Field(
        description="Of today, the ten with most requests; likewise the others."
    )
    by_model: list[GroupView]
    by_key: list[GroupView]
    errors: list[GroupView] = Field(description="Of today, by class.")
    losses: list[LossView] = Field(description="What could not be carried over, most frequent first, lately.")
    queue: QueueView | None = Field(description="Null for the holder of a key.")
    caches: list[CacheView] = Field(description="Of the providers whose answers are kept.")
    processes: list[ProcessView] = Field(description="Of the providers that answer through a program.")
    conversations: ConversationsView | None = Field(
        description="Of all keys, or those of the holder; null where `conversations.enabled` is off."
    )

    @classmethod
    def of(cls, summary: Summary) -> SummaryAnswer:
        return cls(
            version=summary.version,
            uptime_s=summary.uptime_s,
            requests_last_minute=summary.last_minute.requests,
            tokens_last_minute=summary.last_minute.tokens,
            today=FiguresView.of(summary.today),
            by_provider=[GroupView.of(each) for each in summary.by_provider],
            by_model=[GroupView.of(each) for each in summary.by_model],
            by_key=[GroupView.of(each) for each in summary.by_key],
            errors=[GroupView.of(each) for each in summary.errors],
            losses=[LossView(loss=each.loss, requests=each.requests) for each in summary.losses],
            queue=None if summary.queue is None else QueueView.of(summary.queue),
            caches=[CacheView.of(each) for each in summary.caches],
            processes=[ProcessView.of(each) for each in summary.processes],
            conversations=ConversationsView.of(summary.conversations),
        )


class KeySummaryAnswer(BaseModel):
    """The answer of `GET /stats`."""

    version: str
    uptime_s: float
    today: FiguresView | None = Field(description="Of the key that was shown, since midnight, UTC.")
    month: FiguresView | None = Field(description="Since the first of the month, UTC.")
    caches: list[CacheView] = Field(description="Of the providers whose answers are kept.")
    processes: list[ProcessView] = Field(description="Of the providers that answer through a program.")
    conversations: ConversationsView | None = Field(
        description="Of whoever asks; null where `conversations.enabled` is off."
    )

    @classmethod
    def of(cls, summary: KeySummary) -> KeySummaryAnswer:
        return cls(
            version=summary.version,
            uptime_s=summary.uptime_s,
            today=None if summary.today is None else FiguresView.of(summary.today),
            month=None if summary.month is None else FiguresView.of(summary.month),
            caches=[CacheView.of(each) for each in summary.caches],
            processes=[ProcessView.of(each) for each in summary.processes],
            conversations=ConversationsView.of(summary.conversations),
        )


def router(service: StatisticsService) -> APIRouter:
    routes = APIRouter(prefix="/stats", tags=["stats"])

    @routes.get("")
    async def get_summary(asker: Asker) -> SummaryAnswer:
        """What the dashboard shows: now, today, what fails and what is lost."""
        return SummaryAnswer.of(await service.summary(asker))

    return routes

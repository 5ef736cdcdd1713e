"""The model list as clients see it: of what there is, the part that the caller may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from isthmus.core.errors import BadRequest, Kind
from isthmus.core.interfaces import ModelInfo
from isthmus.server.offer import Offer
from isthmus.server.paths import Endpoint
from isthmus.server.visit import Visit


@dataclass(frozen=True, slots=True)
class ModelPages:
    """How the model list is written, in the one shape all official SDKs read."""

    page: Callable[..., bytes]
    one: Callable[[ModelInfo], bytes]


async def list_models(visit: Visit, offer: Offer, pages: ModelPages) -> None:
    """All models, or one by its id; of the provider in the path, or of every one."""
    provider, request = visit.place.provider, visit.request
    if provider is not None:
        offer.directory.check_provider(provider)
    if visit.place.endpoint is Endpoint.MODEL:
        id = visit.place.rest
        info = await offer.models.one(provider, id)
        if info is None or not _visible(visit, offer, [info]):
            raise BadRequest(f"model: {id} is not in the list at /v1/models", kind=Kind.MODEL_NOT_FOUND)
        await visit.reply(200, pages.one(info))
        return
    page = pages.page(
        _visible(visit, offer, await offer.models.of(provider, for_discovery=request.is_messages_client)),
        limit=request.query_value("limit"),
        after_id=request.query_value("after_id"),
        before_id=request.query_value("before_id"),
    )
    await visit.reply(200, page)


def _visible(visit: Visit, offer: Offer, models: list[ModelInfo]) -> list[ModelInfo]:
    """The rows of a model list that the caller may use."""
    terms = visit.caller.terms
    if terms.models is None and terms.providers is None:
        return models
    return [info for info in models if _may_see(visit, offer, info.id)]


def _may_see(visit: Visit, offer: Offer, id: str) -> bool:
    try:
        choice = offer.directory.choose(id, visit.place.provider)
    except BadRequest:
        return False
    return visit.caller.may_use(choice.provider, id, choice.model)

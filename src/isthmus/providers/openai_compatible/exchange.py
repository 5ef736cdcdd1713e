"""What is asked of a vendor with the OpenAI API: one streamed or plain answer, and once more when it says how."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from isthmus.core.abilities import Abilities, Rule
from isthmus.core.commands import Call, ClientRequest, Exchange, Forward, Headers, Say, Stream, Unheard
from isthmus.core.conversation import Conversation
from isthmus.core.errors import BadRequest, UpstreamError
from isthmus.core.events import Finished, Started, Stop
from isthmus.core.interfaces import CHAT, ModelInfo, Target
from isthmus.core.secret import Secret
from isthmus.providers.openai_compatible import models
from isthmus.providers.openai_compatible.abilities import abilities_of
from isthmus.providers.openai_compatible.addresses import addresses_of
from isthmus.providers.openai_compatible.decode import ChatDecoder, Expectations
from isthmus.providers.openai_compatible.errors import classifier
from isthmus.providers.openai_compatible.listen import ChatListener
from isthmus.providers.openai_compatible.request import ChatRequest, render_request
from isthmus.providers.openai_compatible.second_try import second_try
from isthmus.providers.openai_compatible.vendor import Vendor, checked_quirks
from isthmus.providers.openai_compatible.vendors import vendor_for
from isthmus.wire.json_splice import KeyAbsent, SpliceError, replace_top_level_string

COMPLETIONS: Final = "openai_completions"
EMBEDDINGS: Final = "openai_embeddings"
KEPT_MODELS: Final = 512
_CHAT_PATH: Final = "/v1/chat/completions"
_JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"
_PASSED_ON: Final = frozenset(("accept", "content-type", "openai-beta"))
"""Headers of a client that the vendor may see in the raw lane. All others could name it or its network."""


class OpenAICompatible:
    """Implements `core.interfaces.Provider`. Holds no state of any request.

    `vendor` None: as the address tells. `rules` are the operator's word on what models can carry, `quirks` on what the
    vendor does, by the names of `Vendor`'s fields. Raises `ValueError` for an unknown quirk or a missing address.
    """

    def __init__(
        self,
        name: str,
        base_url: str = "",
        api_key: Secret = Secret(""),  # noqa: B008 - immutable
        *,
        vendor: Vendor | None = None,
        headers: Mapping[str, Secret] | None = None,
        rules: Sequence[Rule] = (),
        quirks: Mapping[str, object] | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._base = vendor_for(base_url) if vendor is None else vendor
        self._quirks: dict[str, Any] = checked_quirks(quirks or {})
        self.vendor = replace(self._base, **self._quirks)
        self._addresses = addresses_of(base_url, self.vendor)
        self._headers = _own_headers(api_key, headers or {})
        self._rules = tuple(rules)
        self._classify = classifier(name, now_s)
        self.native = frozenset(_native(self.vendor))
        # Clients may ask for any name of a model, so what is kept is bounded.
        self._abilities_of = lru_cache(KEPT_MODELS)(self._look_up_abilities)
        self._vendor_of = lru_cache(KEPT_MODELS)(self._look_up_vendor)

    def abilities(self, model: str) -> Abilities:
        return self._abilities_of(model)

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        if conversation.max_tokens == 0:
            # Only the vendor's cache was to be warmed, which vendors with this API cannot be asked for.
            yield Say((Started(model=target.model), Finished(Stop.END_TURN)))
            return
        vendor = self._vendor_of(target.model)
        request = render_request(conversation, target, vendor)
        try:
            yield self._stream(request, vendor)
        except UpstreamError as error:
            amended = second_try(request, error)
            if amended is None:
                raise
            yield self._stream(amended, vendor)

    def forward(self, request: ClientRequest, target: Target) -> Exchange:
        stream = request.stream
        expected = Expectations(self.name, self._vendor_of(target.model))
        yield Forward(
            "POST",
            self._addresses.of(request.path),
            self._forwarded_headers(request),
            _for_model(request, target.model),
            lambda head: ChatListener(self.name, head, stream=stream),
            self._classify,
            whole=not stream,
            decode=(lambda _: ChatDecoder(expected)) if stream and request.path == _CHAT_PATH else None,
        )

    def pass_through(self, request: ClientRequest) -> Exchange | None:
        return self._pass(request) if request.is_below(self.vendor.passes) else None

    def _pass(self, request: ClientRequest) -> Exchange:
        address = self._addresses.of(request.path)
        if request.query:
            address += ("&" if "?" in address else "?") + request.query
        headers = {name: value for name, value in request.headers.items() if name in _PASSED_ON}
        yield Forward(
            request.method,
            address,
            _joined(headers, self._headers),
            request.body,
            lambda _: Unheard(),
            self._classify,
            whole=True,
        )

    def list_models(self) -> Exchange | None:
        return self._ask_for_models()

    def read_models(self, body: bytes) -> list[ModelInfo]:
        return models.read_models(body)

    def count_tokens(self, request: ClientRequest, target: Target) -> Exchange | None:
        """No vendor with this API has an endpoint for it."""
        return None

    def _ask_for_models(self) -> Exchange:
        yield Call("GET", self._addresses.of("/v1/models"), _joined({"accept": _JSON}, self._headers))

    def _look_up_abilities(self, model: str) -> Abilities:
        return abilities_of(self.vendor, model, self._rules)

    def _look_up_vendor(self, model: str) -> Vendor:
        """The operator's word stands above what is known of the model."""
        return replace(self._base.for_model(model), **self._quirks)

    def _stream(self, request: ChatRequest, vendor: Vendor) -> Stream:
        body = request.encoded()
        streamed = bool(request.fields.get("stream"))
        expected = Expectations(self.name, vendor, request.scanned_stops)
        address = self._addresses.of_continuation if request.continues else self._addresses.of
        plain = {"content-type": _JSON, "accept": _EVENTS if streamed else _JSON}
        return Stream(
            "POST",
            address(_CHAT_PATH),
            _joined(plain, self._headers),
            body,
            lambda _: ChatDecoder(expected),
            self._classify,
            request.losses,
            whole=not streamed,
        )

    def _forwarded_headers(self, request: ClientRequest) -> Headers:
        plain = {"content-type": _JSON, "accept": _EVENTS if request.stream else _JSON}
        plain |= {name: value for name, value in request.headers.items() if name in _PASSED_ON}
        return _joined(plain, self._headers)


def _native(vendor: Vendor) -> list[str]:
    completions = [COMPLETIONS] if vendor.completions else []
    return [CHAT, *completions, *([EMBEDDINGS] if vendor.embeddings else [])]


def _own_headers(api_key: Secret, extra: Mapping[str, Secret]) -> dict[str, str]:
    """The operator's headers last: one of them may replace the usual credential."""
    own = {"authorization": f"Bearer {api_key.reveal()}"} if api_key else {}
    return own | {name.lower(): value.reveal() for name, value in extra.items()}


def _joined(plain: Mapping[str, str], own: Mapping[str, str]) -> Headers:
    return tuple({**plain, **own}.items())


def _for_model(request: ClientRequest, model: str) -> bytes:
    """The client's own bytes, but for the name of the model where the vendor has another."""
    if request.model == model:
        return request.body
    try:
        return replace_top_level_string(request.body, "model", model)
    except KeyAbsent:
        raise BadRequest("you must provide a model parameter", field="model") from None
    except SpliceError as error:
        raise BadRequest(f"The request body cannot be forwarded: {error}", field="model") from None

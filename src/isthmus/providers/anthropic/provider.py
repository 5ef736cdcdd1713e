"""Anthropic as a source of answers: Messages requests go through untouched, others are written anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from isthmus.core.abilities import Abilities, Rule, resolve
from isthmus.core.commands import Call, ClientRequest, Decoder, Exchange, Forward, Headers, Listener, Unheard
from isthmus.core.commands import Head as ResponseHead
from isthmus.core.conversation import Conversation
from isthmus.core.interfaces import MESSAGES, ModelInfo, Target
from isthmus.core.secret import Secret
from isthmus.providers.anthropic.abilities import BASE, RULES
from isthmus.providers.anthropic.decode import decoder_for
from isthmus.providers.anthropic.errors import Refusals
from isthmus.providers.anthropic.exchange import converse
from isthmus.providers.anthropic.forward import (
    OLD_VERSION,
    api_root,
    forwarded_headers,
    outgoing_body,
    own_headers,
)
from isthmus.providers.anthropic.listen import PlainListener, listener_for
from isthmus.providers.anthropic.models import read_models, read_rules

BASE_URL: Final = "https://api.anthropic.com"


class Anthropic:
    """Implements `core.interfaces.Provider`."""

    native: frozenset[str] = frozenset((MESSAGES,))

    def __init__(
        self,
        name: str = "anthropic",
        *,
        api_key: Secret,
        base_url: str = BASE_URL,
        headers: Mapping[str, Secret] | None = None,
        rules: Iterable[Rule] = (),
        auto_cache: bool = True,
        passes: Iterable[str] = (),
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """`auto_cache`: prompts of clients that cannot mark what to cache are cached as a whole. `passes`: endpoints below
        `/v1`, such as `files`, that are passed through; whoever may use the gateway shares what is kept there."""
        self.name = name
        self._root = api_root(base_url)
        self._key = api_key
        self._extra = dict(headers or {})
        self._rules = tuple(rules)
        self._learned: tuple[Rule, ...] = ()
        self._auto_cache = auto_cache
        self._passes = tuple(passes)
        self._refusals = Refusals(name, now_s)

    def abilities(self, model: str) -> Abilities:
        """From the table, then what the API's own list said, then the operator's word."""
        return resolve(BASE, (*RULES, *self._learned, *self._rules), model)

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        told = self._refusals.told
        return converse(
            conversation,
            target,
            url=f"{self._root}/v1/messages",
            headers=self._own_headers,
            decoder=lambda head, unfenced: decoder_for(
                head, told, stream=conversation.stream, unfenced=unfenced
            ),
            classify=self._refusals.classify,
            auto_cache=self._auto_cache,
        )

    def forward(self, request: ClientRequest, target: Target) -> Exchange:
        """Raises `BadRequest` when the model's name has to be exchanged and cannot be."""
        yield self._forward(
            request,
            target,
            lambda head: listener_for(head, self._refusals.told, stream=request.stream),
            decode=lambda head: decoder_for(head, self._refusals.told, stream=False),
        )

    def count_tokens(self, request: ClientRequest, target: Target) -> Exchange:
        yield self._forward(
            request, target, lambda _: PlainListener(self._refusals.told, any_object=True), whole=True
        )

    def pass_through(self, request: ClientRequest) -> Exchange | None:
        return self._pass(request) if request.is_below(self._passes) else None

    def _pass(self, request: ClientRequest) -> Exchange:
        query = f"?{request.query}" if request.query else ""
        yield Forward(
            request.method,
            f"{self._root}{request.path}{query}",
            forwarded_headers(request.headers, self._key, self._extra),
            request.body,
            lambda _: Unheard(),
            self._refusals.classify,
            whole=True,
        )

    def list_models(self) -> Exchange:
        headers = own_headers(OLD_VERSION, self._key, self._extra, "application/json")
        yield Call("GET", f"{self._root}/v1/models?limit=1000", headers)

    def read_models(self, body: bytes) -> list[ModelInfo]:
        """Remembers what the list says of each model's abilities. Raises `UpstreamError` when it is no model list."""
        self._learned = read_rules(body)
        return read_models(body, self.name)

    def _forward(
        self,
        request: ClientRequest,
        target: Target,
        listen: Callable[[ResponseHead], Listener],
        *,
        decode: Callable[[ResponseHead], Decoder] | None = None,
        whole: bool = False,
    ) -> Forward:
        body, losses = outgoing_body(request.body, request.model, target.model)
        return Forward(
            "POST",
            self._root + request.path,
            forwarded_headers(request.headers, self._key, self._extra),
            body,
            listen=listen,
            classify=self._refusals.classify,
            decode=decode,
            losses=losses,
            whole=whole or not request.stream,
        )

    def _own_headers(self, version: str, stream: bool) -> Headers:
        accept = "text/event-stream" if stream else "application/json"
        return own_headers(version, self._key, self._extra, accept)

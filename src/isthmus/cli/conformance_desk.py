"""The conformance cases against a gateway from within: its own data plane, asked over HTTP by an ordinary client.

A run has a listener of its own on loopback and a key that nobody else knows, which is good for one provider. It uses the pools
of the running gateway, so its requests take accounts' places, count for their limits and are in the request log, as
`config:conformance`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final, assert_never

import uvicorn

from isthmus.cli.listening import listen, port_of
from isthmus.cli.live import Live
from isthmus.conformance import survey as first_contact
from isthmus.conformance.case import Need
from isthmus.conformance.cast import cast_for
from isthmus.conformance.client import Client
from isthmus.conformance.report import Result
from isthmus.conformance.run import CASES, plan, run
from isthmus.conformance.stage import LIMIT, Stage
from isthmus.conformance.subject import BOTH, Api, Lane, Subject
from isthmus.conformance.verdict import Failed, NotApplicable, Passed
from isthmus.control.conformance import Asked, CaseInfo, Planned, Verdict
from isthmus.control.failures import FieldProblem, Invalid, OperationFailed
from isthmus.core.abilities import Abilities
from isthmus.core.secret import Secret
from isthmus.core.usage import Usage
from isthmus.limiting.memory import MemoryLimiter
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.routing.pool import AccountId, Exhausted, Lease
from isthmus.routing.prices import cost_nano_usd
from isthmus.server.admission import Admission
from isthmus.server.callers import Caller, Callers
from isthmus.server.gateway import Gateway
from isthmus.server.guard import guard_for
from isthmus.server.offer import Offer
from isthmus.server.suppliers import Supplier

KEY_ID: Final = "config:conformance"
INPUT_TOKENS: Final = 50
"""Of a request, about: the 81 requests that a whole run against the dummy provider had logged counted 46 on average."""
HOST: Final = "127.0.0.1"
_SAME: Final = {("anthropic", Api.MESSAGES), ("openai-compatible", Api.CHAT)}
"""Types of providers that speak a dialect themselves."""


@dataclass(slots=True)
class Pinned(Supplier):
    """The same pool and sources, of which one account alone is asked."""

    only: AccountId | None = None

    async def lease(
        self,
        model: str,
        affinity: str | None,
        tokens: int,
        tried: Collection[AccountId],
        *,
        within_s: float | None = None,
    ) -> Lease | Exhausted:
        others = {each.id for each in self.pool.states(time.time()) if each.id != self.only}
        return await Supplier.lease(self, model, affinity, tokens, {*tried, *others}, within_s=within_s)


@dataclass(frozen=True, slots=True)
class ConformanceDesk:
    """`control.conformance.Engine` over a running gateway."""

    live: Live

    def cases(self) -> Sequence[CaseInfo]:
        return [
            CaseInfo(case.id, case.title, [api.value for api in case.apis], sorted(case.needs))
            for case in CASES
        ]

    async def plan(self, asked: Asked) -> Planned:
        supplier = self._supplier(asked)
        model = self._model(asked)
        apis, settings = _apis(asked), self.live.settings.providers[asked.provider]
        subject = Subject(f"http://{HOST}", model=model, provider=asked.provider, apis=apis)
        cast = cast_for(["dummy-echo"] if settings.type == "dummy" else [], model)
        lanes = {api: Lane.RAW if (settings.type, api) in _SAME else Lane.TRANSLATED for api in apis}
        stages = [Stage(Client(subject), subject, model, api, lanes[api], cast) for api in apis]
        try:
            planned = plan(stages, only=asked.cases, lacking=_lacking(supplier, self._upstream(asked, model)))
        except ValueError as error:
            raise Invalid(f"cases: {error}", [FieldProblem("cases", str(error))]) from None
        requests = planned.requests_total + first_contact.REQUESTS
        usage = Usage(input_tokens=requests * INPUT_TOKENS, output_tokens=requests * LIMIT)
        price = self.live.price_of(asked.provider, self._upstream(asked, model))
        return Planned(
            model,
            len(planned.trials) + len(planned.unfit),
            requests,
            usage.input_tokens,
            usage.output_tokens,
            None if price is None else cost_nano_usd(price, usage),
            _warnings(settings.type, knows_price=price is not None),
        )

    async def run(
        self, asked: Asked, begun: Callable[[int, int], None], judged: Callable[[Verdict], None]
    ) -> None:
        key = Secret(f"sk-isthmus-{secrets.token_urlsafe(30)}")
        self.live.redaction.know([key])
        gateway, lacking = self._gateway(asked, key), self._lacking(asked)
        async with serving(gateway) as url:
            subject = Subject(url, key, asked.model, asked.provider, _apis(asked))
            async with Client(subject) as client:
                try:
                    stages = await first_contact.survey(client)
                    planned = plan(stages, only=asked.cases, lacking=lacking)
                except (first_contact.CannotStart, ValueError) as error:
                    raise OperationFailed(str(error)) from None
                total = len(planned.trials) + len(planned.unfit)
                begun(total, planned.requests_total + first_contact.REQUESTS)
                await run(planned, lambda result: judged(verdict_of(result)))

    def _gateway(self, asked: Asked, key: Secret) -> Gateway:
        """The running one, but for who is let in and which account is asked."""
        own, supplier = self.live.gateway, self._supplier(asked)
        offered = own.endpoints.offer
        if asked.account_id is not None:
            supplier = _pinned(supplier, AccountId(asked.account_id))
        terms = KeyTerms(providers=(asked.provider,))
        caller = Caller(KEY_ID, "Conformance", terms=terms)
        admission = Admission(
            MemoryLimiter(),
            Callers({key_hash(key.reveal()): caller}, required=True),
            cost_of=own.admission.cost_of,
        )
        suppliers = {**offered.suppliers, asked.provider: supplier}
        endpoints = replace(
            own.endpoints,
            offer=Offer.of(suppliers, offered.directory, offered.pace, offered.plans),
            admission=admission,
        )
        return Gateway(endpoints, own.dialects, guard_for(HOST, (), ()), admission, note=own.note)

    def _supplier(self, asked: Asked) -> Supplier:
        """Raises `Invalid`."""
        suppliers = self.live.gateway.endpoints.offer.suppliers
        if (supplier := suppliers.get(asked.provider)) is None:
            message = f"no such provider is in use: choose one of {', '.join(sorted(suppliers))}"
            raise Invalid(f"provider: {message}", [FieldProblem("provider", message)])
        known = {each.id for each in supplier.pool.states(time.time())}
        if asked.account_id is not None and asked.account_id not in known:
            message = f"provider {asked.provider!r} has no such account"
            raise Invalid(f"account_id: {message}", [FieldProblem("account_id", message)])
        return supplier

    def _model(self, asked: Asked) -> str:
        """The one asked for, else one that the provider's settings name. Raises `Invalid`."""
        settings = self.live.settings.providers[asked.provider]
        named = [name for name in settings.models if "*" not in name]
        model = asked.model or settings.default_model or next(iter(named), None)
        if model is None and settings.type == "dummy":
            model = "dummy-text"
        if model is None:
            message = "say which model to ask: the provider's settings name none"
            raise Invalid(f"model: {message}", [FieldProblem("model", message)])
        return model

    def _upstream(self, asked: Asked, model: str) -> str:
        return self.live.gateway.endpoints.offer.directory.choose(model, asked.provider).model

    def _lacking(self, asked: Asked) -> Mapping[Need, str]:
        return _lacking(self._supplier(asked), self._upstream(asked, self._model(asked)))


def verdict_of(result: Result) -> Verdict:
    sent = {
        "stream" if '"stream":true' in each.sent.replace(" ", "") else "plain" for each in result.transcript
    }
    evidence = None
    match result.outcome:
        case Passed(note):
            word, said = "pass", note
        case Failed(why, shown):
            word, said, evidence = "fail", why, shown or None
        case NotApplicable(why):
            word, said = "declared", why
        case _:
            assert_never(result.outcome)
    return Verdict(
        result.id,
        result.title,
        result.dialect,
        sorted(sent),
        word,
        said,
        evidence,
        result.seconds,
        len(result.transcript),
    )


class _Listener(uvicorn.Server):
    """Beside the gateway's own: signals are that one's business."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """A listener on loopback for as long as it is used. Gives its address."""
    sockets = listen(HOST, 0)
    config = uvicorn.Config(
        app, interface="asgi3", lifespan="off", log_config=None, access_log=False, server_header=False
    )
    server = _Listener(config)
    task = asyncio.create_task(server.serve(sockets))
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        yield f"http://{HOST}:{port_of(sockets)}"
    finally:
        server.should_exit = server.force_exit = True
        await task


def _pinned(supplier: Supplier, only: AccountId) -> Supplier:
    return Pinned(
        supplier.face,
        supplier.pool,
        supplier.source,
        supplier.journal,
        supplier.max_attempts,
        supplier.queue_timeout_s,
        keyed=False,
        failover_timeout_s=supplier.failover_timeout_s,
        only=only,
    )


def _apis(asked: Asked) -> tuple[Api, ...]:
    return tuple(map(Api, asked.dialects)) or BOTH


def _lacking(supplier: Supplier, model: str) -> dict[Need, str]:
    able: Abilities = supplier.face.abilities(model)
    has = {Need.TOOLS: able.tools, Need.JSON_SCHEMA: able.json_schema}
    return {
        need: f"{model} has no {need.value.replace('_', ' ')}" for need in Need if not has.get(need, True)
    }


def _warnings(type: str, *, knows_price: bool) -> list[str]:
    if type == "dummy":
        return []
    said = ["the requests reach the upstream, take places of its accounts and count for their limits"]
    if not knows_price:
        said.append("no price is known for this model, so what the run costs is not known either")
    return said

"""`/v2/conformance`: the named cases, run against this gateway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints

from isthmus.admin.asking import Admin, Asker, Cursor, Limit, Model, Moment, PageOf, moment
from isthmus.control.account_input import PRINTABLE
from isthmus.control.conformance import Asked, CaseInfo, ConformanceService, Planned, RunState, StoredRun

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]
RunId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Dialect = Literal["messages", "chat"]


class RunBody(Model):
    provider: Annotated[str, Field(min_length=1, max_length=64, pattern=PRINTABLE)]
    account_id: Annotated[str, Field(min_length=1, max_length=80, pattern=PRINTABLE)] | None = Field(
        default=None, description="The only account to be asked; null: whichever the gateway chooses."
    )
    model: Text | None = Field(default=None, description="null: one that the provider's settings name.")
    dialects: Annotated[list[Dialect], Field(min_length=1, max_length=2)] | None = Field(
        default=None, description="null: both."
    )
    cases: Annotated[list[Text], Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="Ids (`STR-01`) or groups (`STR`); null: every one."
    )

    def asked(self) -> Asked:
        return Asked(
            self.provider,
            self.account_id,
            self.model,
            tuple(dict.fromkeys(self.dialects or ())),
            tuple(dict.fromkeys(self.cases or ())),
        )


class PlanAnswer(BaseModel):
    """What a run will take. Requests and output are what it may take at most, input is an average."""

    model: str
    cases: int = Field(description="Results there will be: a case counts once in each dialect.")
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None = Field(description="At list prices or the operator's own; null: none is known.")
    warnings: list[str]

    @classmethod
    def of(cls, planned: Planned) -> PlanAnswer:
        nano_usd = planned.cost_nano_usd
        return cls(
            model=planned.model,
            cases=planned.cases,
            requests=planned.requests,
            input_tokens=planned.input_tokens,
            output_tokens=planned.output_tokens,
            cost_usd=None if nano_usd is None else nano_usd / 1e9,
            warnings=list(planned.warnings),
        )


class CaseAnswer(BaseModel):
    id: str
    group: str
    title: str
    dialects: list[str]
    needs: list[str] = Field(description="What a model must be able to do.")

    @classmethod
    def of(cls, case: CaseInfo) -> CaseAnswer:
        return cls(
            id=case.id,
            group=case.id.partition("-")[0],
            title=case.title,
            dialects=list(case.dialects),
            needs=list(case.needs),
        )


class CaseAnswers(BaseModel):
    items: list[CaseAnswer]


class ResultAnswer(BaseModel):
    id: str
    title: str
    dialect: str = Field(description="`messages`, `chat`, or `any` for a case that has none.")
    modes: list[str] = Field(description="How it asked: `plain`, `stream`, or both.")
    result: str = Field(description="`pass`, `fail`, or `declared`: it does not apply, for a known reason.")
    words: str = Field(description="What was noticed, what is wrong, or the reason.")
    evidence: str | None
    seconds: float
    requests: int


class RunAnswer(BaseModel):
    id: str
    state: RunState
    provider: str
    account_id: str | None
    account_label: str | None = Field(
        description="What people call the account now; null: none was named, or it is gone."
    )
    model: str | None
    dialects: list[str] = Field(description="Empty: both.")
    cases: list[str] = Field(description="Empty: every one.")
    by: str = Field(description="Who began it.")
    created_at: Moment
    finished_at: Moment | None
    total: int = Field(description="Results there will be.")
    requests: int = Field(description="At most.")
    done: int
    counts: dict[str, int] = Field(description="Result → number of cases.")
    problem: str | None = Field(description="Why it could not go on.")

    @classmethod
    def of(cls, run: StoredRun, labels: Mapping[str, str]) -> RunAnswer:
        return cls(**_shown(run, labels))


class RunDetail(RunAnswer):
    results: list[ResultAnswer]

    @classmethod
    def of(cls, run: StoredRun, labels: Mapping[str, str]) -> RunDetail:
        return cls(**_shown(run, labels), results=[ResultAnswer.model_validate(each) for each in run.results])


def router(service: ConformanceService) -> APIRouter:
    routes = APIRouter(prefix="/conformance", tags=["conformance"])

    @routes.get("/cases")
    async def list_conformance_cases(_: Asker) -> CaseAnswers:
        """Every case there is. One of several parts stands here with each."""
        return CaseAnswers(items=[CaseAnswer.of(each) for each in service.engine.cases()])

    @routes.post("/plan")
    async def plan_conformance(body: RunBody, _: Admin) -> PlanAnswer:
        """What a run would take. Asks no model."""
        return PlanAnswer.of(await service.plan(body.asked()))

    @routes.post("", status_code=201)
    async def start_conformance(body: RunBody, admin: Admin) -> RunAnswer:
        """Begins a run; refused while there is one at work. Its requests are real: they take places, and may cost."""
        run = await service.begin(admin, body.asked())
        return RunAnswer.of(run, await service.account_labels([run]))

    @routes.get("")
    async def list_conformance_runs(_: Asker, limit: Limit = 100, cursor: Cursor = None) -> PageOf[RunAnswer]:
        """Newest first, without their results."""
        page = await service.page(cursor, limit)
        labels = await service.account_labels(page.items)
        items = [RunAnswer.of(each, labels) for each in page.items]
        return PageOf(items=items, next_cursor=page.next_cursor)

    @routes.get("/{id}")
    async def get_conformance_run(id: RunId, _: Asker) -> RunDetail:
        """How far it is, and what came of each case so far."""
        run = await service.get(id)
        return RunDetail.of(run, await service.account_labels([run]))

    @routes.delete("/{id}", status_code=204)
    async def delete_conformance_run(id: RunId, admin: Admin) -> None:
        """Cancels the one at work, which stays in the list; any other is removed."""
        await service.remove(admin, id)

    return routes


def _shown(run: StoredRun, labels: Mapping[str, str]) -> dict[str, Any]:
    same = "id state provider account_id model requests done problem".split()
    finished: datetime | None = None if run.finished_ms is None else moment(run.finished_ms)
    return {name: getattr(run, name) for name in same} | {
        "account_label": None if run.account_id is None else labels.get(run.account_id),
        "dialects": list(run.asked.get("dialects", ())),
        "cases": list(run.asked.get("cases", ())),
        "by": run.user_name,
        "created_at": moment(run.created_ms),
        "finished_at": finished,
        "total": run.cases,
        "counts": dict(run.counts),
    }

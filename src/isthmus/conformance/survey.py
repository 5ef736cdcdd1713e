"""First contact: does the subject answer at all, in which dialects, through which lane, and who can play on order?"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from isthmus.conformance.asking import PONG
from isthmus.conformance.cast import Cast, Role, cast_for
from isthmus.conformance.client import Answer, Client, credentials
from isthmus.conformance.said import read
from isthmus.conformance.stage import Stage, Witness
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import Fault

REQUESTS: Final = 3
"""How many requests the survey makes as a rule: the model list, and one answer per dialect."""
_OTHER_LIMIT: Final = "max_completion_tokens"
_SHOWN_MODELS: Final = 8


class CannotStart(Exception):
    """The subject cannot be judged at all; says what to change."""


async def survey(
    client: Client,
    *,
    cast: Cast | None = None,
    silence_s: float = 40.0,
    witness: Witness | None = None,
) -> list[Stage]:
    """A stage per dialect the subject answers in. Raises `CannotStart`.

    `cast` overrides the scripted models that are recognised by their names.
    """
    listed = await _model_ids(client)
    cast = cast_for(listed, client.subject.model) if cast is None else cast
    model = client.subject.model or next((part.model for part in cast.parts.get(Role.TEXT, ())), None)
    if model is None:
        choice = f", such as {', '.join(listed[:_SHOWN_MODELS])}" if listed else ""
        raise CannotStart(f"say which model to ask{choice}")
    stages: list[Stage] = []
    refused: list[str] = []
    for api in client.subject.apis:
        stage = Stage(
            client, client.subject, model, api, Lane.DIRECT, cast, silence_s=silence_s, witness=witness
        )
        try:
            stages.append(await _met(stage))
        except Fault as fault:
            refused.append(f"{api}: {fault.why}: {fault.evidence}")
    if not stages or (refused and not client.subject.direct):
        raise CannotStart(f"{model} at {client.subject.versioned} gives no answer ({'; '.join(refused)})")
    return stages


async def _model_ids(client: Client) -> list[str]:
    """Names listed; none when there is no list."""
    try:
        answer = await client.send("GET", "models", headers=credentials(None, client.subject.key))
    except Fault as fault:
        raise CannotStart(f"nobody answers at {client.subject.versioned}: {fault.evidence}") from None
    if answer.status != 200:
        return []
    match answer.json():
        case {"data": list(rows)}:
            return [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
        case _:
            return []


async def _met(stage: Stage) -> Stage:
    answer = await stage.post(stage.body(PONG, stage.real))
    if stage.api is Api.CHAT and answer.status == 400 and _OTHER_LIMIT in answer.shown:
        stage = replace(stage, limit_field=_OTHER_LIMIT)
        answer = await stage.post(stage.body(PONG, stage.real))
    if answer.status != 200:
        raise Fault(f"status {answer.status}", answer.shown)
    said = read(stage.api, answer)
    return stage if stage.subject.direct else replace(stage, lane=_lane(answer, said.id))


def _lane(answer: Answer, id: str) -> Lane:
    """A translated answer is named after the gateway's own request id; one that was passed on brings its own name."""
    own = answer.headers.get("request-id", "").rpartition("_")[2]
    return Lane.TRANSLATED if own and id.endswith(own) else Lane.RAW

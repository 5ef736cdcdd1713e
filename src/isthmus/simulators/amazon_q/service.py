"""The service behind all its addresses: who asks, what for, and whether it is in order. No sockets, no clock of its own."""

from __future__ import annotations

import hashlib
import random
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

from isthmus.simulators.amazon_q import control_calls, faults
from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.actor import act
from isthmus.simulators.amazon_q.answers import Answer, Json, Played, Refusal, Whole, whole
from isthmus.simulators.amazon_q.behaviours import model_called, order, perform
from isthmus.simulators.amazon_q.chat import Chat
from isthmus.simulators.amazon_q.draft import Draft, played
from isthmus.simulators.amazon_q.models import DEFAULT
from isthmus.simulators.amazon_q.people import People
from isthmus.simulators.amazon_q.request import Request
from isthmus.simulators.amazon_q.rules import check_chat, check_profile
from isthmus.simulators.amazon_q.shapes import check_shape, improper

AWS_JSON: Final = "application/x-amz-json-1.0"
MOST_ATTEMPTS: Final = 10_000
_DENIED: Final = "AccessDeniedException"

_REST: Final = {
    ("POST", "/generateAssistantResponse"): "GenerateAssistantResponse",
    ("GET", "/ListAvailableModels"): "ListAvailableModels",
    ("GET", "/List-Available-Models"): "ListAvailableModels",
    ("POST", "/ListAvailableProfiles"): "ListAvailableProfiles",
    ("POST", "/List-Available-Profiles"): "ListAvailableProfiles",
    ("GET", "/getUsageLimits"): "GetUsageLimits",
    ("POST", "/mcp"): "InvokeMCP",
}
_DOCUMENTS: Final = frozenset(("input", "json", "additionalModelRequestFields"))
_CHAT_SERVICES: Final = {"kiro": "KiroRuntimeService"}
_CONTROL_SERVICES: Final = frozenset(("AmazonCodeWhispererService", "KiroControlPlaneBearerService"))


class Service:
    def __init__(self, people: People, clock: Callable[[], float], seed: int) -> None:
        self._people = people
        self._clock = clock
        self._seed = seed
        self._attempts: OrderedDict[tuple[str, str], int] = OrderedDict()

    def answer(self, request: Request) -> Answer:
        """Raises `Refusal`."""
        aws_json = AWS_JSON in request.headers.get("content-type", "")
        request.operation = _operation(request, aws_json=aws_json)
        account = self._known(request)
        request.account = account.id
        try:
            given = self._answered(request, account, aws_json=aws_json)
        except Refusal:
            account.counts["refusals"] += 1
            raise
        account.counts["calls"] += request.operation == "GenerateAssistantResponse"
        return given

    def _known(self, request: Request) -> Account:
        """Whose token it is, in a region where it counts."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if request.headers.get("tokentype", "").upper() == "API_KEY":
            account = self._people.of_api_key(token)
            if account is None:
                raise Refusal(
                    "The API key is not valid.", status=401, name="UnauthorizedException", rule="api-key"
                )
        else:
            account = self._people.of_access_token(token) if scheme == "Bearer" else None
            if account is not None and (account.kind == "external_idp") != (
                request.headers.get("tokentype", "").upper() == "EXTERNAL_IDP"
            ):
                account = None
        region = request.place.region
        if account is None or (
            region and region != account.api_region and request.operation != "ListAvailableProfiles"
        ):
            raise Refusal(faults.BAD_TOKEN, status=403, name=_DENIED, rule="token")
        return account

    def _answered(self, request: Request, account: Account, *, aws_json: bool) -> Answer:
        asked = self._asked(request, aws_json=aws_json)
        fault = _fault_of(account, request.operation)
        if (struck := faults.strike(fault)) is not None:
            return struck
        match request.operation:
            case "GenerateAssistantResponse":
                return self._chat(request, account, asked, fault, aws_json=aws_json)
            case "ListAvailableModels":
                return control_calls.models(account, asked)
            case "ListAvailableProfiles":
                return control_calls.profiles(account, asked, request.place.region)
            case "GetUsageLimits":
                return control_calls.limits(account, asked, self._clock())
            case _:
                return control_calls.search(asked)

    def _asked(self, request: Request, *, aws_json: bool) -> Json:
        if request.method == "GET" and not aws_json:
            names = ("origin", "profileArn", "maxResults", "nextToken", "resourceType", "isEmailRequired")
            return {name: value for name in names if (value := request.asked(name)) is not None}
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind not in {"application/json", AWS_JSON}:
            raise Refusal(
                "The content type is not supported.",
                status=415,
                name="UnsupportedMediaTypeException",
                rule="media-type",
            )
        if not isinstance(request.json, dict):
            raise improper("json", "the body is no JSON object", "REQUEST_BODY_INVALID_JSON")
        return request.json

    # chat ------------------------------------------------------------------------------------------

    def _chat(self, request: Request, account: Account, body: Json, fault: str, *, aws_json: bool) -> Answer:
        """`fault`: what the account's answers suffer from, by the name of a behaviour."""
        check_shape("request", body)
        self._check_family(request, account, body.get("profileArn"))
        chat = self._read(request, account, body, aws_json=aws_json)
        check_chat(chat, len(request.body))
        now = self._clock()
        if account.quota.spent(now):
            raise faults.refusal("monthly")
        draft = Draft(chat, random.Random(f"{self._seed} {request.number}"), self._attempt(chat))  # noqa: S311
        perform(draft)
        act(draft)
        if fault:
            name, _, argument = fault.partition(" ")
            order(draft, name, argument)
        answer = played(draft)
        if isinstance(answer, Played):
            account.quota.take(draft.credits, now)
        return answer

    def _check_family(self, request: Request, account: Account, arn: object) -> None:
        check_profile(arn)
        family = request.place.family
        if arn is None and (family == "kiro" or account.kind == "idc"):
            raise faults.refusal("no-profile")
        if family not in account.families:
            raise faults.refusal("subscription")
        if arn is not None and arn not in (account.profile_arn, *account.more_profiles):
            raise Refusal(
                "User is not authorized to make this call.", status=403, name=_DENIED, rule="profile-foreign"
            )

    def _read(self, request: Request, account: Account, body: Json, *, aws_json: bool) -> Chat:
        current = body["conversationState"]["currentMessage"].get("userInputMessage")
        if current is None:
            raise improper("current-message", "it is not the user's")
        model = model_called(current.get("modelId") or DEFAULT)
        lists = {each.id for each in control_calls.models_of(account)} - account.lacks
        if model is None or (model.id not in lists and not model.id.startswith("sim-")):
            raise faults.refusal("model-id")
        return Chat(_without_nulls(body), model, request.place.family, aws_json, account.id, request.number)

    def _attempt(self, chat: Chat) -> int:
        """How often this was asked of this model by now, whoever asked."""
        key = (chat.model.id, hashlib.sha256(chat.current["content"].encode("utf-8", "replace")).hexdigest())
        self._attempts[key] = self._attempts.get(key, 0) + 1
        while len(self._attempts) > MOST_ATTEMPTS:
            self._attempts.popitem(last=False)
        return self._attempts[key]

    def forget_attempts(self) -> None:
        self._attempts.clear()


def _operation(request: Request, *, aws_json: bool) -> str:
    """By method and path, or in AWS JSON by the target."""
    operation = _target(request) if aws_json else _REST.get((request.method, request.place.path))
    if operation is None:
        raise Refusal(
            f"There is no operation at {request.place.path}.", status=404, name="UnknownOperationException"
        )
    return operation


def _target(request: Request) -> str | None:
    service, _, operation = request.headers.get("x-amz-target", "").partition(".")
    streaming = _CHAT_SERVICES.get(request.place.family, "AmazonCodeWhispererStreamingService")
    services = {streaming} if operation in {"GenerateAssistantResponse", "InvokeMCP"} else _CONTROL_SERVICES
    known = operation in _REST.values() and service in services
    return operation if known and (request.method, request.place.path) == ("POST", "/") else None


def _fault_of(account: Account, operation: str) -> str:
    """Those of control calls are apart, except where an account is shut out of everything."""
    if operation == "GenerateAssistantResponse":
        return account.next_fault()
    return account.fault if account.fault in faults.EVERYWHERE else account.control_fault


def _without_nulls(value: Any) -> Any:
    """Null members are the same as none, except within documents of the client's own."""
    if isinstance(value, dict):
        return {
            name: each if name in _DOCUMENTS else _without_nulls(each)
            for name, each in value.items()
            if each is not None
        }
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def refused(refusal: Refusal, request: Request) -> Whole:
    """An error as the service writes it: the name in a header, and in AWS JSON also in the body."""
    request.rule = refusal.rule
    body: Json = {"message": refusal.message, "reason": refusal.reason}
    if AWS_JSON in request.headers.get("content-type", ""):
        body["__type"] = f"com.amazon.aws.codewhisperer#{refusal.name}"
    # With a tail, as it may come: readers have to strip it.
    named = f"{refusal.name}:http://internal.amazon.com/coral/com.amazon.aws.codewhisperer/"
    headers: Mapping[str, str] = {"x-amzn-errortype": named, **refusal.headers}
    return whole(body, refusal.status, headers)

"""The Messages API on a loopback port, as strict as the real one.

    async with AnthropicApi() as api:
        ... api.base_url, api.key, api.requests, api.disconnects

Models are rows of `anthropic_models.CARDS`; behaviour is chosen by `[[sim: …]]` markers in the last user turn
(`anthropic_behaviours.MARKERS`).
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qs, unquote

from .answers import Answer, Json, Played, Refusal, Whole, whole_json
from .anthropic_behaviours import STATUS_ERROR, answer_messages, drafted, error_body, last_text
from .anthropic_blocks import MessagesRequest
from .anthropic_models import CARDS, Card, card_named, model_info
from .anthropic_rules import VERSIONS, check_messages, prompt_tokens
from .service import RecordedRequest, Simulator, command_line, serve


class AnthropicApi(Simulator):
    """`keys` are accepted as `x-api-key` or as Bearer token; with both given, one that is right is enough."""

    def __init__(self, *, keys: Collection[str] = ("sk-ant-sim",), port: int = 0, keep: int = 10_000) -> None:
        super().__init__(port=port, keep=keep)
        self.keys = frozenset(keys)
        self._answers = 0

    @property
    def key(self) -> str:
        return min(self.keys, default="")

    def too_large(self) -> Whole:
        return self._refused(Refusal("Request exceeds the maximum size", status=413))

    def answer(self, request: RecordedRequest) -> Answer:
        self._answers += 1
        try:
            self._authenticate(request)
            return self._with_headers(self._route(request))
        except Refusal as refusal:
            return self._refused(refusal)

    @property
    def _request_id(self) -> str:
        return f"req_sim{self._answers:08d}"

    def _with_headers(self, answer: Answer) -> Answer:
        """The headers of the real API, which a gateway must not pass on as its own."""
        if not isinstance(answer, Whole | Played):
            return answer
        headers = {
            "request-id": self._request_id,
            "anthropic-organization-id": "org-sim",
            "cf-ray": "sim-FRA",
        }
        headers |= {"anthropic-ratelimit-requests-limit": "4000", **answer.headers}
        if isinstance(answer, Played):
            return Played(answer.steps, answer.content_type, headers)
        return Whole(answer.body, answer.status, answer.content_type, headers, answer.after_s)

    def _refused(self, refusal: Refusal) -> Whole:
        kind = refusal.kind or STATUS_ERROR.get(refusal.status, "invalid_request_error")
        body = error_body(kind, refusal.message, self._request_id)
        return whole_json(body, refusal.status, {"request-id": self._request_id})

    def _authenticate(self, request: RecordedRequest) -> None:
        if not self.keys:
            return
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = {request.headers.get("x-api-key"), bearer if scheme == "Bearer" else None} - {None}
        if not given:
            raise Refusal("x-api-key header is required", status=401)
        if not given & self.keys:
            raise Refusal(
                "invalid x-api-key" if "x-api-key" in request.headers else "Invalid bearer token", status=401
            )

    def _route(self, request: RecordedRequest) -> Answer:
        version = request.headers.get("anthropic-version")
        if version is None:
            raise Refusal("anthropic-version: header is required")
        if version not in VERSIONS:
            raise Refusal(f'anthropic-version: "{version}" is not a valid version')
        match request.method, request.path:
            case "POST", "/v1/messages":
                return self._messages(request, version)
            case "POST", "/v1/messages/count_tokens":
                return self._count(request, version)
            case "GET", "/v1/models":
                return _models(request)
            case "GET", path if path.startswith("/v1/models/"):
                return whole_json(model_info(_card(unquote(path.removeprefix("/v1/models/")))))
            case _:
                raise Refusal("Not Found", status=404)

    def _messages(self, request: RecordedRequest, version: str) -> Answer:
        parsed = _checked(request, version, counting=False)
        attempt = self.attempt(last_text(parsed))
        return answer_messages(drafted(parsed, self._answers, attempt))

    def _count(self, request: RecordedRequest, version: str) -> Answer:
        return whole_json({"input_tokens": prompt_tokens(_checked(request, version, counting=True))})


def _checked(request: RecordedRequest, version: str, *, counting: bool) -> MessagesRequest:
    if not isinstance(request.json, dict):
        raise Refusal("The request body is not valid JSON")
    body: Json = request.json
    if not isinstance(body.get("model"), str):
        raise Refusal("model: Field required")
    betas = request.headers.get("anthropic-beta", "").replace(" ", "").split(",")
    parsed = MessagesRequest(body, _card(body["model"]), version, frozenset(betas) - {""}, counting)
    check_messages(parsed)
    return parsed


def _card(name: str) -> Card:
    card = card_named(name)
    if card is None:
        raise Refusal(f"model: {name}", status=404)
    return card


def _models(request: RecordedRequest) -> Answer:
    query = parse_qs(request.query)
    ids = list(CARDS)[::-1]
    if "after_id" in query:
        ids = ids[ids.index(query["after_id"][0]) + 1 :]
    if "before_id" in query:
        ids = ids[: ids.index(query["before_id"][0])]
    page = ids[: int(query.get("limit", ["20"])[0])]
    ends = {"first_id": page[0] if page else None, "last_id": page[-1] if page else None}
    rows = [model_info(CARDS[each]) for each in page]
    return whole_json({"data": rows, "has_more": len(page) < len(ids), **ends})


def main() -> None:
    options = command_line(__doc__).parse_args()
    keys = [key for key in options.key or ["sk-ant-sim"] if key]
    serve(AnthropicApi(keys=keys, port=options.port))


if __name__ == "__main__":
    main()

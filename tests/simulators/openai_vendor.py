"""A strict OpenAI-compatible vendor on a loopback port.

    async with OpenAIVendor(profile="mistral", aliases={"Qwen/Qwen2.5-14B-Instruct": "sim-text"}) as vendor: ...

The model name chooses the behaviour (`openai_models.MODELS` and PATTERNS), the profile the strictness
(`openai_profiles.PROFILES`). It records requests and disconnects as every Simulator does.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Collection, Mapping

from .answers import Answer, Json, Played, Refusal, Whole, dumps, measured_tokens, names, pieces, whole_json
from .openai_behaviours import TEXT, Ask, Model, answer_chat
from .openai_models import MODELS, model_named
from .openai_profiles import PROFILES, Profile, profile_named
from .openai_rules import ChatRequest, check_chat
from .service import RecordedRequest, Simulator, command_line, serve

COMPLETION_FIELDS = names("""
    model prompt max_tokens temperature top_p n stream stream_options stop user seed presence_penalty
    frequency_penalty logit_bias logprobs echo suffix best_of""")
EMBEDDING_FIELDS = names("model input encoding_format dimensions user")


class OpenAIVendor(Simulator):
    """`keys` are the accepted Bearer tokens (empty: none needed); `aliases` gives vendor names to behaviours."""

    def __init__(
        self,
        profile: str | Profile = "openai",
        *,
        keys: Collection[str] = ("sk-sim",),
        aliases: Mapping[str, str] | None = None,
        allow_fields: Collection[str] = (),
        window: int = 131_072,
        output_limit: int = 131_072,
        vision: bool | None = None,
        port: int = 0,
        keep: int = 10_000,
    ) -> None:
        super().__init__(port=port, keep=keep)
        self.profile = profile_named(profile)
        self.keys = frozenset(keys)
        self.aliases = dict(aliases or {})
        self._allow_fields = frozenset(allow_fields)
        self._window = window
        self._output_limit = output_limit
        self._vision = self.profile.vision if vision is None else vision
        self._answers = 0

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    @property
    def key(self) -> str:
        return min(self.keys, default="")

    def too_large(self) -> Whole:
        return self._refused(Refusal("Request body too large.", status=413))

    def answer(self, request: RecordedRequest) -> Answer:
        try:
            self._authenticate(request)
            return self._route(request)
        except Refusal as refusal:
            return self._refused(refusal)

    def _refused(self, refusal: Refusal) -> Whole:
        return whole_json(
            self.profile.error_body(refusal), refusal.status, {"x-request-id": f"req-sim-{self._answers}"}
        )

    def _authenticate(self, request: RecordedRequest) -> None:
        if not self.keys:
            return
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            text = (
                "You didn't provide an API key. You need to provide your API key in an Authorization header."
            )
            raise Refusal(text, status=401)
        if key not in self.keys:
            raise Refusal("Incorrect API key provided.", status=401, code="invalid_api_key")

    def _route(self, request: RecordedRequest) -> Answer:
        routes = {
            ("POST", "/v1/chat/completions"): self._chat,
            ("POST", "/v1/completions"): self._completion,
            ("POST", "/v1/embeddings"): self._embeddings,
            ("GET", "/v1/models"): self._models,
        }
        route = routes.get((request.method, request.path))
        if route is not None:
            return route(request)
        if request.method == "GET" and request.path.startswith("/v1/models/"):
            return self._one_model(request.path.removeprefix("/v1/models/"))
        raise Refusal(f"Invalid URL ({request.method} {request.path})", status=404)

    def _chat(self, request: RecordedRequest) -> Answer:
        body = _object(request)
        name, model = self._model(body)
        check_chat(
            ChatRequest(
                body,
                self.profile,
                vision=self._vision and model.vision,
                window=model.window or self._window,
                output_limit=model.output_limit or self._output_limit,
                extra_fields=self._allow_fields,
            )
        )
        self._answers += 1
        return answer_chat(model, Ask(body, self.profile, name, self.attempt(name), self._answers))

    def _model(self, body: Json) -> tuple[str, Model]:
        asked = body.get("model")
        if not isinstance(asked, str) or not asked:
            raise Refusal("you must provide a model parameter")
        name = self.aliases.get(asked, asked)
        model = model_named(name)
        if model is None:
            text = f"The model `{asked}` does not exist or you do not have access to it."
            raise Refusal(text, status=404, code="model_not_found")
        return name, model

    def _completion(self, request: RecordedRequest) -> Answer:
        body = _object(request)
        _only(body, COMPLETION_FIELDS | self._allow_fields)
        self._model(body)
        if not isinstance(body.get("prompt"), str | list):
            raise Refusal("Missing required parameter: 'prompt'.", param="prompt")
        self._answers += 1
        head = {"id": f"cmpl-sim{self._answers:08d}", "object": "text_completion", "created": 1_780_000_000}
        usage = {"prompt_tokens": 4, "completion_tokens": 11, "total_tokens": 15}
        if not body.get("stream"):
            choice = {"index": 0, "text": TEXT, "logprobs": None, "finish_reason": "stop"}
            return whole_json(head | {"model": body["model"], "choices": [choice], "usage": usage})
        return Played(_completion_frames(head | {"model": body["model"]}))

    def _embeddings(self, request: RecordedRequest) -> Answer:
        body = _object(request)
        _only(body, EMBEDDING_FIELDS | self._allow_fields)
        self._model(body)
        given = body.get("input")
        texts = given if isinstance(given, list) else [given]
        if not texts or not all(isinstance(text, str) and text for text in texts):
            raise Refusal("'input' cannot be an empty string. Please see the API reference.", param="input")
        size, as_base64 = body.get("dimensions", 8), body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": n, "embedding": _vector(text, size, as_base64)}
            for n, text in enumerate(texts)
        ]
        tokens = measured_tokens(texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return whole_json({"object": "list", "data": data, "model": body["model"], "usage": usage})

    def _models(self, _: RecordedRequest) -> Answer:
        return whole_json({"object": "list", "data": [_model_row(name) for name in [*self.aliases, *MODELS]]})

    def _one_model(self, name: str) -> Answer:
        self._model({"model": name})
        return whole_json(_model_row(name))


def _object(request: RecordedRequest) -> Json:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refusal("Unsupported content type: send application/json.", status=415)
    if not isinstance(request.json, dict):
        raise Refusal("We could not parse the JSON body of your request.")
    body: Json = request.json
    return body


def _only(body: Json, fields: Collection[str]) -> None:
    for name in body:
        if name not in fields:
            raise Refusal(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")


def _completion_frames(head: Json) -> list[bytes]:
    rows: list[Json] = [
        {"index": 0, "text": piece, "logprobs": None, "finish_reason": None} for piece in pieces(TEXT)
    ]
    rows.append({"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"})
    return [b"data: " + dumps(head | {"choices": [row]}) + b"\n\n" for row in rows] + [b"data: [DONE]\n\n"]


def _vector(text: str, size: int, as_base64: bool) -> list[float] | str:
    """The same text always has the same vector."""
    digest = hashlib.shake_256(text.encode()).digest(size)
    numbers = [byte / 255 for byte in digest]
    return base64.b64encode(struct.pack(f"<{size}f", *numbers)).decode() if as_base64 else numbers


def _model_row(name: str) -> Json:
    return {"id": name, "object": "model", "created": 1_780_000_000, "owned_by": "sim"}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="openai")
    parser.add_argument(
        "--alias", action="append", default=[], metavar="NAME=SIM", help="a vendor's name for a model"
    )
    options = parser.parse_args()
    keys = [key for key in options.key or ["sk-sim"] if key]
    aliases = dict(alias.rsplit("=", 1) for alias in options.alias)
    serve(OpenAIVendor(options.profile, keys=keys, aliases=aliases, port=options.port))


if __name__ == "__main__":
    main()

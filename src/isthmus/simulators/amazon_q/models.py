"""The models that the simulated service has, as ListAvailableModels describes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from isthmus.simulators.amazon_q.answers import Json

_EFFORTS: Final = ("low", "medium", "high", "max")
_MORE_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
_CLAUDE: Final = "claude-"


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    window: int
    rate: float = 1.0
    inputs: tuple[str, ...] = ("TEXT", "IMAGE")
    efforts: tuple[str, ...] = ()
    """Of Claude's own control; empty: the model takes no additional fields."""
    reasoning: tuple[str, ...] = ()
    """The same in the form of GPT models."""
    caches: bool = False
    description: str = ""

    @property
    def family(self) -> str:
        """`claude`, or what else its name begins with."""
        return self.id.partition("-")[0]

    @property
    def fields_schema(self) -> Json | None:
        if self.efforts:
            effort = {
                "type": "object",
                "properties": {"effort": _choice(self.efforts)},
                "additionalProperties": False,
            }
            thinking = {
                "type": "object",
                "properties": {
                    "type": _choice(("adaptive", "disabled")),
                    "display": _choice(("summarized", "omitted")),
                },
                "required": ["type"],
                "additionalProperties": False,
            }
            limit = {"type": "integer", "minimum": 1024, "maximum": 64_000}
            return _object({"thinking": thinking, "output_config": effort, "max_tokens": limit})
        if self.reasoning:
            return _object({"reasoning": _object({"effort": _choice(self.reasoning)})})
        return None

    def shown(self) -> Json:
        made: Json = {
            "modelId": self.id,
            "modelName": self.id.replace("-", " ").title(),
            "rateMultiplier": self.rate,
            "rateUnit": "credit",
            "tokenLimits": {"maxInputTokens": self.window, "maxOutputTokens": 64_000},
            "supportedInputTypes": list(self.inputs),
        }
        if self.description:
            made["description"] = self.description
        if self.caches:
            made["promptCaching"] = {
                "supportsPromptCaching": True,
                "minimumTokensPerCacheCheckpoint": 1024,
                "maximumCacheCheckpointsPerRequest": 4,
            }
        if self.fields_schema is not None:
            made["additionalModelRequestFieldsSchema"] = self.fields_schema
        return made


def _choice(words: Sequence[str]) -> Json:
    return {"type": "string", "enum": list(words)}


def _object(properties: dict[str, Any]) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_SMALL: Final = 200_000
_LARGE: Final = 1_000_000
MODELS: Final = {
    model.id: model
    for model in (
        Model("auto", _SMALL, description="Chooses a model by the task"),
        Model("claude-sonnet-4.5", _SMALL, 1.3, efforts=_EFFORTS, caches=True),
        Model("claude-sonnet-4", _SMALL, 1.3),
        Model("claude-haiku-4.5", _SMALL, 0.4, caches=True),
        Model("claude-opus-4.5", _SMALL, 2.2, efforts=_EFFORTS, caches=True),
        Model("claude-opus-4.6", _LARGE, 2.2, efforts=_EFFORTS, caches=True),
        Model("claude-sonnet-4.6", _LARGE, 1.3, efforts=_EFFORTS, caches=True),
        Model("claude-sonnet-5", _LARGE, 1.3, efforts=_MORE_EFFORTS, caches=True),
        Model("claude-opus-5", _LARGE, 2.4, ("TEXT", "IMAGE", "DOCUMENT"), _MORE_EFFORTS, caches=True),
        Model("deepseek-3.2", 128_000, 0.25, inputs=("TEXT",)),
        Model("glm-5", _SMALL, 0.5, inputs=("TEXT",)),
        Model("gpt-5.6-sol", 272_000, 1.4, reasoning=("none", "low", "medium", "high")),
    )
}
DEFAULT: Final = "auto"


def offered(*, everything: bool) -> list[Model]:
    """To an account with a profile everything; without one, Claude alone."""
    return [
        model
        for model in MODELS.values()
        if everything or model.id == DEFAULT or model.id.startswith(_CLAUDE)
    ]

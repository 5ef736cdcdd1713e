"""Settings of conversations that outgrow their model: for all providers, and for one that differs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from isthmus.config.fields import Count, Seconds, Section, Text

CompressionMethod = Literal["off", "clip", "drop", "summarise"]
Share = Annotated[float, Field(gt=0, le=1)]
Turns = Annotated[Count, Field(le=1000)]
ClipChars = Annotated[int, Field(ge=200, le=1_000_000)]
ThresholdTokens = Annotated[int, Field(ge=1000)]


class CompressionSettings(Section):
    """What is done with a conversation that no longer fits its model (docs/compression.md)."""

    method: CompressionMethod = Field(
        default="off",
        description="`off`: the client gets the overflow error and compacts by itself; `clip` shortens old tool results, `drop` "
        "leaves out the oldest turns, `summarise` puts a summary in their place.",
    )
    at: Share = Field(
        default=0.9,
        description="Share of the model's context window that a prompt may fill before it is compressed.",
    )
    threshold_tokens: ThresholdTokens | None = Field(
        default=None,
        description="Compress above so many tokens even if the window has room, and also where the window is not known; unset: by "
        "the window alone.",
    )
    keep_turns: Turns = Field(
        default=4, description="Newest messages of the user, tool results included, that are never touched."
    )
    clip_to_chars: ClipChars = Field(
        default=2000, description="Characters that are left of a clipped tool result."
    )
    model: Text | None = Field(
        default=None,
        description="Who writes summaries: `provider/model`, `model` or an alias; unset: the model that was asked, at its provider.",
    )
    timeout_s: Annotated[Seconds, Field(le=600)] = Field(
        default=60.0,
        description="How long a summary may take; without one in time the oldest turns are dropped.",
    )


class ProviderCompressionSettings(Section):
    """Compression for this provider, where it differs from `compression`."""

    method: CompressionMethod | None = Field(default=None, description="Unset: as `compression.method`.")
    at: Share | None = Field(default=None, description="Unset: as `compression.at`.")
    threshold_tokens: ThresholdTokens | None = Field(
        default=None, description="Unset: as `compression.threshold_tokens`."
    )
    keep_turns: Turns | None = Field(default=None, description="Unset: as `compression.keep_turns`.")
    clip_to_chars: ClipChars | None = Field(
        default=None, description="Unset: as `compression.clip_to_chars`."
    )
    model: Text | None = Field(default=None, description="Unset: as `compression.model`.")
    timeout_s: Annotated[Seconds, Field(le=600)] | None = Field(
        default=None, description="Unset: as `compression.timeout_s`."
    )

    def over(self, general: CompressionSettings) -> CompressionSettings:
        """The general settings, with what is said here in their place."""
        said = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return general.model_copy(update=said)

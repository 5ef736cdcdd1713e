"""The list of models."""

from isthmus.simulators.amazon_q.models import MODELS, offered


def test_without_a_profile_there_is_claude_alone() -> None:
    assert {model.family for model in offered(everything=False)} == {"auto", "claude"}
    assert {model.family for model in offered(everything=True)} > {"auto", "claude"}


def test_a_model_is_described_with_what_it_takes() -> None:
    shown = MODELS["claude-opus-5"].shown()
    assert shown["tokenLimits"] == {"maxInputTokens": 1_000_000, "maxOutputTokens": 64_000}
    effort = shown["additionalModelRequestFieldsSchema"]["properties"]["output_config"]["properties"][
        "effort"
    ]
    assert "xhigh" in effort["enum"]
    assert shown["promptCaching"]["supportsPromptCaching"]
    gpt = MODELS["gpt-5.6-sol"].shown()["additionalModelRequestFieldsSchema"]
    assert list(gpt["properties"]) == ["reasoning"]
    plain = MODELS["glm-5"].shown()
    assert "additionalModelRequestFieldsSchema" not in plain
    assert plain["supportedInputTypes"] == ["TEXT"]

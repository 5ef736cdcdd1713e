from __future__ import annotations

import base64

import pytest

from isthmus.core.conversation import (
    Block,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    Text,
    Thinking,
    ToolReference,
    ToolResult,
    VendorFile,
)
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Policy
from isthmus.shaping.content import fit_content
from talk import talk, target, user

PNG = Image(InlineData("image/png", "iVBORw0KGgo="))
PDF = Document(InlineData("application/pdf", "JVBERi0="), title="a.pdf")
SEARCH = Foreign("anthropic", "server_tool_use", "{}", "searched for x")
SEALED = Opaque("anthropic", "redacted_thinking", "x")


def fitted(*blocks: Block, **abilities: object) -> tuple[tuple[Block, ...], list[str]]:
    conversation, losses = fit_content(talk(user(*blocks)), target(**abilities))
    return conversation.turns[0].blocks, [str(loss) for loss in losses]


def test_what_fits_is_left_alone() -> None:
    conversation = talk(user(PNG, "hi"), user(ToolResult("1", (PNG,))))
    assert fit_content(conversation, target())[0] is conversation


def test_an_image_for_a_blind_model_leaves_a_visible_gap() -> None:
    blocks, losses = fitted(PNG, vision=False)
    assert blocks == (Text("[image (image/png) removed: model-x cannot read images]"),)
    assert losses == ["image=replaced(placeholder)"]


def test_also_inside_a_tool_result() -> None:
    blocks, losses = fitted(ToolResult("1", (Text("see"), PNG)), vision=False)
    assert isinstance(blocks[0], ToolResult)
    assert [type(part) for part in blocks[0].parts] == [Text, Text]
    assert losses == ["image=replaced(placeholder)"]


@pytest.mark.parametrize(("block", "token"), [(PNG, "image_block"), (PDF, "document_block")])
def test_the_strict_policy_refuses_instead(block: Block, token: str) -> None:
    with pytest.raises(BadRequest, match=f"^capability_rejected: {token}$"):
        fit_content(talk(user(block)), target(Policy.STRICT, vision=False))


def test_a_pdf_needs_a_model_that_reads_files() -> None:
    assert fitted(PDF)[0] == (
        Text("[document 'a.pdf' (application/pdf) removed: model-x cannot read documents]"),
    )
    assert fitted(PDF, documents=True)[0] == (PDF,)


def test_a_document_of_plain_text_is_text_everywhere() -> None:
    data = base64.b64encode("Grüße".encode()).decode()
    document = Document(InlineData("text/plain", data), title="a.txt", context="a letter")
    assert fitted(document)[0] == (Text('<document title="a.txt">\na letter\nGrüße\n</document>'),)


def test_a_file_of_another_vendor_cannot_be_read_here() -> None:
    blocks, _ = fitted(Image(VendorFile("file_1")))
    assert "another vendor" in blocks[0].text  # type: ignore[union-attr]
    assert fitted(Image(RemoteUrl("https://a.example/x.png")))[1] == []


def test_a_foreign_block_speaks_through_its_summary_or_not_at_all() -> None:
    assert fitted(SEARCH) == ((Text("\nsearched for x\n"),), ["server_tool_use=converted(text)"])
    assert fitted(Foreign("anthropic", "container_upload", "{}")) == ((), ["container_upload=dropped"])
    assert fitted(SEARCH, SEALED, home="anthropic") == ((SEARCH, SEALED), [])


def test_sealed_blocks_stay_at_home() -> None:
    assert fitted(SEALED) == ((), ["redacted_thinking=dropped"])


def test_a_home_gets_back_only_the_thoughts_it_signed() -> None:
    own = Thinking("x", Opaque("anthropic", "signature", "s"))
    dropped = ["messages.thinking=dropped(not signed by anthropic)"]
    assert fitted(own, Thinking("x"), Thinking("", source="p"), home="anthropic") == ((own,), dropped)
    assert fitted(Thinking(""), home="anthropic") == ((), [])


def test_a_thought_with_nothing_in_it_is_no_loss() -> None:
    assert fitted(Thinking(""), Thinking("", source="p"), Thinking("x")) == (
        (Thinking("", source="p"), Thinking("x")),
        [],
    )


def test_a_named_tool_is_told_in_words() -> None:
    blocks, losses = fitted(ToolResult("1", (ToolReference("WebFetch"),)))
    assert blocks == (ToolResult("1", (Text("Tool loaded: WebFetch"),)),)
    assert losses == []

"""What becomes of a request's wishes at services that have no field for them: said in words, done here, or left out."""

from __future__ import annotations

from isthmus.core.conversation import Choice, Conversation, ToolChoice
from isthmus.core.losses import Action, Loss


def unheard(asked: Conversation) -> list[str]:
    """Names of what was set and has no counterpart at all; what only some clients send (`knobs`) is not among them."""
    given = {
        "temperature": asked.sampling.temperature,
        "top_p": asked.sampling.top_p,
        "top_k": asked.sampling.top_k,
        "user": asked.user or None,
        "service_tier": None if asked.service_tier == "auto" else asked.service_tier,
    }
    return [name for name, value in given.items() if value is not None]


def stops_to_read(asked: Conversation, losses: list[Loss]) -> tuple[str, ...]:
    """The stop sequences at which the answer must be cut, see `core.cutting`."""
    stop = tuple(each for each in asked.sampling.stop if each)
    if stop:
        losses.append(Loss("stop", Action.EMULATED, f"{len(stop)} by reading the answer"))
    return stop


def say_choice(choice: ToolChoice, words: list[str], losses: list[Loss]) -> None:
    """Adds to `words` the call that the client demands, if any."""
    match choice.mode:
        case Choice.ANY:
            words.append("Your next answer must call at least one of the tools.")
        case Choice.TOOL:
            words.append(f"Your next answer must call the tool {choice.name}.")
        case _:
            return
    losses.append(Loss("tool_choice", Action.EMULATED, "by instruction"))

"""OpenAI Chat Completions (`/v1/chat/completions`), legacy completions and the model list, as the gateway's clients speak them."""

from isthmus.dialects.openai_chat.completions import CompletionsDialect, completions
from isthmus.dialects.openai_chat.dialect import ChatDialect, dialect
from isthmus.dialects.openai_chat.encode import Style
from isthmus.dialects.openai_chat.lint import Problem, lint
from isthmus.dialects.openai_chat.models import model_object, models_page

__all__ = [
    "ChatDialect",
    "CompletionsDialect",
    "Problem",
    "Style",
    "completions",
    "dialect",
    "lint",
    "model_object",
    "models_page",
]

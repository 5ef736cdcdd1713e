"""Model definitions of claude2api: names, and what the models behind them can do."""

from __future__ import annotations

import json
from typing import Any, Final

from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered, one_line

_THINKING: Final = {True: ["enabled", "disabled"], False: []}


def add_models(provider: Gathered, root: Entry) -> None:
    models: dict[str, str] = {}
    capabilities: dict[str, Any] = {}
    for entry in root.each_below("modelDefinitions"):
        public = entry.text("publicId")
        upstream = entry.text("upstreamId") or public
        enabled, visible = entry.flag("enabled", words=True), entry.flag("visible", words=True)
        thinks, tier = entry.flag("supportsThinking", words=True), entry.text("tier")
        _report_rest(entry)
        if not public or not upstream:
            entry.left_out("publicId", "a model without a name: add it under `models` of the provider")
            continue
        # The program takes a definition that is neither enabled nor visible for one that says nothing of both.
        if enabled is False and visible is True:
            entry.left_out(
                "", f"{public!r} was switched off: add it under `models` of the provider to use it"
            )
            continue
        models[public] = upstream
        if thinks is not None:
            capabilities[upstream] = {"thinking": _THINKING[thinks]}
        kept = f"{public!r} → {upstream!r} in `models` of provider {provider.type!r}"
        if visible is False and enabled is not False:
            entry.changed("", f"{kept}, and listed like the others")
        else:
            entry.carried("", kept)
        if tier:
            entry.left_out("tier", f"{tier!r}: which plan has a model is asked of claude.ai itself")
    for setting, values in (("models", models), ("capabilities", capabilities)):
        if values:
            provider.put(setting, values)


def _report_rest(entry: Entry) -> None:
    prompt, mode = entry.text("systemPromptOverride"), entry.text("promptOverrideMode")
    if prompt:
        said = f"a system prompt ({mode or 'append'}) is not put into requests unseen. It begins: "
        entry.left_out("systemPromptOverride", said + json.dumps(one_line(prompt), ensure_ascii=False))
    elif mode:
        entry.left_out("promptOverrideMode", "there is no prompt that it belongs to")
    entry.leave_out(dict.fromkeys(("displayName", "notes"), "models have no texts beside their names here"))
    entry.rest_is_unknown()

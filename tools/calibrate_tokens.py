"""Fits the token rates of `shaping/token_rates.py` to real tokenizers, and measures what is left of error.

    python -m tools.calibrate_tokens --ranks FOLDER

FOLDER is `dist/ranks` of the npm package js-tiktoken, which holds o200k_base.js and cl100k_base.js; beside it the Python
packages `tiktoken` and `ctok` are needed. None of them is a dependency of the gateway, and no network is used. Rates are
fitted to one half of the corpus (tools/token_corpus.py); the other half is the judge: its errors are printed into
docs/token-counting.md, and its texts and true counts kept in tests/shaping/token_counts.json.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from isthmus.shaping.characters import FEATURES, features
from isthmus.shaping.token_rates import CLAUDE, CLAUDE_NEW, GPT_4, OTHER
from tools.token_corpus import ROOT, Sample, samples

Count = Callable[[str], int]
RATES_FILE: Final = ROOT / "src/isthmus/shaping/token_rates.py"
COUNTS_FILE: Final = ROOT / "tests/shaping/token_counts.json"
PAGE: Final = ROOT / "docs/token-counting.md"
PRIOR: Final = 1.0
"""Tokens of what the corpus hardly contains."""
PRIOR_WEIGHT: Final = 0.002
ROUNDS: Final = 4000
COMMON: Final = frozenset({"english", "european", "chinese", "code", "json"})
"""What prompts mostly are: weighs twice."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the token rates to real tokenizers.")
    parser.add_argument("--ranks", type=Path, required=True, help="dist/ranks of the npm package js-tiktoken")
    counts = _tokenizers(parser.parse_args().ranks)
    known, judges = halves(samples())
    rates = {family: _fitted(known, count) for family, count in counts.items()}
    RATES_FILE.write_text(_with_rates(RATES_FILE.read_text("utf-8"), rates), "utf-8")
    facts = [
        {"kind": kind, "text": text, "tokens": {family: count(text) for family, count in counts.items()}}
        for kind, text in judges
    ]
    COUNTS_FILE.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf-8")
    table = "\n".join(_table(facts, rates))
    print(table)
    PAGE.write_text(_with_table(PAGE.read_text("utf-8"), table), "utf-8")


def halves(corpus: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Every other text of each kind."""
    parts: tuple[list[Sample], list[Sample]] = ([], [])
    seen: Counter[str] = Counter()
    for sample in corpus:
        parts[seen[sample.kind] % 2].append(sample)
        seen[sample.kind] += 1
    return parts


def _tokenizers(ranks: Path) -> dict[str, Count]:
    ctok: Any = import_module("ctok")

    def claude(version: str) -> Count:
        # One letter is one token: what is above it belongs to the message, not to the text.
        frame = ctok.token_count("x", version) - 1
        return lambda text: int(ctok.token_count(text, version) - frame)

    return {
        CLAUDE: claude("3.0"),
        CLAUDE_NEW: claude("4.7"),
        GPT_4: _byte_pairs(ranks / "cl100k_base.js"),
        OTHER: _byte_pairs(ranks / "o200k_base.js"),
    }


def _byte_pairs(file: Path) -> Count:
    tiktoken: Any = import_module("tiktoken")
    said = json.loads(file.read_text("utf-8").removeprefix("export default ").rstrip().removesuffix(";"))
    ranks: dict[bytes, int] = {}
    for line in said["bpe_ranks"].splitlines():
        if line:
            _, start, *tokens = line.split(" ")
            ranks |= {base64.b64decode(token): int(start) + at for at, token in enumerate(tokens)}
    encoding = tiktoken.Encoding(
        file.stem, pat_str=said["pat_str"], mergeable_ranks=ranks, special_tokens=said["special_tokens"]
    )
    return lambda text: len(encoding.encode_ordinary(text))


def _fitted(known: Sequence[Sample], count: Count) -> tuple[float, ...]:
    """Rates of zero and more with the least sum of squared relative errors; every kind of text weighs the same."""
    sizes = Counter(sample.kind for sample in known)
    rows: list[tuple[list[float], float]] = []
    for kind, text in known:
        tokens = count(text)
        weight = (2 if kind in COMMON else 1) / tokens / sizes[kind] ** 0.5
        rows.append(([each * weight for each in vector(text)], tokens * weight))
    for at in range(len(FEATURES)):
        lonely = [0.0] * len(FEATURES)
        lonely[at] = PRIOR_WEIGHT
        rows += [(lonely, PRIOR * PRIOR_WEIGHT)]
    return tuple(round(rate, 3) for rate in _least_squares(rows))


def _least_squares(rows: Sequence[tuple[list[float], float]]) -> list[float]:
    """By one unknown after the other, each kept from going below zero."""
    unknowns = range(len(FEATURES))
    gram = [[sum(row[a] * row[b] for row, _ in rows) for b in unknowns] for a in unknowns]
    aims = [sum(row[a] * wanted for row, wanted in rows) for a in unknowns]
    rates = [0.0] * len(FEATURES)
    for _ in range(ROUNDS):
        for a in unknowns:
            rest = sum(gram[a][b] * rates[b] for b in unknowns if b != a)
            rates[a] = max(0.0, (aims[a] - rest) / gram[a][a])
    return rates


def vector(text: str) -> list[float]:
    found = features(text)
    return found + [0.0] * (len(FEATURES) - len(found))


def _with_rates(source: str, rates: Mapping[str, Sequence[float]]) -> str:
    lines = ["RATES: Final[Mapping[str, tuple[float, ...]]] = {"]
    for family, each in rates.items():
        lines.append(f'    "{family}": (')
        lines += [f"        {rate},  # {name}" for name, rate in zip(FEATURES, each, strict=True)]
        lines.append("    ),")
    text = "\n".join([*lines, "}"])
    return re.sub(r"(?s)(?<=calibrate_tokens\.py\n)RATES: .*?(?=\n# end of rates)", text, source)


def _table(facts: Sequence[Mapping[str, Any]], rates: Mapping[str, Sequence[float]]) -> Iterator[str]:
    day = datetime.now(UTC).date().isoformat()
    versions = ", ".join(f"{name} {_version(name)}" for name in ("ctok", "tiktoken"))
    yield f"Measured on {day} with {versions} and the ranks of js-tiktoken. Each cell: mean / 95th percentile of the relative "
    yield "error, and bias (what is left of it with its sign)."
    yield ""
    yield "| kind of text | texts | " + " | ".join(f"`{family}`" for family in rates) + " |"
    yield "| --- | --- |" + " --- |" * len(rates)
    kinds: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for fact in facts:
        kinds[fact["kind"]].append(fact)
    for kind, those in [*kinds.items(), ("**all**", list(facts))]:
        cells = (_cell([_error(fact, family, rates[family]) for fact in those]) for family in rates)
        yield f"| {kind.replace('_', ' ')} | {len(those)} | " + " | ".join(cells) + " |"
    prompt = "".join(fact["text"] for fact in facts)
    prompt = (prompt * (200 * 1024 // len(prompt) + 1))[: 200 * 1024]
    began = time.process_time()
    for _ in range(50):
        features(prompt)
    took_ms = (time.process_time() - began) / 50 * 1000
    yield ""
    yield f"200 Ki characters of this mixture, as one text, take about {took_ms:.1f} ms of CPU."


def _version(name: str) -> str:
    return str(import_module("importlib.metadata").version(name))


def _error(fact: Mapping[str, Any], family: str, rates: Sequence[float]) -> float:
    true = fact["tokens"][family]
    estimate = sum(rate * found for rate, found in zip(rates, vector(fact["text"]), strict=True))
    return float((estimate - true) / true)


def _cell(errors: Sequence[float]) -> str:
    sizes = sorted(map(abs, errors))
    p95 = sizes[min(len(sizes) - 1, int(len(sizes) * 0.95))]
    mean, bias = sum(sizes) / len(sizes), sum(errors) / len(errors)
    return f"{mean:.0%} / {p95:.0%}, {bias:+.0%}"


def _with_table(page: str, table: str) -> str:
    begin, end = "<!-- generated: errors -->", "<!-- end: errors -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"


if __name__ == "__main__":
    main()

"""The tool itself needs tokenizers that are no dependency; its arithmetic does not."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from isthmus.shaping.characters import FEATURES
from isthmus.shaping.token_rates import RATES
from tools.calibrate_tokens import COUNTS_FILE, PAGE, _fitted, _with_table, halves, vector
from tools.token_corpus import Sample, samples


def test_rates_are_found_again_that_made_the_counts() -> None:
    truth = dict.fromkeys(FEATURES, 0.0) | {"letters": 0.2, "words": 0.5, "chinese": 0.8, "marks": 1.0}

    def count(text: str) -> int:
        return round(sum(truth[name] * found for name, found in zip(FEATURES, vector(text), strict=True)))

    known = [sample for sample in samples() if sample.kind in {"english", "chinese", "code", "json"}]
    rates = _fitted(known, count)
    for sample in known:
        estimate = sum(rate * found for rate, found in zip(rates, vector(sample.text), strict=True))
        assert estimate == pytest.approx(count(sample.text), rel=0.02)
    assert min(rates) >= 0


def test_half_of_each_kind_judges() -> None:
    corpus = samples()
    known, judges = halves(corpus)
    assert sorted([*known, *judges]) == sorted(corpus)
    assert not set(known) & set(judges)
    for kind, number in Counter(sample.kind for sample in known).items():
        assert 0 <= number - Counter(sample.kind for sample in judges)[kind] <= 1


def test_the_recorded_counts_are_of_texts_the_rates_have_not_seen() -> None:
    recorded = json.loads(COUNTS_FILE.read_text("utf-8"))
    written = {sample.text for sample in halves(samples())[0]}
    assert recorded
    assert all(each["text"] not in written for each in recorded)
    assert all(set(each["tokens"]) == set(RATES) for each in recorded)


def test_the_page_has_a_place_for_the_table() -> None:
    page = PAGE.read_text("utf-8")
    assert "| **all** |" in page
    assert "new table" in _with_table(page, "new table")
    assert _with_table(page, "new table").count("<!-- end: errors -->") == 1


def test_the_corpus_is_always_the_same() -> None:
    assert samples() == samples()
    assert all(isinstance(each, Sample) and each.text for each in samples())

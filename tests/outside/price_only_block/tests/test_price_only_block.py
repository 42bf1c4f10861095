"""The codec against chipsim's conformance suite, and its counts by hand."""

from __future__ import annotations

from typing import Any

import pytest
from price_only_block.block import PriceOnlyBlock

from chipsim.components.base import Transfer
from chipsim.testing.conformance import Subject, rules

SUBJECTS = [Subject(PriceOnlyBlock, {}), Subject(PriceOnlyBlock, {"word_bits": 39, "gated": "phase"})]


@pytest.mark.parametrize("subject", SUBJECTS, ids=["64 bits", "39 bits, gated"])
@pytest.mark.parametrize("rule", rules(PriceOnlyBlock), ids=lambda rule: rule.__name__)
def test_conformance(rule: Any, subject: Subject) -> None:
    rule(subject)


def test_values_are_packed_into_words() -> None:
    block = PriceOnlyBlock(kind="price_only_block")
    assert block.counts(Transfer("program", words=64, bits=6)) == {"word": 6}
    assert block.counts(Transfer("program", words=65, bits=6)) == {"word": 7}
    assert block.counts(Transfer("read", words=16, bits=1)) == {"word": 1}
    assert block.service_fs(Transfer("read", words=16, bits=1), 16) == 0

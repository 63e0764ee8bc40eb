from __future__ import annotations

import pytest

from pipeline.catalogue import CATALOGUE
from pipeline.nemo_catalogue import location


@pytest.mark.parametrize("known", [known for known in CATALOGUE if known.url], ids=lambda known: known.name)
def test_our_table_has_the_addresses_that_nemo_has(known) -> None:
    assert location(known.name) == known.url


def test_other_models_are_found_too() -> None:
    assert str(location("titanet_small")).endswith("/titanet-s.nemo")
    assert location("diar_sortformer_4spk-v1") == "https://huggingface.co/nvidia/diar_sortformer_4spk-v1"
    assert location("titanet_larg") is None

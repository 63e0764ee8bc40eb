from __future__ import annotations

from pipeline import catalogue
from pipeline.catalogue import CATALOGUE
from pipeline.profile import STAGES, find_profile, load_profile, profile_names
from settings import ROOT, load_settings


def test_every_model_of_the_profiles_is_known_at_its_stage() -> None:
    settings = load_settings(model_config_dir=ROOT / "conf")
    for name in set(profile_names(settings)) - {"offline"}:
        for stage, model in load_profile(find_profile(settings, name)).models.items():
            known = catalogue.find(model)
            assert known, f"{name}: {model}"
            assert known.stage == stage


def test_a_name_says_where_a_model_is_kept() -> None:
    assert len({known.name for known in CATALOGUE}) == len(CATALOGUE)
    for known in CATALOGUE:
        assert ("/" in known.name) != bool(known.url), known.name
        assert known.stage in STAGES.values()
        assert known.repository.casefold() in ("", known.name.casefold())


def test_nothing_is_known_of_other_models() -> None:
    assert catalogue.find("owner/model") is None


def test_weights_in_memory_are_about_as_large_as_the_download() -> None:
    """All of these checkpoints hold 32 bits for each weight."""
    assert all(0.6 < known.memory / known.download < 1.1 for known in CATALOGUE)

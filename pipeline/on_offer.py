"""The profiles in PROFILES: whether each can be used, as far as that shows before a request loads its models."""

from __future__ import annotations

from errors import ModelError
from pipeline.checkpoints import locate
from pipeline.profile import complete, find_profile, load_profile
from settings import Settings


def check_profiles(settings: Settings) -> None:
    """Raises ModelError for a name that has no file, for a profile that is wrong or asks for a device that is not
    there, and for one of its models that is on this machine and cannot be used. One that is not on this machine fails
    the requests for the profile alone."""
    for name in settings.further_profiles:
        profile = complete(load_profile(find_profile(settings, name)))
        files = {stage: file for stage, path in profile.models.items() if (file := locate(path, settings))}
        if not files and profile.device in ("auto", "cpu"):
            continue
        from pipeline.loading import check  # brings in torch, seconds

        try:
            check(profile, files, settings)
        except ModelError as error:
            raise ModelError(f"Profile {name}: {error.message}") from error

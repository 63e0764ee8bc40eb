"""The real models, loaded once for the whole run, the recordings they listen to, servers, and a PostgreSQL."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import soundfile
from sqlalchemy import text

from jobs.database import open_database
from pipeline.types import Audio
from settings import ROOT, Settings, load_settings
from tests.media import SAMPLE
from tests.postgres import find_postgres, postgres
from tests.web.conftest import LiveServer, served

if TYPE_CHECKING:
    from nemo_processor import NeMoProcessor
    from pipeline.loading import Models
    from tests.mute import Mute

# Tests talk to servers on this machine alone; a proxy of the environment would stand between them.
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
# What NeMo once downloaded on this machine is no part of a test.
os.environ["NEMO_CACHE_DIR"] = os.devnull

# No time limits: a busy machine is no fault. The same examples in every run: neither is a new clone.
hypothesis.settings.register_profile(
    "tests", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _levels_of_loggers() -> Iterator[None]:
    """A command line that runs inside a test sets them for the whole process."""
    loggers = [logging.getLogger(path.stem) for path in ROOT.iterdir()]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose every file lies in a folder of this run. Two lanes on any machine: users have several too."""
    folder = tmp_path_factory.mktemp("service")
    return load_settings(
        temp_audio_dir=folder / "tmp",
        log_dir=folder / "logs",
        model_cache_dir=folder / "cache",
        profile="offline",
        cpu_threads=2,
    )


@pytest.fixture(scope="session")
def models(settings: Settings) -> Models:
    """The models of the offline profile."""
    from pipeline.loading import choose_profile, load_models

    return load_models(choose_profile(settings), settings)


@pytest.fixture(scope="session")
def processor(settings: Settings, models: Models) -> NeMoProcessor:
    """What ``load_processor`` makes of those same models."""
    import nemo_processor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nemo_processor, "load_models", lambda profile, settings, loading: models)
        return nemo_processor.load_processor(settings)


@pytest.fixture(scope="session")
def sample() -> Audio:
    """71 s, three speakers: samples/planning_meeting.flac."""
    return Audio(soundfile.read(SAMPLE, dtype="float32")[0], "planning_meeting")


@pytest.fixture(scope="session")
def asr_checkpoints() -> dict[str, Path]:
    """{"ctc", "rnnt", "tdt", "hybrid": a ``.nemo`` file that writes eight turns of the sample}: tests/checkpoints."""
    from tests.checkpoints.asr import checkpoints

    return checkpoints()


@pytest.fixture(scope="session")
def sortformer_files(sample: Audio, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny Sortformers with random weights, as .nemo files: "offline" and "streaming"."""
    from tests.checkpoints.sortformer import build

    folder = tmp_path_factory.mktemp("sortformer")
    files = {kind: folder / f"{kind}.nemo" for kind in ("offline", "streaming")}
    for kind, file in files.items():
        build(file, sample.samples, streaming=kind == "streaming")
    return files


@pytest.fixture(scope="session")
def nemotron_folder(sample: Audio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Nemotron 3 Diarization with random weights."""
    from tests.checkpoints.nemotron import build

    folder = tmp_path_factory.mktemp("nemotron") / "tiny-nemotron"
    build(folder, sample.samples)
    return folder


@pytest.fixture(scope="session")
def titanet() -> Path:
    """A ``.nemo`` file that tells the three voices of the sample apart; tests/checkpoints."""
    from tests.checkpoints import voices

    return voices.titanet()


@pytest.fixture(scope="session")
def frame_marblenet() -> Path:
    """A ``.nemo`` file: NVIDIA's MarbleNet, which judges frames."""
    from tests.checkpoints import vad

    return vad.frame_marblenet()


@pytest.fixture(scope="session")
def window_marblenet() -> Path:
    """A ``.nemo`` file: a tiny MarbleNet, which judges windows of 0.63 s."""
    from tests.checkpoints import vad

    return vad.window_marblenet()


@pytest.fixture(scope="session")
def real_audio_dir() -> Path:
    """The folder of test recordings that do not come with the project; skips the test where there is none."""
    folder = Path(os.environ.get("REAL_AUDIO_DIR") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no recordings in {folder}; name their folder in REAL_AUDIO_DIR")
    return folder


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server over fake models; nobody needs a key."""
    yield from served(LiveServer(tmp_path_factory.mktemp("live")))


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server with the models of the offline profile."""
    folder, factory = tmp_path_factory.mktemp("offline"), "nemo_processor:warm_processor"
    yield from served(LiveServer(folder, factory, model_config="offline", cpu_threads=2))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with postgres(programs) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_url: str) -> str:
    engine = open_database(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres_url


@pytest.fixture
def mute() -> Mute:
    from tests.mute import Mute

    return Mute()

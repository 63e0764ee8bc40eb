"""Every setting of the service: its name in the environment, its default and a line of help.

Read once at start: defaults < ``conf/server.yaml`` (where it exists) < ``.env`` < environment.
``.env.example`` lists them all; a test keeps it so.
"""

from __future__ import annotations

import base64
import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

ROOT = Path(__file__).resolve().parent
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
_HOST_NAME = re.compile(r"(?![\d.]+$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")  # and no IPv4 address
_SHORTEST_KEY = 24  # bytes; as the Standard Webhooks convention asks
_PROFILE_NAME = re.compile(r"\w[\w.-]*(?<!\.yaml)(?<!\.yml)")


def absolute(path: str | Path) -> Path:
    """``~`` is the home folder; a relative path lies in the project, wherever the command was given.

    Raises ValueError where nobody knows the home folder: ``~name`` of a name that the system does not have.
    """
    try:
        return ROOT / Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{Path(path).parts[0]} is no home folder on this machine") from error


class Settings(BaseSettings):
    """Frozen. A name here in capitals is the name in the environment."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env",
        yaml_file=ROOT / "conf" / "server.yaml",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        env_ignore_empty=True,
        validate_default=True,
    )

    # server
    flask_host: str = Field("127.0.0.1", description="Address to listen on.")
    flask_port: int = Field(5000, ge=0, le=65535, description="Port to listen on.")
    flask_debug: bool = Field(False, description="Serve with Flask's own server, for development.")
    web_threads: int = Field(64, ge=2, le=1024, description="Requests answered at the same time.")
    max_event_streams: int = Field(
        16,
        ge=0,
        description="Event streams open at once, each holds a thread; beyond it 503 with Retry-After.",
    )
    upload_timeout: int = Field(30, ge=1, description="Seconds without a byte after which a client is cut off.")
    shutdown_timeout: int = Field(30, ge=1, description="Seconds that running requests get to finish at a stop.")
    log_level: LogLevel = Field("INFO", description="Level of the service's own log.")
    nemo_log_level: LogLevel = Field("ERROR", description="Level of NeMo's own log.")
    log_format: Literal["text", "json"] = Field("text", description="Lines of the log: text, or a JSON object each.")
    log_dir: Path = Field(Path("logs"), description="Folder of diarization_api.log.")

    # access
    allow_anonymous: bool = Field(
        False,
        description="Serve callers without an API key although there are keys, or FLASK_HOST is no loopback address.",
    )
    rate_limit: int = Field(600, ge=0, description="Requests a minute of one API key or one address; 0: any number.")
    max_pending_per_key: int = Field(
        16, ge=0, description="Jobs of one API key that have not ended; beyond it 429. 0: any number."
    )
    max_uploads_per_key: int = Field(
        32, ge=1, description="Uploads of one API key that wait for a transcript to be asked for; beyond it 429."
    )
    trusted_proxies: int = Field(
        0, ge=0, le=8, description="Proxies in front whose X-Forwarded-For and X-Forwarded-Proto are believed."
    )
    allowed_hosts: str = Field(
        "",
        description="Names, by commas, that callers without a key may use for a loopback FLASK_HOST, beside its own.",
    )
    cors_origins: str = Field(
        "", description="Origins whose pages may call the service, by commas, as in https://example.org; or *."
    )

    # models
    model_config_dir: Path = Field(Path("conf"), description="Folder of the profiles.")
    profile: str = Field(
        "auto",
        alias="MODEL_CONFIG",
        description="Profile: auto, a name in MODEL_CONFIG_DIR or a path, from the project's folder on.",
    )
    profiles: str = Field("", description="Further profiles that requests may name, by commas; MODEL_CONFIG's always.")
    max_loaded_profiles: int = Field(1, ge=1, description="Profiles whose models are kept in memory at a time.")
    model_cache_dir: Path = Field(
        Path.home() / ".cache" / "nemo-diarization",
        description="Folder of model files: what `cli.py models pull` fetches, or a bundle.",
    )
    cpu_threads: int = Field(0, ge=0, description="CPU cores that the models use; 0: all of them.")

    # audio in
    temp_audio_dir: Path = Field(Path("tmp_audio"), description="Folder of the jobs' audio; emptied of leftovers.")
    ffmpeg_bin: str = Field("", description="ffmpeg to use; empty: from PATH, else the one of imageio-ffmpeg.")
    max_upload_mb: int = Field(2048, ge=1, description="Largest upload in MiB; beyond it 413.")
    max_audio_minutes: float = Field(600, gt=0, description="Longest recording in minutes.")
    ffmpeg_timeout: float = Field(900, gt=0, description="Seconds that decoding one file may take.")

    # jobs
    data_dir: Path = Field(Path("data"), description="Folder of the jobs: their table, audio and results.")
    database_url: SecretStr = Field(
        SecretStr(""), description="Table of the jobs: postgresql://USER:PASSWORD@HOST/NAME; empty: SQLite in DATA_DIR."
    )
    min_free_mb: int = Field(
        512, ge=0, description="Free space in MiB, of DATA_DIR and TEMP_AUDIO_DIR, below which /readyz answers 503."
    )
    sync_timeout: float = Field(
        0, ge=0, description="Seconds after which POST /diarize answers 202 with its job; 0: it waits for the result."
    )
    retention_hours: float = Field(24, gt=0, description="Hours after its end that a job's audio and result are kept.")

    # webhooks
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Signs webhooks: whsec_ and base64, or a text; 24 bytes or more. Empty: no webhooks."
    )
    webhook_allow: str = Field("", description="Hosts and networks, by commas, that webhooks may call though private.")
    webhook_timeout: float = Field(10, gt=0, le=60, description="Seconds that a receiver has to take a webhook.")
    webhook_attempts: int = Field(12, ge=1, le=30, description="How often a webhook is sent until it is taken.")
    webhook_longest_wait: float = Field(
        3600, gt=0, description="Longest wait between two of them in seconds; the first are shorter."
    )

    # queue
    max_queue: int = Field(32, ge=1, description="Requests that may wait; beyond it 503 with Retry-After.")
    together: int = Field(
        0, ge=0, le=64, description="Short recordings processed at once; 0: as many as is faster, 1: one by one."
    )
    job_timeout: float = Field(1800, gt=0, description="Seconds without progress after which a job is given up.")
    job_attempts: int = Field(3, ge=1, le=10, description="How often a job is tried, in all, when its worker dies.")
    load_timeout: float = Field(600, gt=0, description="Seconds that loading the models of a profile may take in all.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, YamlConfigSettingsSource(settings_cls)

    @field_validator("log_dir", "model_config_dir", "model_cache_dir", "temp_audio_dir", "data_dir", mode="after")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return absolute(path)

    @field_validator("profile", mode="after")
    @classmethod
    def _absolute_if_path(cls, profile: str) -> str:
        return str(absolute(profile)) if profile.endswith((".yaml", ".yml")) else profile

    @field_validator("database_url", mode="after")
    @classmethod
    def _known_database(cls, value: SecretStr) -> SecretStr:
        if value and not value.get_secret_value().startswith(("postgresql://", "sqlite:///")):
            raise ValueError("must be postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE")
        return value

    @field_validator("cors_origins", mode="after")
    @classmethod
    def _known_origins(cls, value: str) -> str:
        if value.strip() != "*" and not all(map(_ORIGIN.fullmatch, _listed(value))):
            raise ValueError("must be *, or origins such as https://example.org or http://localhost:3000, by commas")
        return value

    @field_validator("allowed_hosts", mode="after")
    @classmethod
    def _names_or_addresses(cls, value: str) -> str:
        if not all(_HOST_NAME.fullmatch(entry) or _is_address(entry) for entry in _listed(value)):
            raise ValueError("must be host names such as audio.example.org, or addresses, without port, by commas")
        return value

    @field_validator("profiles", mode="after")
    @classmethod
    def _plain_names(cls, value: str) -> str:
        """Requests choose from these, so there is neither a path nor an address among them."""
        if any(name == "auto" or not _PROFILE_NAME.fullmatch(name) for name in _listed(value)):
            raise ValueError("must be names of profiles in MODEL_CONFIG_DIR, without folder and .yaml, apart by commas")
        return value

    @field_validator("webhook_secret", mode="after")
    @classmethod
    def _long_secret(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and len(_key(value.get_secret_value())) < _SHORTEST_KEY:
            raise ValueError(f"must be at least {_SHORTEST_KEY} bytes long, as `openssl rand -hex 24` makes them")
        return value

    @field_validator("webhook_allow", mode="after")
    @classmethod
    def _hosts_and_networks(cls, value: str) -> str:
        for entry in _listed(value):
            if _HOST_NAME.fullmatch(entry):
                continue
            try:
                ip_network(entry)
            except ValueError as error:
                raise ValueError(f"must be host names and networks, apart by commas: {error}") from None
        return value

    @model_validator(mode="after")
    def _enough_threads(self) -> Settings:
        """Each waiting request and each stream of events holds a thread; /status and refusals need some too."""
        if self.max_queue + self.max_event_streams + 4 > self.web_threads:
            raise ValueError("WEB_THREADS must be larger than MAX_QUEUE and MAX_EVENT_STREAMS together by at least 4")
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether nobody but this machine can reach FLASK_HOST."""
        try:
            return ip_address(self.flask_host).is_loopback
        except ValueError:  # a name: what it means is for others to say
            return self.flask_host == "localhost"

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The origins in CORS_ORIGINS."""
        return tuple(_listed(self.cors_origins))

    @property
    def further_hosts(self) -> tuple[str, ...]:
        """The entries of ALLOWED_HOSTS, in small letters."""
        return tuple(entry.lower().removesuffix(".") for entry in _listed(self.allowed_hosts))

    @property
    def profile_name(self) -> str:
        """MODEL_CONFIG without the folders of a path."""
        path = Path(self.profile)
        return path.stem if path.suffix in (".yaml", ".yml") else self.profile

    @property
    def further_profiles(self) -> tuple[str, ...]:
        """The names in PROFILES."""
        return tuple(dict.fromkeys(_listed(self.profiles)))

    @property
    def webhook_key(self) -> bytes:
        """What WEBHOOK_SECRET signs with; empty without it."""
        return _key(self.webhook_secret.get_secret_value())

    @property
    def webhook_allowed(self) -> tuple[str, ...]:
        """The entries of WEBHOOK_ALLOW."""
        return tuple(_listed(self.webhook_allow))

    @property
    def log_file(self) -> Path:
        return self.log_dir / "diarization_api.log"


def _listed(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _key(secret: str) -> bytes:
    """Raises ValueError."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise ValueError("must be base64 after whsec_") from None


def load_settings(**overrides: object) -> Settings:
    """The settings in force; ``overrides`` win over the environment.

    Raises SystemExit with one line for each bad value, so that a start fails with what to change.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"{str((item['loc'] or ('settings',))[0]).upper()}: {item['msg']}"
            for item in error.errors(include_input=False)
        ]
        raise SystemExit("Bad settings:\n  " + "\n  ".join(lines)) from None

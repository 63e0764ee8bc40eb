from __future__ import annotations

import re
from pathlib import Path

import pytest

from settings import ROOT, Settings, load_settings


def test_env_example_lists_every_setting_with_its_help_and_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    listed = {
        match[1]: (match[2], lines[at - 1])
        for at, line in enumerate(lines)
        if (match := re.match(r"#(\w+)=(.*)", line))
    }
    assert set(listed) == {(field.alias or name).upper() for name, field in Settings.model_fields.items()}
    for name, field in Settings.model_fields.items():
        default, help_line = listed[(field.alias or name).upper()]
        assert help_line == f"# {field.description}"
        shown = str(field.default).removesuffix(".0").replace(str(Path.home()), "~")
        assert default.lower() == shown.lower()


def test_the_environment_wins_over_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_CONFIG", "sortformer")
    monkeypatch.setenv("FLASK_PORT", "8080")
    assert (load_settings().profile, load_settings().flask_port) == ("sortformer", 8080)
    assert load_settings(flask_port=1).flask_port == 1


def test_bad_values_are_told_one_a_line_without_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_PORT", "99999")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SystemExit) as caught:
        load_settings()
    message = str(caught.value)
    assert "FLASK_PORT: " in message
    assert "LOG_LEVEL: " in message
    assert len(message.splitlines()) == 3


def test_waiting_requests_cannot_take_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_QUEUE", "100")
    with pytest.raises(SystemExit, match="WEB_THREADS must be larger"):
        load_settings()


@pytest.mark.parametrize(
    ("value", "profile"),
    [
        ("conf/x.yaml", str(ROOT / "conf" / "x.yaml")),
        ("/srv/x.yml", "/srv/x.yml"),
        ("~/x.yaml", str(Path.home() / "x.yaml")),
        ("sortformer", "sortformer"),
        ("auto", "auto"),
    ],
)
def test_a_profile_named_by_a_path_starts_at_the_project(
    value: str, profile: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODEL_CONFIG", value)
    assert load_settings().profile == profile
    assert load_settings(profile=load_settings().profile).profile == profile


def test_profiles_on_offer_are_names_apart_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().further_profiles == ()
    monkeypatch.setenv("PROFILES", " sortformer, meeting-v2.1,,sortformer ")
    assert load_settings().further_profiles == ("sortformer", "meeting-v2.1")


@pytest.mark.parametrize("name", ["/srv/x", "../x", "x.yaml", "x.yml", "https://example.org/x", "a b", ".x", "auto"])
def test_a_path_an_address_or_auto_is_no_profile_on_offer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILES", f"sortformer,{name}")
    with pytest.raises(SystemExit, match=r"PROFILES: .*must be names of profiles"):
        load_settings()


def test_relative_folders_lie_in_the_project_and_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_CACHE_DIR", "~/models")
    monkeypatch.setenv("LOG_DIR", "")
    settings = load_settings()
    assert settings.model_cache_dir == Path.home() / "models"
    assert settings.log_dir == ROOT / "logs"


@pytest.mark.parametrize(("name", "value"), [("MODEL_CONFIG", "~nobody-here/x.yaml"), ("LOG_DIR", "~nobody-here")])
def test_a_home_folder_that_nobody_has_is_a_bad_setting(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f"{name}: .*~nobody-here is no home folder on this machine$"):
        load_settings()


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("::ffff:10.0.0.1", False), ("example.org", False)],
)  # fmt: skip
def test_which_addresses_only_this_machine_reaches(host: str, own: bool) -> None:
    assert load_settings(flask_host=host).on_loopback is own


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("", b""),
        ("x" * 24, b"x" * 24),
        ("ü" * 12, "ü".encode() * 12),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", bytes.fromhex("31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0")),
    ],
)
def test_a_webhook_secret_is_text_or_base64(secret: str, key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    assert load_settings().webhook_key == key
    assert not secret or secret not in repr(load_settings())


def test_the_password_of_the_database_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:hunter2@host/name")
    assert load_settings().database_url.get_secret_value() == "postgresql://user:hunter2@host/name"
    assert "hunter2" not in repr(load_settings()) + load_settings().model_dump_json()


@pytest.mark.parametrize("secret", ["short-secret", "whsec_c2hvcnQ=", "whsec_no-base64-at-all-however-long", "whsec_"])
def test_a_webhook_secret_that_could_be_guessed_or_read_wrongly_is_refused(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    with pytest.raises(SystemExit, match=r"WEBHOOK_SECRET: .*must be (at least 24 bytes|base64)") as caught:
        load_settings()
    assert secret not in str(caught.value)


def test_hosts_and_networks_that_webhooks_may_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOW", " hooks.internal, 10.0.0.0/8,,::1, 127.0.0.1 ")
    assert load_settings().webhook_allowed == ("hooks.internal", "10.0.0.0/8", "::1", "127.0.0.1")


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "10.0.0", "999.1.1.1", "http://a/", "a:80", "*.internal", "a b", "/8"])
def test_what_is_neither_a_host_nor_a_network_is_refused(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOW", f"localhost,{entry}")
    with pytest.raises(SystemExit, match="WEBHOOK_ALLOW: "):
        load_settings()


def test_names_that_the_service_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().further_hosts == ()
    monkeypatch.setenv("ALLOWED_HOSTS", " Audio.Example.org., 192.168.1.5,,2001:db8::1 ")
    assert load_settings().further_hosts == ("audio.example.org", "192.168.1.5", "2001:db8::1")


@pytest.mark.parametrize("entry", ["*", "*.example.org", "http://a", "a:80", "a/b", "999.1.1.1", "a b"])
def test_what_is_no_name_of_a_host_is_refused(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", f"localhost,{entry}")
    with pytest.raises(SystemExit, match="ALLOWED_HOSTS: "):
        load_settings()


def test_origins_are_written_out_or_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().allowed_origins == ()
    monkeypatch.setenv("CORS_ORIGINS", "https://example.org, http://localhost:3000")
    assert load_settings().allowed_origins == ("https://example.org", "http://localhost:3000")
    monkeypatch.setenv("CORS_ORIGINS", "*")
    assert load_settings().allowed_origins == ("*",)


@pytest.mark.parametrize(
    "value", ["example.org", "https://example.org/", "https://*.example.org", "*, https://x.org", "null", ".*"]
)
def test_what_is_no_origin_is_a_bad_setting(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", value)
    with pytest.raises(SystemExit, match="CORS_ORIGINS: "):
        load_settings()

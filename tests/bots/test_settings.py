"""Settings: a wrong one is named with its value and what is allowed; the README's table is true."""

from pathlib import Path

import pytest

from bots.settings import SettingsError, load, table

README = Path(__file__).parent.parent.parent / "README.md"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with no `.env` but a test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RATING", "adult", ['RATING is "adult"', "'g', 'pg', 'teen' or 'mature'"]),
        ("ENGINE_MAX_SEQS", "many", ['ENGINE_MAX_SEQS is "many"', "integer"]),
        ("ENGINE_GPU_MEMORY", "1.5", ['ENGINE_GPU_MEMORY is "1.5"', "less than or equal to 1"]),
        ("DATABASE_URL", "mysql://x", ["DATABASE_URL", "sqlite+aiosqlite:///"]),
        ("DATABASE_URL", "sqlite+aiosqlite://", ["DATABASE_URL", "sqlite+aiosqlite:///file"]),
        ("HEALTH_PORT", "70000", ['HEALTH_PORT is "70000"', "65535"]),
        ("LOG_LEVEL", "loud", ['LOG_LEVEL is "LOUD"', "DEBUG, INFO, WARNING or ERROR"]),
        ("TURN_SECONDS", "-1", ['TURN_SECONDS is "-1"', "greater than 0"]),
    ],
)
def test_a_wrong_value_names_the_setting_the_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: list[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert all(part in str(caught.value) for part in said), str(caught.value)


def test_all_wrong_values_are_told_at_once_a_line_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATING", "adult")
    monkeypatch.setenv("HEALTH_PORT", "x")
    with pytest.raises(SettingsError) as caught:
        load()
    assert len(str(caught.value).splitlines()) == 2


def test_a_misspelt_setting_in_the_file_names_the_nearest(elsewhere: Path) -> None:
    (elsewhere / ".env").write_text("RATNG=g\n")
    with pytest.raises(SettingsError, match=r"RATNG in \.env is no setting of mine.*RATING"):
        load()


def test_no_secret_is_in_a_complaint_or_a_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ana:hunter2@host/db")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://ana:hunter2@host/db")
    monkeypatch.setenv("SECRET", "hunter2")
    assert "hunter2" not in repr(load())


def test_the_environment_goes_before_the_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / ".env").write_text("RATING=g\nLOG_LEVEL=info\n")
    monkeypatch.setenv("RATING", "pg")
    settings = load()
    assert (settings.rating, settings.log_level) == ("pg", "INFO")


def test_a_file_that_is_no_text_is_said_to_be_so(elsewhere: Path) -> None:
    (elsewhere / ".env").write_bytes(b"RATING=\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        load()


def test_a_setting_left_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATING", "")
    assert load().rating == "teen"


def test_the_table_in_the_readme_is_the_settings() -> None:
    assert table() in README.read_text("utf-8")

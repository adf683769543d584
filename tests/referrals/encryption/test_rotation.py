"""Rotation: everything under the new key, nothing lost, and a turn that can be taken up."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from referrals.encryption import LostKey, rotation
from tests.referrals.encryption.conftest import NEW, OLD, overwrite, stored
from tests.referrals.encryption.probe import MODELS, Letter, Postcard


@pytest.fixture(autouse=True)
def only_the_probe(probe: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "get_models", lambda *a, **k: list(MODELS))


@pytest.fixture
def letters() -> list[Letter]:
    return [Letter.objects.create(body=f"body {n}", content={"n": n}) for n in range(25)]


def test_everything_stands_under_the_new_key(letters: list[Letter], settings) -> None:
    Postcard.objects.create(body="card")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    steps: list[tuple[str, int, int]] = []
    result = rotation.rotate(batch=10, progress=lambda *step: steps.append(step))
    assert (result.resealed, result.current, result.damaged) == (51, 0, [])
    assert [s for s in steps if "letter" in s[0]] == [
        ("encryption_probe_letter", done, 25) for done in (10, 20, 25)
    ]
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert {row.body for row in Letter.objects.all()} == {f"body {n}" for n in range(25)}
    assert sorted(row.content["n"] for row in Letter.objects.all()) == list(range(25))


def test_a_turn_broken_off_is_taken_up(letters: list[Letter], settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    def stop(table: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(batch=10, progress=stop)
    result = rotation.rotate(batch=10)
    assert (result.resealed, result.current) == (30, 20)


def test_without_rotation_the_old_key_cannot_go(letters: list[Letter], settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(LostKey, match="'old'"):
        Letter.objects.get(pk=letters[0].pk).body  # noqa: B018
    with pytest.raises(CommandError, match="'old'"):
        call_command("rotate_field_keys")


def test_a_damaged_value_is_named_left_and_fails_the_command(
    letters: list[Letter], settings, capsys: pytest.CaptureFixture[str]
) -> None:
    overwrite(letters[3], "body", stored(letters[4], "body"))
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    with pytest.raises(CommandError):
        call_command("rotate_field_keys", batch=7)
    printed = capsys.readouterr()
    assert "49 values sealed anew" in printed.out
    assert f"does not open: encryption_probe_letter|body|{letters[3].pk}" in printed.err
    assert (stored(letters[3], "body") or "").startswith("v1.old.")


def test_a_value_saved_meanwhile_is_not_overwritten(
    letters: list[Letter], settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    original = rotation._replace

    def saved_meanwhile(column, key, old, new, alias) -> bool:
        if key == letters[0].pk and column.name == "body":
            row = Letter.objects.get(pk=key)
            row.body = "saved meanwhile"
            row.save(update_fields=["body"])
        return original(column, key, old, new, alias)

    monkeypatch.setattr(rotation, "_replace", saved_meanwhile)
    result = rotation.rotate()
    assert (result.overtaken, result.resealed) == (1, 49)
    assert Letter.objects.get(pk=letters[0].pk).body == "saved meanwhile"


def test_the_real_models_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    found = {model._meta.label: [f.name for f in fields] for model, fields in
             rotation.encrypted_models()}  # fmt: skip
    assert "patient" in found["referrals.ReferralContent"]
    assert "content" in found["referrals.ContentVersion"]

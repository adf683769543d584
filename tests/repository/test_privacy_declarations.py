"""Every column of ours is declared sensitive or plain, and what is sensitive is sealed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from referrals.encryption import EncryptedJSONField, EncryptedTextField
from referrals.events import REGISTRY

OURS = ("accounts", "portal", "referrals", "integrations")
SEALED = (EncryptedTextField, EncryptedJSONField)
# Bytes that their writer seals with seal_bytes; the tests of each writer look at the row.
SEALED_BYTES = {"accounts.InterruptedPost.body", "integrations.InboxMessage.body"}
# Words of a patient's record that no column may hold in plain, whatever it is declared as.
TELLING = {
    "birth_date", "date_of_birth", "diagnosis", "diagnoses", "first_name", "last_name",
    "family_name", "given_name", "medications", "mrn", "patient_name", "patient_phone", "ssn",
}  # fmt: skip

Model = type[models.Model]


def our_models() -> list[Model]:
    # include_auto_created: a many-to-many table holds columns too.
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.app_label in OURS]


def undeclared(model: Model) -> list[str]:
    """What is wrong with a model's declaration; empty if each column is named exactly once."""
    if model._meta.auto_created:
        return [f.name for f in model._meta.local_concrete_fields if not _is_link(f)]
    named: Counter[str] = Counter(getattr(model, "sensitive_fields", ()))
    named.update(getattr(model, "plain_fields", ()))
    columns = {f.name for f in model._meta.local_concrete_fields}
    return [
        *(f"{name} is not declared" for name in columns - set(named)),
        *(f"{name} is declared and is no column" for name in set(named) - columns),
        *(f"{name} is declared {n} times" for name, n in named.items() if n > 1),
    ]


def _is_link(field: Any) -> bool:
    return bool(field.primary_key or field.is_relation)


def unsealed(model: Model) -> list[str]:
    """The sensitive columns that are stored in plain, and sealed ones that are called plain."""
    sensitive = set(getattr(model, "sensitive_fields", ()))
    fields = model._meta.local_concrete_fields
    return [
        *(f"{f.name} is sensitive and in plain" for f in fields
          if f.name in sensitive and not _is_sealed(f)),
        *(f"{f.name} is sealed and called plain" for f in fields
          if f.name not in sensitive and _is_sealed(f)),
        *(f"{f.name} tells of a patient in plain" for f in fields
          if f.name in TELLING and not _is_sealed(f)),
    ]  # fmt: skip


def _is_sealed(field: Any) -> bool:
    if isinstance(field, models.BinaryField):
        return f"{field.model._meta.label}.{field.name}" in SEALED_BYTES
    return isinstance(field, SEALED)


def sensitive_names(found: Iterable[Model]) -> set[str]:
    return {name for model in found for name in getattr(model, "sensitive_fields", ())}


def property_names(schema: Any) -> Iterator[str]:
    """Every property that a JSON schema allows, at any depth."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from property_names(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from property_names(part)


def open_objects(schema: Any) -> Iterator[Any]:
    """The objects of a JSON schema that allow properties nobody named."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
            yield schema
        for part in schema.values():
            yield from open_objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from open_objects(part)


def leaks(schema: Any, sensitive: set[str]) -> set[str]:
    return set(property_names(schema)) & sensitive


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_each_column_is_declared_once(model: Model) -> None:
    assert undeclared(model) == []


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_what_is_sensitive_is_sealed(model: Model) -> None:
    assert unsealed(model) == []


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_no_event_carries_a_sensitive_field(name: str) -> None:
    schema = REGISTRY[name].schema
    assert leaks(schema, sensitive_names(our_models())) == set()
    assert list(open_objects(schema)) == []


def test_the_list_of_sealed_bytes_names_real_columns() -> None:
    for label in SEALED_BYTES:
        model, _, name = label.rpartition(".")
        assert isinstance(apps.get_model(model)._meta.get_field(name), models.BinaryField)


def test_the_checks_look_at_something() -> None:
    labels = {model._meta.label for model in our_models()}
    assert {"accounts.User", "referrals.ReferralContent", "integrations.Event"} <= labels
    assert {"patient", "safety", "body"} <= sensitive_names(our_models())
    assert len(REGISTRY) > 10


class Declared(models.Model):
    """The control: one model with every fault."""

    kept = models.TextField()
    forgotten = models.TextField()
    birth_date = models.DateField()
    sealed = EncryptedTextField()
    blob = models.BinaryField()

    sensitive_fields = ("kept", "ghost", "blob")
    plain_fields = ("id", "kept", "birth_date", "sealed")

    class Meta:
        app_label = "privacy_probe"

    def __str__(self) -> str:
        return "probe"


def test_a_wrong_declaration_is_found() -> None:
    assert sorted(undeclared(Declared)) == [
        "forgotten is not declared",
        "ghost is declared and is no column",
        "kept is declared 2 times",
    ]


def test_a_plain_sensitive_column_is_found() -> None:
    assert unsealed(Declared) == [
        "kept is sensitive and in plain",
        "blob is sensitive and in plain",
        "sealed is sealed and called plain",
        "birth_date tells of a patient in plain",
    ]


def test_a_real_model_without_one_declaration_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    model = apps.get_model("referrals", "ReferralContent")
    monkeypatch.setattr(model, "sensitive_fields", model.sensitive_fields[1:])
    assert undeclared(model) == ["patient is not declared"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"patient": {}}, "additionalProperties": False},
        {"properties": {"referral": {"properties": {"safety": {"type": "string"}}}}},
        {"anyOf": [{"properties": {"body": {}}}]},
        {"$defs": {"x": {"items": [{"properties": {"note": {}}}]}}},
    ],
)
def test_a_schema_with_a_sensitive_field_is_found(schema: Any) -> None:
    assert leaks(schema, sensitive_names(our_models()))


def test_an_open_schema_is_found() -> None:
    closed = {"type": "object", "additionalProperties": False, "properties": {}}
    assert list(open_objects({**closed, "properties": {"a": {"type": "object"}}}))
    assert not list(open_objects(closed))

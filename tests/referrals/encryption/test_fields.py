"""Encrypted columns: plain at the instance, sealed in the row, bound to their place."""

import copy
import uuid

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.core.serializers import serialize
from django.db import connection, models, transaction
from django.db.models import F, Value

from referrals.encryption import (
    CannotOpen,
    EncryptedJSONField,
    EncryptedTextField,
    PlaintextRefused,
    Unsealable,
)
from referrals.models import ReferralContent
from tests.referrals.encryption.conftest import overwrite, stored
from tests.referrals.encryption.probe import Letter, Postcard

pytestmark = pytest.mark.usefixtures("probe")

SAID = "Marisol Quintero-Vance dreams of the tunnel"


def test_text_and_json_come_back_as_they_went() -> None:
    row = Letter.objects.create(body=SAID, content={"name": SAID, "scores": [1, 2.5, None, True]})
    again = Letter.objects.get(pk=row.pk)
    assert again.body == SAID
    assert again.content == {"name": SAID, "scores": [1, 2.5, None, True]}
    assert again.second is None


def test_the_row_holds_sealed_text_and_null_stays_null() -> None:
    row = Letter.objects.create(body=SAID)
    text = stored(row, "body")
    assert text is not None
    assert text.startswith("v1.old.")
    assert stored(row, "second") is None
    assert Letter.objects.filter(second__isnull=True, body__isnull=False).count() == 1


def test_no_plain_text_in_the_database_file() -> None:
    Letter.objects.create(kind="CanaryPlainKind", body=SAID, content={"name": SAID})
    image = connection.connection.serialize()
    assert b"CanaryPlainKind" in image  # a plain column is found by the same search
    assert SAID.encode() not in image
    assert b"Quintero" not in image


def test_two_equal_values_are_sealed_differently() -> None:
    one, other = Letter.objects.create(body=SAID), Letter.objects.create(body=SAID)
    assert stored(one, "body") != stored(other, "body")


def test_a_value_moved_to_another_row_does_not_open() -> None:
    mine, other = Letter.objects.create(body="mine"), Letter.objects.create(body="other")
    overwrite(other, "body", stored(mine, "body"))
    assert Letter.objects.get(pk=mine.pk).body == "mine"
    with pytest.raises(CannotOpen) as caught:
        Letter.objects.get(pk=other.pk).body  # noqa: B018
    assert "mine" not in str(caught.value)


def test_a_value_moved_to_another_column_does_not_open() -> None:
    row = Letter.objects.create(body="mine", second="second")
    overwrite(row, "second", stored(row, "body"))
    with pytest.raises(CannotOpen):
        Letter.objects.get(pk=row.pk).second  # noqa: B018


def test_a_value_moved_to_another_table_does_not_open() -> None:
    row = Letter.objects.create(body="mine")
    twin = Postcard.objects.create(id=row.pk, body="other")
    overwrite(twin, "body", stored(row, "body"))
    with pytest.raises(CannotOpen):
        Postcard.objects.get(pk=row.pk).body  # noqa: B018


def test_plain_text_in_the_column_is_not_taken_for_a_value() -> None:
    row = Letter.objects.create(body="mine")
    overwrite(row, "body", "written past the portal")
    with pytest.raises(CannotOpen):
        Letter.objects.get(pk=row.pk).body  # noqa: B018


def test_a_copy_under_a_new_key_is_sealed_for_its_own_row() -> None:
    first = Letter.objects.create(body=SAID)
    twin = Letter.objects.get(pk=first.pk)
    twin.pk = uuid.uuid4()
    twin._state.adding = True
    twin.save()
    assert Letter.objects.get(pk=twin.pk).body == SAID
    assert Letter.objects.get(pk=first.pk).body == SAID
    assert stored(twin, "body") != stored(first, "body")


def test_the_place_is_known_though_the_key_comes_last() -> None:
    row = Postcard.objects.create(body=SAID)
    loaded = Postcard.objects.get(pk=row.pk)
    loaded.pk = uuid.uuid4()
    assert loaded.body == SAID


def test_a_changed_dictionary_is_saved() -> None:
    row = Letter.objects.create(content={"goals": ["sleep"]})
    loaded = Letter.objects.get(pk=row.pk)
    loaded.content["goals"].append("walk the dog")
    loaded.save(update_fields=["content"])
    assert Letter.objects.get(pk=row.pk).content == {"goals": ["sleep", "walk the dog"]}


def test_saving_another_column_leaves_the_sealed_text_alone() -> None:
    row = Letter.objects.create(body=SAID)
    before = stored(row, "body")
    loaded = Letter.objects.get(pk=row.pk)
    loaded.kind = "note"
    loaded.save()
    assert stored(row, "body") == before


def test_update_fields_saves_what_it_names() -> None:
    row = Letter.objects.create(body="first", second="first")
    row.body, row.second = "next", "next"
    row.save(update_fields=["body"])
    again = Letter.objects.get(pk=row.pk)
    assert (again.body, again.second) == ("next", "first")


def test_bulk_create_seals_each_row_for_itself() -> None:
    rows = Letter.objects.bulk_create([Letter(body=f"body {n}") for n in range(30)])
    bodies = {row.pk: row.body for row in Letter.objects.all()}
    assert bodies == {row.pk: row.body for row in rows}
    assert len({stored(row, "body") for row in rows}) == 30


def test_a_key_given_as_text_means_the_same_row() -> None:
    key = uuid.uuid4()
    Letter.objects.create(id=str(key).upper(), body=SAID)
    assert Letter.objects.get(pk=key).body == SAID


def test_deferred_columns_and_refresh() -> None:
    row = Letter.objects.create(body=SAID, second="two")
    lazy = Letter.objects.only("kind").get(pk=row.pk)
    assert lazy.get_deferred_fields() >= {"body", "second"}
    assert lazy.body == SAID
    lazy.save()
    other = Letter.objects.defer("body").get(pk=row.pk)
    other.body = "changed"
    other.save()
    row.refresh_from_db()
    assert (row.body, row.second) == ("changed", "two")


def test_a_deep_copy_changes_on_its_own() -> None:
    content = ReferralContent(patient={"phones": [1]})
    twin = copy.deepcopy(content)
    twin.patient["phones"].append(2)
    assert content.patient == {"phones": [1]}
    assert twin.patient == {"phones": [1, 2]}


def test_values_show_nothing() -> None:
    Letter.objects.create(body=SAID, content={"name": SAID})
    (found,) = Letter.objects.values("body", "content")
    (listed,) = Letter.objects.values_list("body", flat=True)
    for shown in (repr(found), str(found), f"{listed}", repr(listed), f"{listed!s:>50}"):
        assert "Quintero" not in shown
        assert "v1." not in shown
    assert str(listed) == "<sealed>"


@pytest.mark.parametrize(
    "change",
    [
        {"body": "plain"},
        {"body": Value("plain")},
        {"body": F("kind")},
        {"content": {"plain": 1}},
        {"second": F("body")},
    ],
    ids=["text", "value", "column", "json", "other encrypted column"],
)
def test_update_refuses_what_is_not_sealed_for_its_row(change) -> None:
    row = Letter.objects.create(body=SAID, second="two", content={})
    before = [stored(row, c) for c in ("body", "second", "content")]
    with pytest.raises(PlaintextRefused, match="save"), transaction.atomic():
        Letter.objects.filter(pk=row.pk).update(**change)
    assert [stored(row, c) for c in ("body", "second", "content")] == before


def test_update_may_clear_a_column() -> None:
    row = Letter.objects.create(body=SAID)
    Letter.objects.filter(pk=row.pk).update(body=None, kind="note")
    assert Letter.objects.get(pk=row.pk).body is None


def test_bulk_update_is_refused() -> None:
    row = Letter.objects.create(body=SAID)
    row.body = "next"
    with pytest.raises(PlaintextRefused):
        Letter.objects.bulk_update([row], ["body"])


def test_an_expression_at_the_instance_is_refused() -> None:
    with pytest.raises(PlaintextRefused):
        Letter.objects.create(body=F("kind"))


@pytest.mark.parametrize(
    "lookup",
    ["body", "body__exact", "body__iexact", "body__contains", "body__in", "body__gt",
     "content", "content__name", "content__has_key"],
)  # fmt: skip
def test_lookups_are_refused(lookup: str) -> None:
    value = [SAID] if lookup.endswith("__in") else SAID
    with pytest.raises(FieldError) as caught:
        list(Letter.objects.filter(**{lookup: value}))
    assert "Quintero" not in str(caught.value)


def test_fixtures_are_refused() -> None:
    Letter.objects.create(body=SAID)
    with pytest.raises(PlaintextRefused):
        serialize("json", Letter.objects.all())


def test_a_row_without_a_key_is_not_sealed() -> None:
    row = Letter(body=SAID)
    row.pk = None
    with pytest.raises(Unsealable, match="primary key"):
        Letter._meta.get_field("body").pre_save(row, True)


def test_max_length_is_checked_by_full_clean() -> None:
    with pytest.raises(ValidationError, match="1000"):
        Letter(body="x" * 1001, second="", content={}).full_clean(exclude=["second", "content"])


@pytest.mark.parametrize("field", [EncryptedTextField(null=True), EncryptedJSONField(default=dict)])
def test_migrations_write_the_field_by_its_public_path(field: models.Field) -> None:
    field.set_attributes_from_name("body")
    name, path, args, kwargs = field.deconstruct()
    assert path == f"referrals.encryption.{type(field).__name__}"
    twin = type(field)(*args, **kwargs)
    twin.set_attributes_from_name("body")
    assert twin.deconstruct() == (name, path, args, kwargs)


@pytest.mark.parametrize("option", ["unique", "db_index"])
def test_an_index_on_an_encrypted_column_is_an_error_of_the_check(option: str) -> None:
    field = EncryptedTextField(**{option: True})
    field.set_attributes_from_name("indexed")
    field.model = Letter
    assert "encryption.E001" in {message.id for message in field.check()}
    assert "encryption.E001" not in {m.id for m in Letter._meta.get_field("body").check()}

"""Events stay as they were written, on both engines."""

import pytest
from django.db import Error, connection, transaction
from django.db.models import F

from integrations import feed, triggers
from integrations.models import Event
from tests.integrations.samples import an_event

COLUMNS = [field for field in Event._meta.concrete_fields if field.name != "position"]


@pytest.fixture(
    params=[pytest.param(None, id="here"), pytest.param(None, id="pg", marks=pytest.mark.pg)]
)
def event(db):
    return an_event()


@pytest.mark.parametrize("field", COLUMNS, ids=lambda field: field.name)
def test_no_column_can_be_changed(event, field):
    other = an_event()
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(**{field.name: changed(field, event, other)})


def changed(field, event, other):
    if field.name == "private_to":
        from tests.integrations.samples import a_partner

        return a_partner("somebody")
    if field.name == "ordinal":
        return F("ordinal") + 1000
    if field.name in ("sequence",):
        return 77
    if field.name in ("type", "source", "dataschema", "actor_kind") or field.name.endswith("id"):
        return other.event_id if field.name == "event_id" else "changed"
    return {"subject": other.event_id, "data": {"changed": 1}, "body": b"changed"}.get(
        field.name, "2020-01-01T00:00:00Z" if "time" in field.name or "_at" in field.name else "x"
    )


def test_a_row_cannot_be_deleted(event):
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        Event.objects.all().delete()


def test_the_position_is_given_once(event):
    feed.assign_positions()
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        Event.objects.update(position=9)
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        Event.objects.update(position=None)


def test_without_the_triggers_it_could_be_changed(event):
    with triggers.lifted(connection):
        assert Event.objects.update(type="changed") == 1
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        Event.objects.update(type="again")

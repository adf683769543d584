"""Model fields whose column holds only sealed text.

The model attribute gives and takes the plain value; it is opened at first access, with the
primary key of the row it was loaded from, and sealed again at save. Everything that would
carry a value past an instance (update with a value, bulk_update, lookups, fixtures) is
refused, since only an instance knows the row the value belongs to.

A table, column or primary key that is renamed takes its values' place away: such a migration
has to open and seal them again.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.core import checks
from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init

from referrals.encryption import sealing
from referrals.encryption.errors import PlaintextRefused, Unsealable


class Stored(str):
    """Sealed text on its way into its column; made by pre_save alone."""

    __slots__ = ()


class Sealed:
    """A column's sealed text as read; shows nothing, and opens only at its own row."""

    __slots__ = ("place", "stored")

    def __init__(self, stored: str, place: str | None = None) -> None:
        self.stored = stored
        self.place = place

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__


class SealedAttribute(DeferredAttribute):
    """The model attribute: opens on first access and keeps the plain value from then on."""

    field: SealedFieldMixin

    def __get__(self, instance: models.Model | None, cls: type | None = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = self.field.open(instance, value)
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedFieldMixin(models.Field):
    """What the encrypted fields share; subclasses say how a value becomes bytes and back."""

    descriptor_class = SealedAttribute

    def dump(self, value: Any) -> bytes:
        raise NotImplementedError

    def load(self, data: bytes) -> Any:
        raise NotImplementedError

    def get_internal_type(self) -> str:
        return "TextField"

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, f"referrals.encryption.{type(self).__name__}", args, kwargs

    def contribute_to_class(self, cls: type, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:  # type: ignore[attr-defined]
            post_init.connect(self._bind, sender=cls)

    def _bind(self, instance: models.Model, **_: Any) -> None:
        # Bound while the row's own key is at hand, so that a copy under a new key still opens.
        value = instance.__dict__.get(self.attname)
        if isinstance(value, Sealed) and value.place is None:
            instance.__dict__[self.attname] = Sealed(value.stored, self.place(instance))

    def place(self, instance: models.Model) -> str:
        """Where this instance keeps this field's value."""
        meta = self.model._meta
        key = meta.pk.to_python(instance.pk)
        if key is None:
            raise Unsealable(f"{meta.label}.{self.name} needs the primary key before it is sealed.")
        return sealing.place_of(meta.db_table, str(self.column), str(key))

    def open(self, instance: models.Model, value: Sealed) -> Any:
        return self.load(sealing.open_text(value.place or self.place(instance), value.stored))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Stored | None:
        if self.attname not in model_instance.__dict__:
            getattr(model_instance, self.attname)
        value = model_instance.__dict__[self.attname]
        place = self.place(model_instance)
        if value is None:
            return None
        if isinstance(value, Sealed):
            if value.place == place:
                return Stored(value.stored)
            value = self.open(model_instance, value)
        if hasattr(value, "resolve_expression"):
            self._refuse("an expression")
        return Stored(sealing.seal_text(place, self.dump(value)))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return self.get_db_prep_value(value, connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, Stored):
            self._refuse("a value")
        return str(value)

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        # The one hook through which update(field=F(...)) passes on its way to SQL.
        if hasattr(value, "as_sql"):
            self._refuse("an expression")
        return "%s"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(
                f"{self.model._meta.label}.{self.name} is encrypted: only isnull can be asked "
                "of it. Keep a blind index beside it for exact search."
            )
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> None:
        return None

    def value_to_string(self, obj: models.Model) -> str:
        raise PlaintextRefused(f"{self.model._meta.label}.{self.name} is not written to fixtures.")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_no_index()]

    def _check_no_index(self) -> list[checks.CheckMessage]:
        if not (self.unique or getattr(self, "db_index", False) or self.primary_key):
            return []
        message = "An encrypted field cannot be unique, indexed or a primary key."
        return [checks.Error(message, obj=self, id="encryption.E001")]

    def _refuse(self, what: str) -> NoReturn:
        raise PlaintextRefused(
            f"{self.model._meta.label}.{self.name} is encrypted: {what} can be written through "
            "save() or bulk_create() of instances only."
        )


class EncryptedTextField(SealedFieldMixin, models.TextField):
    """Text, sealed. Every Unicode text goes through, NUL too, except lone surrogates.

    `max_length` is checked by full_clean. NULL stays NULL; the empty text is sealed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def dump(self, value: Any) -> bytes:
        return _encoded(value if isinstance(value, str) else str(value))

    def load(self, data: bytes) -> str:
        return data.decode()


class EncryptedJSONField(SealedFieldMixin):
    """A JSON value, sealed; dates, UUIDs and decimals become text as in DjangoJSONEncoder.

    None stays NULL. NaN, infinities, lone surrogates and keys that are not text are refused.
    """

    empty_strings_allowed = False

    def dump(self, value: Any) -> bytes:
        _check_keys(value)
        try:
            text = json.dumps(
                value,
                cls=DjangoJSONEncoder,
                allow_nan=False,
                ensure_ascii=False,
                separators=(",", ":"),
            )
        except (TypeError, ValueError):
            # The original message may quote the value.
            raise Unsealable("The value has no JSON form.") from None
        return _encoded(text)

    def load(self, data: bytes) -> Any:
        return json.loads(data)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Unsealable("The text holds a lone surrogate and has no UTF-8 form.") from None


def _check_keys(value: Any) -> None:
    # json.dumps would turn 1 and None into "1" and "null" without a word.
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise Unsealable("The keys of a JSON object are texts.")
        for item in value.values():
            _check_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_keys(item)

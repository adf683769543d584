"""Fields that render themselves as USWDS form groups, so that no page writes a label twice."""

from __future__ import annotations

from pathlib import Path

import django.forms
from django.conf import settings
from django.forms.renderers import BaseRenderer
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property

DJANGO_FORMS = Path(django.forms.__file__).parent / "templates"


class UswdsRenderer(BaseRenderer):
    """Looks in the project's templates first, then in Django's own widget templates."""

    form_template_name = "django/forms/div.html"
    field_template_name = "django/forms/field.html"

    @cached_property
    def engine(self) -> DjangoTemplates:
        return DjangoTemplates(
            {
                "APP_DIRS": True,
                "DIRS": [settings.ROOT / "templates", DJANGO_FORMS],
                "NAME": "uswds-forms",
                "OPTIONS": {},
            }
        )

    def get_template(self, template_name: str):
        return self.engine.get_template(template_name)

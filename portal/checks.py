"""`check --deploy` says the same as the guard."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from django.core.checks import Error, Tags, register

from portal import guard


@register(Tags.security, deploy=True)
def secure_settings(app_configs: Any, **kwargs: Any) -> list[Error]:
    module = import_module(os.environ.get("DJANGO_SETTINGS_MODULE", "portal.settings"))
    found = guard.problems(guard.values_of(module))
    return [Error(f"{name} {reason}.", id="portal.E001") for name, reason in found]

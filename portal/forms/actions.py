"""Which form each action has."""

from __future__ import annotations

from typing import Any

from portal.forms.action_forms import FORMS, ActionForm, Ask
from portal.forms.answer_form import ProvideInfoForm
from referrals.lifecycle import Action

OWN: dict[Action, type[ActionForm]] = {**FORMS, Action.PROVIDE_INFO: ProvideInfoForm}


def form_of(action: Action, ask: Ask, data: Any = None) -> ActionForm:
    """The form of an action, empty or with what was typed."""
    return OWN.get(action, ActionForm)(data, action=action, ask=ask)

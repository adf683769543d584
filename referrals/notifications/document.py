"""docs/notifications.md as text, made from the table."""

from __future__ import annotations

from collections.abc import Iterable

from referrals.actors import Role
from referrals.notifications.table import EVENTS, KINDS, OWN, SILENT, Told, roles_told
from referrals.notifications.wording import SENTENCES, SUBJECT, USUAL

HEAD = (
    "Made from `referrals/notifications/table.py` by `make docs`; do not edit.\n\n"
    "A notice is written for each person told, in the transaction of what happened. Mails go "
    "at once, once a day at seven in the morning, or not at all, as each person chooses for "
    "each kind. Whoever did it is not told. A team's address, where an organization has one, "
    "is written to at once."
)
MAIL = (
    f"Every mail has the subject “{SUBJECT}”, one sentence, one link and the portal's name. "
    f"The sentence is “{USUAL}”, and in these cases another:"
)


def render() -> str:
    parts = [
        "# Who is told of what",
        HEAD,
        "## Events",
        _rows(EVENTS),
        "## The portal's own occasions",
        _rows(OWN),
        "## Events of which nobody is told",
        _table(("event", "because"), [(f"`{name}`", why) for name, why in SILENT.items()]),
        "## Kinds",
        _kinds(),
        "## What a mail says",
        MAIL,
        _table(("occasion", "sentence"), [(f"`{k}`", text) for k, text in SENTENCES.items()]),
    ]
    return "\n\n".join(parts) + "\n"


def _rows(rows: Iterable[Told]) -> str:
    return _table(
        ("occasion", "kind", "sentence", "told", "team's address"),
        [(f"`{r.what}`", f"`{r.kind}`", r.sentence, "; ".join(r.to), "yes" if r.mailbox else "no")
         for r in rows],
    )  # fmt: skip


def _kinds() -> str:
    order = [role.value for role in Role]
    return _table(
        ("kind", "in words", "without a choice", "roles"),
        [
            (f"`{kind}`", info.label, _way(info.how.label, info.fixed),
             ", ".join(sorted(roles_told(kind), key=order.index)))
            for kind, info in KINDS.items()
        ],
    )  # fmt: skip


def _way(label: str, fixed: bool) -> str:
    return f"{label}, always" if fixed else str(label)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)

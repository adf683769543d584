"""Ways that are closed in code: unscoped rows, hidden side effects, moves beside the table.

Each check reads the syntax tree and has a control that it has to find.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.files import ROOT, imported_modules, python_files, shown
from tests.repository.syntax import Fault, dotted, faults, files_under, our_files

# Models whose rows belong to a referral, or are one.
SCOPED = frozenset(
    {
        "Referral", "ReferralContent", "ContentVersion", "TimelineEntry", "Message",
        "InformationRequest", "InformationItem", "Appointment", "Outcome", "InterimNote",
        "ContactAttempt", "FlagReview", "ErrorRequest", "Document", "AssessmentResult",
        "PlanContribution", "ClinicianInvitation",
        "DuplicateDecision",
        "Notice", "ReferralClock", "Milestones", "StateSpan",
        "MessageRead", "MessageDraft", "AnswerDraft", "Advice", "AdviceEntry",
    }
)  # fmt: skip
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
# The doors: whatever answers a request.
DOORS = ("portal/pages", "portal/accounts", "portal/presenters", "portal/forms", "referrals/api")
OPERATIONS = "referrals/operations"


# --- Rows are reached by the person -------------------------------------------------------------


def unscoped(source: str) -> Iterator[Fault]:
    """Managers of scoped models that are asked without `visible_to` as the first word.

    A subquery that is tied to the row of a scoped query by OuterRef widens nothing.
    """
    tree = ast.parse(source)
    tied = {
        id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and is_tied(node)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)):
            continue
        if id(node) in tied:
            continue
        name = dotted(node.value)
        model, _, manager = name.rpartition(".")
        if manager not in MANAGERS or model.split(".")[-1] not in SCOPED:
            continue
        if node.attr != "visible_to":
            yield node.lineno, f"{name}.{node.attr}"


def is_tied(call: ast.Call) -> bool:
    """`Model.objects.filter(referral=OuterRef("pk"))`."""
    return any(
        keyword.arg in {"referral", "referral_id"}
        and isinstance(keyword.value, ast.Call)
        and dotted(keyword.value).split(".")[-1] == "OuterRef"
        for keyword in call.keywords
    )


def shortcuts(source: str) -> Iterator[Fault]:
    """`get_object_or_404(Referral, …)` and the like, which take the model itself."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and dotted(node.func).endswith("_or_404")):
            continue
        if node.args and dotted(node.args[0]).split(".")[-1] in SCOPED:
            yield node.lineno, dotted(node.func)


def raw_sql(source: str) -> Iterator[Fault]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if re.search(r"objects\b.*\.(raw|extra)$|\bRawSQL$|\bconnections?\b.*\.cursor$", name):
            yield node.lineno, name


def test_doors_reach_rows_by_the_person_alone() -> None:
    files = files_under(*DOORS)
    assert len(files) > 40
    assert faults(unscoped, files) == []
    assert faults(shortcuts, files) == []


def test_doors_write_no_sql() -> None:
    assert faults(raw_sql, files_under(*DOORS)) == []


@pytest.mark.parametrize(
    "source",
    [
        "rows = Referral.objects.all()",
        "row = models.Referral.objects.filter(pk=1)",
        "Message.objects.create(body='x')",
        "x = Referral.objects.select_related('clinic').visible_to(actor)",
        "x = Referral._base_manager.get(pk=pk)",
    ],
)
def test_an_unscoped_row_is_found(source: str) -> None:
    assert list(unscoped(source))


def test_the_scoped_way_is_left_alone() -> None:
    assert not list(unscoped("Referral.objects.visible_to(actor).filter(state='draft')"))
    assert not list(unscoped("TimelineEntry.objects.filter(referral=OuterRef('pk'))"))
    assert list(unscoped("TimelineEntry.objects.filter(action=OuterRef('action'))"))
    assert list(shortcuts("get_object_or_404(Referral, pk=pk)"))
    assert list(raw_sql("with connection.cursor() as c: pass"))
    assert list(raw_sql("Referral.objects.raw('select 1')"))


# --- Nothing happens behind the caller's back ---------------------------------------------------

# What connects to a signal, and why it may: (file, signal).
SIGNALS = {
    # Starts a session's clock at sign-in; neither a log entry nor an event.
    ("portal/accounts/apps.py", "user_logged_in"),
    # Asks for the second step again after one was added; neither of the two either.
    ("portal/accounts/apps.py", "authenticator_added"),
    # Ties a sealed value that was just read to its row, so that it can be opened there.
    ("referrals/encryption/fields.py", "post_init"),
}
MODEL_SIGNALS = "django.db.models.signals"


def signals(source: str) -> Iterator[Fault]:
    """Receivers, however they are connected; the name is the signal's."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr == "connect":
            yield node.lineno, dotted(node.func.value).split(".")[-1]
        elif dotted(node.func).split(".")[-1] == "receiver" and node.args:
            yield node.lineno, dotted(node.args[0]).split(".")[-1] or "several"


def is_signal(name: str) -> bool:
    """Sockets and brokers have a connect() too; theirs is called on something else."""
    return name.endswith(SIGNAL_ENDINGS)


SIGNAL_ENDINGS = (
    "save", "delete", "init", "changed", "signal", "several", "created", "in", "out", "failed",
    "finished", "started", "updated", "added", "removed", "migrate", "reset",
)  # fmt: skip


def connected() -> set[tuple[str, str]]:
    found = {(shown(p), name) for p in our_files() for _, name in signals(p.read_text())}
    return {(path, name) for path, name in found if is_signal(name)}


def test_no_audit_and_no_event_hangs_on_a_signal() -> None:
    assert connected() - SIGNALS == set()


def test_the_signals_that_were_reviewed_are_still_connected() -> None:
    assert SIGNALS - connected() == set()


def test_signals_of_models_are_imported_nowhere_else() -> None:
    importing = {
        shown(p)
        for p in our_files()
        if any(name.startswith(MODEL_SIGNALS) for _, name in imported_modules(p.read_text()))
    }
    assert importing <= {path for path, _ in SIGNALS}


def test_a_signal_is_found() -> None:
    source = "@receiver(post_save, sender=Referral)\ndef log(**kwargs): ...\n"
    assert list(signals(source)) == [(1, "post_save")]
    assert list(signals("signals.post_delete.connect(forget)")) == [(1, "post_delete")]
    assert list(signals("@receiver([post_save, pre_save])\ndef f(**k): ...")) == [(1, "several")]


# --- Operations name their actor ----------------------------------------------------------------

# Public functions of operations that are asked by operations, with the actor in their context
# or without a person: (module, function).
INNER = frozenset(
    {
        "appointments", "context", "effects", "facts", "guards", "reviewers", "answers", "copies",
    }
)  # fmt: skip
# In the other modules, what takes no actor because it changes nothing for anybody.
ACTORLESS = {
    ("parties", "split"),  # takes a body apart
    ("parties", "practices_open_to"),  # a list of names, narrowed by clinics that were asked
    ("parties", "clinician_seat"),  # a question about somebody else's seat
    ("sharing", "digest"),  # the hash of a link, of nobody in particular
    ("consents", "withdraw_answers"),  # follows from a revocation that was asked already
    ("transition", "lock"),  # the row lock, inside an operation that has asked already
    ("conversation", "is_read"),  # a question about a message, between what was read already
    ("conversation", "open_questions"),  # the same
    ("drafts", "may_write"),  # a question about an actor that it is given by name or place
}


def actorless(source: str) -> Iterator[Fault]:
    """Public functions whose actor is not the keyword `by`."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        if "by" not in {argument.arg for argument in node.args.kwonlyargs}:
            yield node.lineno, node.name


def positional_actors(source: str) -> Iterator[Fault]:
    """Parameters that are an actor under another name than `by`, in public functions."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            kind = ast.unparse(argument.annotation) if argument.annotation else ""
            if kind == "Actor" and argument.arg != "by":
                yield node.lineno, f"{node.name}({argument.arg})"


def module(path: Path) -> str:
    """The module's name; a package inside of operations is one module."""
    inside = path.parent.name
    return path.stem if inside == Path(OPERATIONS).name else inside


def operations() -> list[Path]:
    return [p for p in files_under(OPERATIONS) if p.name != "__init__.py"]


def test_operations_take_their_actor_by_name() -> None:
    found = {
        (module(p), name)
        for p in operations()
        if module(p) not in INNER
        for _, name in actorless(p.read_text())
    }
    assert found - ACTORLESS == set()
    assert {"moves", "drafts", "records", "conversation"} <= {p.stem for p in operations()}


def test_an_actor_is_called_by_everywhere_in_operations() -> None:
    assert faults(positional_actors, operations()) == []


def test_what_was_reviewed_still_takes_no_actor() -> None:
    found = {(module(p), name) for p in operations() for _, name in actorless(p.read_text())}
    assert ACTORLESS - found == set()
    assert {module(p) for p in operations()} >= INNER


def test_an_operation_without_its_actor_is_found() -> None:
    assert list(actorless("def close(referral, actor): ...")) == [(1, "close")]
    assert not list(actorless("def close(referral_id, *, by): ..."))
    assert list(positional_actors("def f(x, *, actor: Actor): ...")) == [(1, "f(actor)")]


# --- The table stands alone ---------------------------------------------------------------------


def states_set(source: str) -> Iterator[Fault]:
    """Writes of a referral's state outside the transition: `.state = …`, `update(state=…)`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr == "state":
                    yield node.lineno, ast.unparse(target)
        elif isinstance(node, ast.Call):
            named = any(keyword.arg == "state" for keyword in node.keywords)
            if named and dotted(node.func).endswith(".update"):
                yield node.lineno, "update(state=…)"


def test_only_the_transition_changes_a_state() -> None:
    files = [p for p in [*python_files("referrals"), *python_files("portal")]
             if p.stem != "transition"]  # fmt: skip
    assert faults(states_set, files) == []


def test_a_state_that_is_set_by_hand_is_found() -> None:
    assert list(states_set("referral.state = State.ACCEPTED"))
    assert list(states_set("Referral.objects.filter(pk=pk).update(state='accepted')"))


# --- Rules and scores know no framework ---------------------------------------------------------


@pytest.mark.parametrize("package", ["rules", "instruments"])
def test_rules_and_instruments_are_pure(package: str) -> None:
    folder = ROOT / "referrals" / package
    files = [p for p in python_files("referrals") if p.is_relative_to(folder)]
    assert files
    assert faults(impure, files) == []


def impure(source: str) -> Iterator[Fault]:
    """Imports of a framework, and looks at the clock, which make a result depend on the day."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            if isinstance(node, ast.Call) and dotted(node.func).endswith((".today", ".now")):
                yield node.lineno, dotted(node.func)
            continue
        for name in names:
            if name.split(".")[0] in {"django", "rest_framework", "integrations", "portal"}:
                yield node.lineno, f"imports {name}"


def test_an_impure_rule_is_found() -> None:
    assert list(impure("from django.utils import timezone"))
    assert list(impure("age = date.today().year - born.year"))
    assert not list(impure("import math"))

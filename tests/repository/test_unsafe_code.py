"""Text is escaped, writes are checked, and nothing of a request becomes the name of a column.

Each check reads the code and has a control that it has to find.
"""

import ast
import re
from collections.abc import Iterator

from tests.repository.files import PACKAGES, python_files, repository_files, shown
from tests.repository.syntax import Fault, dotted, faults, our_files

# --- Text is escaped ----------------------------------------------------------------------------

# Text of our own that is markup already: (file, function).
SAFE: set[tuple[str, str]] = set()
UNSAFE_CALLS = frozenset({"mark_safe", "SafeString", "SafeText", "html_safe"})
UNSAFE_TEMPLATE = re.compile(r"\|\s*safe(?:seq)?\b|\{%\s*autoescape\s+off|<script(?![^>]*\bsrc=)")
INLINE = re.compile(r"""<[^>]*\s(?:style|on[a-z]+)\s*=\s*["']""", re.IGNORECASE)


def unescaped(source: str) -> Iterator[Fault]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in UNSAFE_CALLS:
            yield node.lineno, dotted(node.func).split(".")[-1]
        elif isinstance(node, ast.keyword) and node.arg == "is_safe":
            yield node.value.lineno, "is_safe"
        elif isinstance(node, ast.Call):
            literal = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if dotted(node.func).endswith("format_html") and not literal:
                yield node.lineno, "format_html of something that is not a literal"


def unescaped_in_template(source: str) -> list[str]:
    """What would put text into a page as markup, or break the content policy."""
    bare = re.sub(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", "", source, flags=re.DOTALL)
    return [m[0] for pattern in (UNSAFE_TEMPLATE, INLINE) for m in pattern.finditer(bare)]


def test_no_text_is_marked_as_markup() -> None:
    found = {
        (shown(p), what)
        for package in PACKAGES
        for p in python_files(package)
        for _, what in unescaped(p.read_text())
    }
    assert found - SAFE == set()
    assert SAFE - found == set()


def test_templates_escape_everything_and_hold_no_script() -> None:
    pages = [p for p in repository_files() if p.suffix == ".html"]
    assert len(pages) > 60
    found = {shown(p): bad for p in pages if (bad := unescaped_in_template(p.read_text()))}
    assert found == {}


def test_unescaped_text_is_found() -> None:
    assert list(unescaped("x = mark_safe(note)")) == [(1, "mark_safe")]
    assert list(unescaped("x = format_html(note)"))
    assert not list(unescaped("x = format_html('<b>{}</b>', note)"))
    assert list(unescaped("@register.filter(is_safe=True)\ndef f(x): ..."))
    for page in (
        "{{ note|safe }}", "{% autoescape off %}", "<script>go()</script>",
        '<a onclick="go()">', '<p class="a" style="color:red">',
    ):  # fmt: skip
        assert unescaped_in_template(page), page
    assert unescaped_in_template('<script src="/static/a.js"></script>{# x|safe #}') == []


# --- CSRF ---------------------------------------------------------------------------------------

# Views without the CSRF check: (file, function).
EXEMPT = {
    # Authenticates by the client's secret and reads no cookie.
    ("portal/accounts/views/oauth.py", "token"),
    # The API's 404: there is nothing behind it.
    ("referrals/api/problems.py", "not_found"),
}


def exempted(source: str) -> Iterator[Fault]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if "csrf_exempt" in ast.unparse(decorator):
                    yield node.lineno, node.name
        elif isinstance(node, ast.Call) and dotted(node.func).endswith("csrf_exempt"):
            yield node.lineno, "call"
        elif isinstance(node, ast.Assign) and "csrf_exempt" in ast.unparse(node.targets[0]):
            yield node.lineno, "attribute"


def test_only_reviewed_views_do_without_the_csrf_check() -> None:
    found = {
        (shown(p), name)
        for package in PACKAGES
        for p in python_files(package)
        for _, name in exempted(p.read_text())
    }
    assert found == EXEMPT


def test_an_exemption_is_found() -> None:
    assert list(exempted("@csrf_exempt\ndef hook(request): ...")) == [(2, "hook")]
    assert list(exempted("@method_decorator(csrf_exempt, name='dispatch')\nclass A: ..."))
    assert list(exempted("view = csrf_exempt(view)"))
    assert list(exempted("view.csrf_exempt = True"))


# --- Nothing of a request becomes the name of a column ------------------------------------------

REQUESTED = frozenset(
    {"GET", "POST", "data", "query_params", "FILES", "META", "headers", "COOKIES"}
)
# Calls of the ORM whose plain arguments are names of columns.
NAMING = frozenset({"order_by", "values", "values_list", "only", "defer", "F"})


def is_requested(node: ast.AST) -> bool:
    """Whether the expression is (a part of) what somebody sent."""
    return any(
        isinstance(part, ast.Attribute)
        and part.attr in REQUESTED
        and dotted(part.value).split(".")[-1] == "request"
        for part in ast.walk(node)
    )


def spread(source: str) -> Iterator[Fault]:
    """`**request.…` into any call, and a request's names into an ORM call."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg is None and is_requested(keyword.value):
                yield node.lineno, f"** into {dotted(node.func)}"
        name = dotted(node.func).split(".")[-1]
        if name in NAMING and any(is_requested(argument) for argument in node.args):
            yield node.lineno, f"a column named by the request in {name}"


def test_no_request_names_a_column() -> None:
    assert faults(spread, our_files()) == []


def test_a_request_that_names_a_column_is_found() -> None:
    for source in (
        "rows.filter(**request.GET.dict())",
        "rows.annotate(**self.request.query_params)",
        "Model(**request.data)",
        "rows.order_by(request.GET['sort'])",
        "Q(**{k: v for k, v in request.POST.items()})",
    ):
        assert list(spread(source)), source
    assert not list(spread("rows.filter(pk=request.GET['pk'])"))

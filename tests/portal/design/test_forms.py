"""The form renderer: labels, hints, errors and their links, without a page's help."""

import re

import pytest
from django import forms

from portal.forms.renderer import UswdsRenderer
from portal.templatetags.tandem import error_summary
from tests.repository.files import ROOT


class Answers(forms.Form):
    name = forms.CharField(label="Family name", help_text="As on the card")
    note = forms.CharField(label="Note", widget=forms.Textarea, max_length=20, required=False)
    soon = forms.ChoiceField(
        label="How soon", widget=forms.RadioSelect, choices=[("a", "Routine"), ("b", "Urgent")]
    )
    agrees = forms.BooleanField(label="The patient agrees")
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    default_renderer = UswdsRenderer


@pytest.fixture
def refused() -> str:
    return str(Answers({"note": "x" * 30, "name": '"><script>'[:0]}))


def test_a_fresh_form_has_no_error_summary():
    assert "data-error-summary" not in str(Answers())


def test_the_summary_links_to_each_refused_field(refused):
    targets = re.findall(r'<a href="#([^"]+)"', refused)
    assert targets == ["id_name", "id_note", "id_soon_0", "id_agrees"]
    for target in targets:
        assert f'id="{target}"' in refused


def test_an_error_is_tied_to_its_field(refused):
    field = re.search(r'<input[^>]*name="name"[^>]*>', refused).group()
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_name_helptext id_name_error"' in field
    assert 'id="id_name_helptext"' in refused
    assert 'id="id_name_error"' in refused


def test_a_long_text_is_counted_and_never_cut():
    area = re.search(r"<textarea[^>]*>", str(Answers())).group()
    assert 'data-limit="20"' in area
    assert " maxlength" not in area
    assert 'aria-describedby="id_note_count"' in area


def test_a_group_of_choices_has_a_legend():
    html = str(Answers())
    assert re.search(r"<fieldset[^>]*>\s*<legend[^>]*>How soon", html)
    assert html.count('class="usa-radio__input"') == 2


def test_required_is_said_in_words():
    html = str(Answers())
    assert html.count("Required</span>") == 3


def test_each_id_is_there_once(refused):
    ids = re.findall(r' id="([^"]+)"', refused)
    assert len(ids) == len(set(ids))


def test_what_was_typed_comes_back_escaped():
    html = str(Answers({"name": "<b>O'Hara"}))
    assert "&lt;b&gt;O&#x27;Hara" in html
    assert "<b>" not in html


def test_a_summary_joins_several_forms_in_order():
    first, second = Answers({}, prefix="a"), Answers({}, prefix="b")
    summary = error_summary(first, None, second)
    assert [row["target"] for row in summary["rows"]] == [
        "id_a-name", "id_a-soon_0", "id_a-agrees", "id_b-name", "id_b-soon_0", "id_b-agrees",
    ]  # fmt: skip
    assert summary["count"] == 6


def test_a_form_that_is_drawn_whole_has_its_summary_once():
    """`{{ form }}` begins with the summary: a page that adds one shows, and reads out, it twice."""
    sources = {path: path.read_text() for path in (ROOT / "templates").rglob("*.html")}
    twice = [
        f"{path.name}: {name}"
        for path, source in sources.items()
        for name in re.findall(r"{% error_summary (\w+) %}", source)
        if f"{{{{ {name} }}}}" in source
    ]
    assert twice == []


class Bare(forms.Form):
    name = forms.CharField()
    email = forms.EmailField()
    agrees = forms.BooleanField()
    one = forms.ChoiceField(choices=[("a", "A")])
    many = forms.MultipleChoiceField(choices=[("a", "A")])
    own = forms.CharField(error_messages={"required": "Say why."})


def test_a_form_without_words_of_its_own_says_how_to_mend_it():
    empty = {name: found[0] for name, found in Bare({}).errors.items()}
    assert empty == {
        "name": "Fill this in.", "email": "Fill this in.", "agrees": "Tick this to go on.",
        "one": "Choose one.", "many": "Choose at least one.", "own": "Say why.",
    }  # fmt: skip
    wrong = Bare({"email": "front desk", "one": "z", "many": ["z"]}).errors
    assert wrong["email"] == ["Write a whole e-mail address, like name@practice.org."]
    assert wrong["one"] == ["Choose one of these."]
    assert wrong["many"] == ["Choose from these."]

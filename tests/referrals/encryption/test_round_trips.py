"""Whatever is a text or a JSON value comes back equal; what has no form is refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referrals.encryption import (
    EncryptedJSONField,
    EncryptedTextField,
    Unsealable,
    open_bytes,
    seal_bytes,
)
from tests.referrals.encryption.probe import Letter

TEXT = EncryptedTextField()
JSON = EncryptedJSONField()

quick = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@quick
@given(texts)
def test_any_text_survives(text: str) -> None:
    assert TEXT.load(TEXT.dump(text)) == text


@pytest.mark.parametrize(
    "text", ["", "\x00", "a\x00b", "🫀🧠", "👩🏽‍⚕️", "\u202eabc", "\ufeff", "𐐷", "\r\n\t", "e\u0301"]
)
def test_awkward_texts_survive_the_database(probe: None, text: str) -> None:
    row = Letter.objects.create(body=text, content={"said": text, text: 1})
    again = Letter.objects.get(pk=row.pk)
    assert again.body == text
    assert again.content == {"said": text, text: 1}


@quick
@given(json_values)
def test_any_json_value_survives(value: object) -> None:
    assert JSON.load(JSON.dump(value)) == value


@quick
@given(st.binary(max_size=2000), texts)
def test_any_bytes_survive_their_context(data: bytes, context: str) -> None:
    assert open_bytes(context, seal_bytes(context, data)) == data


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udcff"])
def test_lone_surrogates_are_refused_without_being_quoted(text: str) -> None:
    for attempt in (lambda: TEXT.dump(text), lambda: JSON.dump({"said": text})):
        with pytest.raises(Unsealable) as caught:
            attempt()
        assert text not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), {"a": [float("-inf")]}, {1: "a"}, [{None: 1}], {"a": object()}],
)
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(Unsealable):
        JSON.dump(value)

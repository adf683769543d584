"""The OpenAPI document: valid, complete, without warnings, the same each time, and published."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from openapi_spec_validator import OpenAPIV31SpecValidator

from portal import documents
from referrals.lifecycle import ALL_MOVES, MOVE_FOR, Action
from referrals.lifecycle.inputs import inputs_of
from tests.faults.matrix.table import routes

METHODS = {"get", "post", "patch", "put", "delete"}


@pytest.fixture(scope="module")
def text() -> str:
    reset_generator_stats()
    made = documents.openapi()
    assert dict(GENERATOR_STATS._warn_cache) == dict(GENERATOR_STATS._error_cache) == {}
    return made


@pytest.fixture(scope="module")
def document(text: str) -> dict[str, Any]:
    return yaml.safe_load(text)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_it_is_the_same_each_time(text: str) -> None:
    assert documents.openapi() == text


def test_every_route_of_the_api_is_in_it(document: dict[str, Any]) -> None:
    described = {path.count("/") and path for path in document["paths"]}
    for route in routes():
        if route.pattern.startswith("api/v1/"):
            path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route.pattern)
            assert path in described, path


def test_every_operation_names_its_problems(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names)) > 50
    for path, method, operation in operations(document):
        answers = operation["responses"]
        needed = {"401", "403", "406", "503"} | ({"404"} if "{" in path else set())
        needed |= {"400", "413", "415"} if method in ("post", "patch") else set()
        assert needed <= set(answers), (path, method)
        for status, answer in answers.items():
            if int(status) >= 400:
                assert set(answer["content"]) == {"application/problem+json"}, (path, status)
                assert answer["description"]
        assert (operation["security"] and operation.get("summary")) or operation["description"]


@pytest.mark.parametrize("action", MOVE_FOR)
def test_each_action_is_described_by_the_table(document: dict[str, Any], action: Action) -> None:
    (operation,) = (o for p, _, o in operations(document) if p.endswith(f"/{action.slug}/")
                    and o["operationId"] == f"referrals_{action}")  # fmt: skip
    assert {"409", "412", "422", "428"} <= set(operation["responses"])
    parameters = {p["name"]: p for p in operation["parameters"]}
    assert parameters["If-Match"]["required"] and "Idempotency-Key" in parameters
    good = "201" if MOVE_FOR[action].allows_successor else "200"
    assert "ETag" in operation["responses"][good]["headers"]
    fields = inputs_of(action)().fields
    if fields:
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        shape = document["components"]["schemas"][body["$ref"].rsplit("/", 1)[1]]
        assert set(shape["properties"]) == set(fields)
        required = {name for name, field in fields.items() if field.required}
        assert set(shape.get("required", ())) == required


def test_enumerations_come_from_the_table(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    offered = schemas["ReferralRead"]["properties"]["available_actions"]["items"]["enum"]
    assert offered == [move.action.value for move in ALL_MOVES]


def test_the_three_ways_in_are_named(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"personalToken", "partnerToken", "session"}
    scopes = schemes["partnerToken"]["flows"]["clientCredentials"]["scopes"]
    assert set(scopes) == {"referrals:read", "referrals:write", "events:read"}


def test_it_is_published_to_everybody(text: str, db: None) -> None:
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/yaml")
    assert answer.content.decode() == text


def test_its_page_needs_nothing_from_outside_and_nothing_inline(db: None) -> None:
    page = Client().get("/api/docs/")
    body = page.content.decode()
    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
    for part in body.split("<script")[1:]:
        opening, _, rest = part.partition(">")
        assert " src=" in opening and rest.partition("</script>")[0].strip() == ""
    assert "http://" not in body.replace("http://www.w3.org", "") and "https://" not in body
    assert "<style" not in body and " style=" not in body

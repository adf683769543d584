"""The examples for partners run: they read every fixture, verify and sign."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import subprocess
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from joserfc.errors import BadSignatureError, SecurityWarning

from integrations import base64url, public_jwk, signing_keys
from integrations.inbox import signatures
from integrations.inbox.parsing import Unreadable
from portal.local import oracles
from tests.contract import golden
from tests.repository.files import ROOT

EXAMPLES = ROOT / "docs" / "examples"
TOLD = [
    path
    for path in golden.kept()
    if "partitionkey" in path.read_text() and ".skipped." not in path.name
]
SEED = base64.b64encode(bytes(range(32))).decode()


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_node(script: str, given: Any, **env: str) -> Any:
    """What a script prints as JSON; `given` is its standard input."""
    done = subprocess.run(
        [oracles.node(), "-e", script], cwd=ROOT, input=json.dumps(given), text=True,
        capture_output=True, check=True, timeout=60, env={**os.environ, **env},
    )  # fmt: skip
    return json.loads(done.stdout)


def events() -> list[dict[str, Any]]:
    """Every kept event and answer, each as the first of its source, and each twice."""
    found = [{**json.loads(path.read_bytes()), "sequence": "0000000001"} for path in TOLD]
    for number, event in enumerate(found):
        event["source"] += f"-{number}"
    return [*found, *found]


def test_there_is_something_to_read() -> None:
    assert len(TOLD) >= 36


def test_the_python_consumer_reads_every_fixture_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = {"FEED_URL": "http://127.0.0.1:9/", "TOKEN": "x", "STATE": str(tmp_path / "state")}
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    consumer = load("consumer")
    try:
        for event in events():
            consumer.take(event)
        rows = consumer.db.execute("SELECT event FROM seen ORDER BY rowid").fetchall()
    finally:
        consumer.db.close()
    assert [json.loads(event)["id"] for (event,) in rows] == [
        event["id"] for event in events()[: len(TOLD)]
    ]


def test_the_node_consumer_reads_every_fixture_once(tmp_path: Path) -> None:
    script = """
    const { take } = require("./docs/examples/consumer.js");
    const events = JSON.parse(require("node:fs").readFileSync(0));
    (async () => {
      for (const event of events) await take(event);
      process.stdout.write("true");
    })();
    """
    assert run_node(script, events(), STATE=str(tmp_path / "state"))
    kept = map(json.loads, (tmp_path / "state").read_text().splitlines())
    assert [line["event"]["id"] for line in kept] == [
        event["id"] for event in events()[: len(TOLD)]
    ]


def test_the_node_consumer_forgets_a_line_that_was_cut_off(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first, second = (
        json.dumps({"event": {"id": name, "source": "s", "type": "t", "sequence": number}})
        for name, number in (("a", "1"), ("b", "2"))
    )
    state.write_text(f"{first}\n{second[:20]}")
    # What it remembers is not taken again, what was cut off is.
    script = """
    const { recall, take } = require("./docs/examples/consumer.js");
    const events = JSON.parse(require("node:fs").readFileSync(0));
    recall();
    (async () => {
      for (const { event } of events) await take(event);
      process.stdout.write("true");
    })();
    """
    assert run_node(script, [json.loads(first), json.loads(second)], STATE=str(state))
    kept = [json.loads(line)["event"]["id"] for line in state.read_text().splitlines()]
    assert kept == ["a", "b"]


@pytest.fixture
def signed(settings: Any) -> tuple[str, bytes, dict[str, Any]]:
    settings.EVENT_SIGNING_KEYS = [f"k2:{base64.b64encode(bytes(32)).decode()}", f"k1:{SEED}"]
    body = TOLD[0].read_bytes()
    return signing_keys.keyring()["k1"].sign(body), body, signing_keys.public_keys()


def test_the_python_example_verifies(signed: Any) -> None:
    signature, body, keys = signed
    verify = load("verify").verify
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        verify(signature, body, keys)
        with pytest.raises(BadSignatureError):
            verify(signature, body.replace(b"1.0", b"1.1", 1), keys)


def test_the_node_example_verifies(signed: Any) -> None:
    signature, body, keys = signed
    script = """
    const { verify } = require("./docs/examples/verify.js");
    const { signature, body, keys } = JSON.parse(require("node:fs").readFileSync(0));
    const bytes = Buffer.from(body);
    const flipped = Buffer.from(bytes); flipped[40] ^= 1;
    const others = { keys: keys.keys.filter((key) => key.kid !== "k1") };
    process.stdout.write(JSON.stringify([
      verify(signature, bytes, keys), verify(signature, flipped, keys),
      verify(signature, bytes, others),
    ]));
    """
    given = {"signature": signature, "body": body.decode(), "keys": keys}
    assert run_node(script, given) == [True, False, False]


def taken(body: bytes, signature: str, jwk: dict[str, Any]) -> bool:
    """Whether our own check takes a command that was signed so, and sees one other byte."""
    (key,) = public_jwk.read(json.dumps(jwk))
    public = Ed25519PublicKey.from_public_bytes(base64url.decode(key.x))
    ring: Any = SimpleNamespace(keys={key.kid: public})
    signatures.verify(signature, body, ring)
    with pytest.raises(Unreadable, match="signature_invalid"):
        signatures.verify(signature, body + b" ", ring)
    return True


COMMAND = json.dumps({"subject": "é. a synthetic command.", "time": "now"}).encode()


def test_what_the_python_example_signs_is_taken() -> None:
    sign = load("sign")
    private = Ed25519PrivateKey.generate()
    assert taken(COMMAND, sign.sign(COMMAND, private, "k1"), sign.public_jwk(private, "k1"))


def test_what_the_node_example_signs_is_taken() -> None:
    script = """
    const { sign, publicJwk } = require("./docs/examples/sign.js");
    const { body } = JSON.parse(require("node:fs").readFileSync(0));
    const { privateKey } = require("node:crypto").generateKeyPairSync("ed25519");
    process.stdout.write(JSON.stringify([
      sign(Buffer.from(body), privateKey, "k1"), publicJwk(privateKey, "k1"),
    ]));
    """
    signature, jwk = run_node(script, {"body": COMMAND.decode()})
    assert taken(COMMAND, signature, jwk)

"""Our frames are byte for byte those of the client library."""

import json
from datetime import datetime

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import frame, spec

from integrations import envelope
from integrations.rabbitmq.frames import Framer
from integrations.relay.transport import Publication

FRAME_MAX = 4096
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60)
ATTRIBUTES = st.fixed_dictionaries(
    {"id": TEXT, "type": TEXT, "time": st.just("2026-03-04T15:16:17.250000Z"), "source": TEXT},
    optional={"correlationid": TEXT, "partitionkey": TEXT},
)


def by_the_library(publication, attributes):
    moment = int(datetime.fromisoformat(attributes["time"]).timestamp())
    properties = pika.BasicProperties(
        content_type=envelope.CONTENT_TYPE,
        delivery_mode=2,
        message_id=attributes["id"],
        type=attributes["type"],
        timestamp=moment,
        app_id="tandem",
        user_id="somebody",
        correlation_id=attributes.get("correlationid"),
        headers={
            **envelope.headers_of(attributes),
            "x-portal-attempt": str(publication.attempt),
            **({"jws": publication.signature} if publication.signature else {}),
        },
    )
    publish = spec.Basic.Publish(
        exchange="tandem.events", routing_key=publication.routing_key, mandatory=True
    )
    body, most = publication.body, FRAME_MAX - 8
    parts = [body[start : start + most] for start in range(0, len(body), most)]
    frames = [
        frame.Method(3, publish),
        frame.Header(3, len(body), properties),
        *(frame.Body(3, part) for part in parts),
    ]
    return b"".join(each.marshal() for each in frames)


def framer():
    return Framer(account="somebody", exchange="tandem.events", channel=3, frame_max=FRAME_MAX)


@given(ATTRIBUTES, TEXT, st.integers(1, 10**6), st.integers(0, 10_000), st.just("") | TEXT)
def test_every_byte_is_the_librarys(attributes, routing_key, attempt, filling, signature):
    body = json.dumps({**attributes, "data": {"filling": "x" * filling}}).encode()
    publication = Publication(1, routing_key, body, attempt, signature)
    ours = framer().frames(publication, envelope.attributes_of(body))
    assert ours == by_the_library(publication, attributes)


@pytest.mark.parametrize("where", ["id", "type"])
def test_what_amqp_cannot_carry_is_refused(where):
    attributes = {"id": "1", "type": "t", "time": "2026-03-04T15:16:17Z", where: "x" * 256}
    with pytest.raises(ValueError, match="255 bytes"):
        framer().frames(Publication(1, "key", b"{}"), attributes)

"""Read a partner's queue: each event once in effect, in order, with the feed to fill a gap.

Needs pika. Reads AMQP_URL, QUEUE, FEED_URL, TOKEN and STATE (a file of its own).
"""

import json
import sqlite3
from os import environ
from urllib.request import Request, urlopen

import pika

db = sqlite3.connect(environ["STATE"])
db.execute("CREATE TABLE IF NOT EXISTS seen (source TEXT, sequence INT, event TEXT)")
db.execute("CREATE TABLE IF NOT EXISTS place (one INT PRIMARY KEY, after TEXT)")


def apply(event):
    """Your effect, and the memory of it, in one transaction."""
    row = (event["source"], int(event["sequence"]), json.dumps(event))
    db.execute("INSERT INTO seen VALUES (?, ?, ?)", row)


def ahead(event):
    """1 is the next of its source; less was there already; before more something is missing."""
    last = "SELECT coalesce(max(sequence), 0) FROM seen WHERE source = ?"
    return int(event["sequence"]) - db.execute(last, [event["source"]]).fetchone()[0]


def take(event):
    if ahead(event) == 1 and ".skipped." not in event["type"]:
        apply(event)
    while ahead(event) > 0:  # what is missing is on its way, dead-lettered or skipped
        (place,) = db.execute("SELECT max(after) FROM place").fetchone()
        url = f"{environ['FEED_URL']}?limit=1000&after={place or ''}"
        bearer = {"Authorization": f"Bearer {environ['TOKEN']}"}
        with urlopen(Request(url, headers=bearer)) as answer:
            page = json.load(answer)
        for missed in page["results"]:
            if ahead(missed) > 0:
                apply(missed)
        db.execute("INSERT OR REPLACE INTO place VALUES (1, ?)", [page["next_after"]])
        if not page["results"]:
            raise LookupError(f"neither in order nor in the feed: {event['id']}")


if __name__ == "__main__":
    with pika.BlockingConnection(pika.URLParameters(environ["AMQP_URL"])) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=20)
        for method, _, body in channel.consume(environ["QUEUE"]):
            with db:  # commits, or takes everything back
                take(json.loads(body))
            channel.basic_ack(method.delivery_tag)  # after the effect, never before

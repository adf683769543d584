"""Read a partner's queue: each event once in effect, in order, with the feed to fill a gap.

Needs pika. Reads AMQP_URL, QUEUE, FEED_URL, TOKEN and STATE (a file of its own).
"""

import json
import os
import sqlite3
import urllib.request

import pika

FEED, BEARER = os.environ["FEED_URL"], {"Authorization": f"Bearer {os.environ['TOKEN']}"}
db = sqlite3.connect(os.environ["STATE"])
db.executescript("""CREATE TABLE IF NOT EXISTS place (one INT PRIMARY KEY, after TEXT);
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, source TEXT, sequence INT, event TEXT)""")


def one(question, *values):
    return (db.execute(question, values).fetchone() or [None])[0]


def apply(event):
    """Your effect, and the memory of it, in one transaction."""
    row = (event["id"], event["source"], int(event["sequence"]), json.dumps(event))
    db.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", row)


def last(source):
    return one("SELECT max(sequence) FROM seen WHERE source = ?", source) or 0


def take(event):
    source, sequence = event["source"], int(event["sequence"])
    if one("SELECT 1 FROM seen WHERE id = ?", event["id"]):
        return  # a repetition
    if sequence == last(source) + 1 and ".skipped." not in event["type"]:
        apply(event)
    else:
        fill_the_gap()  # what is missing is on its way, dead-lettered or skipped
        if sequence > last(source):
            raise LookupError(f"neither in order nor in the feed: {event['id']}")


def fill_the_gap():
    while True:
        after = one("SELECT after FROM place") or ""
        request = urllib.request.Request(f"{FEED}?limit=1000&after={after}", headers=BEARER)
        with urllib.request.urlopen(request) as answer:
            page = json.load(answer)
        for event in page["results"]:
            if not one("SELECT 1 FROM seen WHERE id = ?", event["id"]):
                apply(event)
        db.execute("INSERT OR REPLACE INTO place VALUES (1, ?)", [page["next_after"]])
        if not page["results"]:
            return


def main():
    with pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=20)
        for method, _, body in channel.consume(os.environ["QUEUE"]):
            with db:  # commits, or takes everything back
                take(json.loads(body))
            channel.basic_ack(method.delivery_tag)  # after the effect, never before


if __name__ == "__main__":
    main()

"""Figures for Prometheus of the work itself, kept where it is done: never contents.

What the tables know is in `waiting`, read at each scrape.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

IN_FLIGHT = Gauge(
    "outbox_inflight", "Messages published and not decided.", multiprocess_mode="livesum"
)
LANES_OWNED = Gauge(
    "outbox_lanes_owned", "Lanes that this relay owns.", multiprocess_mode="livesum"
)
BREAKER_OPEN = Gauge(
    "outbox_breaker_open",
    "1 while the relay publishes nothing because the broker is away or holds back.",
    multiprocess_mode="livemax",
)
PUBLISHED = Counter("outbox_publish", "Outcomes of publishing.", ["result"])
RECONNECTS = Counter(
    "broker_reconnects",
    "Connections to the broker that failed or ended unasked, and are made anew.",
    ["process"],
)
CONFIRM_SECONDS = Histogram("outbox_confirm_seconds", "From publishing to the confirm.")
REPLAYED = Counter("outbox_replayed", "Deliveries that were marked to be sent again.")
INBOX_RECEIVED = Counter(
    "inbox_received", "Messages of partners, by what became of them.", ["result"]
)
INBOX_REFUSED = Counter(
    "inbox_refused", "Messages of partners that were parked when they came.", ["reason"]
)

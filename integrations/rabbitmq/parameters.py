"""Connection parameters from an AMQP URL, set one by one."""

from __future__ import annotations

import ssl
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import pika

# Seconds. Under 5 a busy machine looks dead, over 20 a dead one looks alive for long.
HEARTBEAT = 20
BLOCKED_TIMEOUT = 60
SOCKET_TIMEOUT = 10
# Milliseconds until the kernel gives up on bytes that nobody acknowledges.
USER_TIMEOUT = 30_000


def parameters_from(url: str) -> pika.ConnectionParameters:
    """Parameters for `amqp://` or `amqps://user:password@host:port/vhost`.

    amqps verifies the broker's certificate. The query may name `cacertfile`, `certfile` and
    `keyfile` as in RabbitMQ's URI specification, nothing else. ValueError without the URL's
    content, which holds a password, for anything else.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("amqp", "amqps") or not parts.hostname or not parts.username:
        raise ValueError("AMQP_URL must read amqp(s)://user:password@host[:port]/vhost")
    secure = parts.scheme == "amqps"
    return pika.ConnectionParameters(
        host=parts.hostname,
        port=parts.port or (5671 if secure else 5672),
        virtual_host=unquote(parts.path[1:]) or "/",
        credentials=pika.PlainCredentials(
            unquote(parts.username), unquote(parts.password or ""), erase_on_connect=False
        ),
        ssl_options=_tls(parts) if secure else None,
        heartbeat=HEARTBEAT,
        blocked_connection_timeout=BLOCKED_TIMEOUT,
        socket_timeout=SOCKET_TIMEOUT,
        stack_timeout=SOCKET_TIMEOUT + 5,
        connection_attempts=1,
        tcp_options={"TCP_USER_TIMEOUT": USER_TIMEOUT, "TCP_KEEPIDLE": 30},
        client_properties={"connection_name": "tandem"},
    )


def account_of(url: str) -> str:
    """The account's name, which the broker checks against each message's user_id."""
    return unquote(urlsplit(url).username or "")


def is_distrust(error: BaseException) -> bool:
    """Whether a connection failed because the broker's certificate is not believed.

    The library wraps what went wrong, in `args` or as the cause.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return True
    inner: list[object] = list(error.args)
    inner += [getattr(error, name, None) for name in ("exception", "__cause__", "__context__")]
    return any(is_distrust(each) for each in inner if isinstance(each, BaseException))


def _tls(parts: SplitResult) -> pika.SSLOptions:
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    unknown = options.keys() - {"cacertfile", "certfile", "keyfile"}
    if unknown:
        raise ValueError(f"AMQP_URL has options that are not known: {', '.join(sorted(unknown))}")
    context = ssl.create_default_context(cafile=options.get("cacertfile"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if "certfile" in options:
        context.load_cert_chain(options["certfile"], options.get("keyfile"))
    return pika.SSLOptions(context, parts.hostname)

"""amqps verifies who answers: a stranger's certificate, or another name's, is refused."""

import socket
import ssl
import threading
from contextlib import contextmanager

import pika
import pytest

from integrations.rabbitmq.parameters import is_distrust, parameters_from
from integrations.relay import startup
from portal.local.certificates import Authority


@pytest.fixture(scope="module")
def authorities(tmp_path_factory):
    """Ours, which signed the server's certificate for localhost, and a stranger's."""
    folder = tmp_path_factory.mktemp("tls")
    ours, strangers = Authority(), Authority()
    ours.write(folder / "ours.crt")
    strangers.write(folder / "strangers.crt")
    ours.issue(folder, "server", hosts=["localhost"])
    return folder


@contextmanager
def tls_server(folder):
    """A server that takes one TLS handshake and hangs up after the client's first bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    heard: list[bytes] = []

    def serve(listener):
        with listener.accept()[0] as plain:
            plain.settimeout(10)
            try:
                with context.wrap_socket(plain, server_side=True) as secure:
                    heard.append(secure.recv(8))
            except (ssl.SSLError, OSError):
                heard.append(b"")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()
        yield listener.getsockname()[1], heard
        thread.join(10)


def test_the_right_authority_and_name_are_believed(authorities):
    with tls_server(authorities) as (port, heard):
        url = f"amqps://u:p@localhost:{port}/?cacertfile={authorities}/ours.crt"
        with pytest.raises(pika.exceptions.AMQPError) as failed:
            pika.BlockingConnection(parameters_from(url))
    assert heard == [b"AMQP\x00\x00\x09\x01"]
    assert not is_distrust(failed.value)


@pytest.mark.parametrize(("host", "authority"), [("localhost", "strangers"), ("127.0.0.1", "ours")])
def test_a_strangers_certificate_and_another_name_are_refused(authorities, host, authority):
    with tls_server(authorities) as (port, heard):
        url = f"amqps://u:p@{host}:{port}/?cacertfile={authorities}/{authority}.crt"
        with pytest.raises(startup.BrokerUnfit, match="certificate"):
            startup.check(url)
    assert heard == [b""]


def test_a_certificate_that_no_authority_of_the_system_knows_is_refused(authorities):
    with tls_server(authorities) as (port, _), pytest.raises(startup.BrokerUnfit):
        startup.check(f"amqps://u:p@localhost:{port}/")


def test_there_is_no_way_to_switch_the_check_off():
    for option in ("verify=verify_none", "verify_peer=false", "depth=0"):
        with pytest.raises(ValueError, match="not known"):
            parameters_from(f"amqps://u:p@host/?{option}")
    options = parameters_from("amqps://u:p@host/").ssl_options
    assert options.context.verify_mode is ssl.CERT_REQUIRED and options.context.check_hostname
    assert options.context.minimum_version >= ssl.TLSVersion.TLSv1_2

"""The web container's health check: `/livez` over TLS, with the certificate checked.

python -m portal.local.probe /run/tandem/ca.crt
"""

import http.client
import ssl
import sys

from portal.local.paths import stop


def main() -> None:
    context = ssl.create_default_context(cafile=sys.argv[1])
    connection = http.client.HTTPSConnection("localhost", 8443, timeout=5, context=context)
    connection.request("GET", "/livez")
    status = connection.getresponse().status
    if status != 200:
        raise stop(f"/livez answered {status}")


if __name__ == "__main__":
    main()

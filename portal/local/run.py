"""`make run`: the portal on SQLite with the relay and the timers, on loopback, with demo data."""

import urllib.request

from portal.local import environment, prepare, processes
from portal.local.environment import LOOPBACK
from portal.local.paths import VAR, say, stop
from portal.local.supervise import Program, Supervisor

SIGN_INS = """
Sign in at {base}/ with the password  tandem-demo

  physician@demo.example          physician of a practice
  therapist@demo.example          therapist of the same practice
  delegate@demo.example           their delegate
  stranger@demo.example           physician of another practice
  coordinator@demo.example        coordinator of the clinic "apopka"
  clinician@demo.example          clinician of the clinic "apopka"
  clinic-admin@demo.example       administrator of the clinic "apopka"
  other-coordinator@demo.example  coordinator of the clinic "winter-park"
  privacy@demo.example            privacy officer
  admin@demo.example              superuser

A partner's token (client id ehr-demo), and its first events:

  TOKEN=$(curl -s -u ehr-demo:tandem-demo-secret \\
    -d grant_type=client_credentials -d scope='referrals:read events:read' \\
    "$(curl -s {base}/.well-known/openid-configuration \\
      | python3 -c 'import json,sys; print(json.load(sys.stdin)["token_endpoint"])')" \\
    | python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')
  curl -s -H "Authorization: Bearer $TOKEN" '{base}/api/v1/events/?limit=3'

Ctrl-C ends it.
"""


def main() -> None:
    port = environment.port()
    refuse_taken(port)
    database = f"sqlite:///{VAR / 'tandem.sqlite3'}"
    env = environment.demo(port=port, home=VAR, database=database, broker="")
    with Supervisor() as supervisor:
        prepare.everything(env)
        web = environment.web(env, workers=1, threads=8)
        supervisor.start(web)
        supervisor.start(Program("relay", environment.manage("relay_events"), env))
        supervisor.start(Program("timers", environment.manage("run_timers"), env))
        announce(web, env["BASE_URL"])
        supervisor.watch()


def refuse_taken(port: int) -> None:
    if processes.is_listening(port):
        raise stop(f"port {port} is taken; choose another:  make run PORT={port + 1}")


def announce(web: Program, base: str) -> None:
    """Print the sign-ins once the first page is served, with all that it loads."""
    assert web.process is not None
    processes.wait_until(
        lambda: answers(f"{base}/accounts/login/"),
        process=web.process,
        seconds=60,
        what="The portal",
    )
    say(f"Tandem is ready on http://{LOOPBACK}:{base.rsplit(':', 1)[1]}")
    say(SIGN_INS.format(base=base))


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=30) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    main()

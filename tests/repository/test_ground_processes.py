"""Children end with us, nothing is left behind, and a missing package is named in one line."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from portal.local import apt, assets, processes, stamps
from portal.local.rabbitmq import password_hash
from portal.local.supervise import Program, Supervisor
from tests.repository.files import ROOT

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
SUPERVISED = """
import os, sys
from portal.local.supervise import Program, Supervisor
with Supervisor() as supervisor:
    child = Program("child", ["sh", "-c", "sleep 61 & echo $!; wait"], dict(os.environ))
    supervisor.start(child)
    sys.stdout.write(f"{child.process.pid}\\n")
    sys.stdout.flush()
    supervisor.watch()
"""


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has collected yet does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def program(*argv: str, name: str = "child") -> Program:
    return Program(name, argv, dict(os.environ))


def test_a_child_that_will_not_listen_is_killed() -> None:
    child = processes.spawn([sys.executable, "-c", STUBBORN])
    time.sleep(0.3)
    processes.end(child, patience=0.2)
    assert child.returncode == -signal.SIGKILL


def test_a_grandchild_ends_with_its_group() -> None:
    child = processes.spawn(["sh", "-c", "sleep 62 & echo $!; wait"], output=subprocess.PIPE)
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    child.stdout.close()
    processes.end(child, patience=1)
    assert gone_within(grandchild, 3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_it(number: int) -> None:
    command = [sys.executable, "-u", "-c", SUPERVISED]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        lines = [supervisor.stdout.readline() for _ in range(2)]
        pids = [int(line.rpartition("|")[2]) for line in lines]
        supervisor.send_signal(number)
        assert supervisor.wait(10) == 0
    assert all(gone_within(pid, 3) for pid in pids)


def watched(children: Sequence[Program], *, revive: bool = False) -> str:
    with pytest.raises(SystemExit) as ended, Supervisor(revive=revive) as supervisor:
        for child in children:
            supervisor.start(child)
        supervisor.watch()
    return str(ended.value)


@pytest.fixture
def own_signals():
    """The supervisor takes over signals; give them back to pytest."""
    kept = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_one_death_ends_the_rest(own_signals: None) -> None:
    other = program("sleep", "63", name="other")
    message = watched([other, program("sh", "-c", "exit 3")])
    assert "child ended with status 3" in message
    assert other.process is not None and other.process.poll() is not None


def test_what_keeps_dying_is_revived_and_then_given_up(own_signals: None, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    message = watched([program("sh", "-c", f"echo x >> {starts}; exit 1")], revive=True)
    assert "ending the rest" in message
    assert len(starts.read_text().split()) == 6


def test_free_ports_are_free_and_differ() -> None:
    ports = processes.free_ports(5)
    assert len(set(ports)) == 5
    assert not any(processes.is_listening(port) for port in ports)


def test_a_missing_package_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "is_root", lambda: False)
    absent = apt.Package("no-such-package", lambda: False)
    with pytest.raises(SystemExit, match=r"run:  sudo apt-get install -y no-such-package$"):
        apt.require(absent)


def test_a_present_package_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "install", lambda names: pytest.fail("installed something"))
    apt.require(apt.Package("there", lambda: True))


def test_services_are_kept_from_starting_and_the_policy_is_taken_back(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with apt.no_services(policy):
        assert subprocess.run([policy], check=False).returncode == 101
    assert not policy.exists()


def test_a_policy_of_the_machines_own_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("theirs")
    with apt.no_services(policy):
        assert policy.read_text() == "theirs"
    assert policy.read_text() == "theirs"


def test_a_stamp_follows_contents_and_not_times(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_text("one")
    before = stamps.fingerprint([file])
    os.utime(file, (0, 0))
    assert stamps.fingerprint([file]) == before
    file.write_text("two")
    assert stamps.fingerprint([file]) != before


def test_only_what_the_style_sheet_names_is_copied(tmp_path: Path) -> None:
    source, target = tmp_path / "dist", tmp_path / "uswds"
    for name in ("css", "js", "img", "fonts"):
        (source / name).mkdir(parents=True)
    (source / assets.STYLE).write_text(
        "a{src:url(../fonts/a.woff2)}\n/*# sourceMappingURL=uswds.min.css.map */\n"
    )
    for name in (*assets.SCRIPTS, assets.ICONS, "fonts/a.woff2", "fonts/unused.woff2"):
        (source / name).write_text("x;\n//# sourceMappingURL=x.map\n")
    assets.copy_used(source, target)
    copied = {str(f.relative_to(target)) for f in target.rglob("*") if f.is_file()}
    assert copied == {assets.STYLE, *assets.SCRIPTS, assets.ICONS, "fonts/a.woff2"}
    assert "sourceMappingURL" not in (target / assets.STYLE).read_text()
    assert "sourceMappingURL" not in (target / assets.SCRIPTS[0]).read_text()


def test_a_password_hash_is_rabbitmqs() -> None:
    import base64
    import hashlib

    raw = base64.b64decode(password_hash("secret"))
    assert raw[4:] == hashlib.sha256(raw[:4] + b"secret").digest()

"""Names of files: kept as typed as far as that is harmless, never a path, never a header."""

from __future__ import annotations

import email
import email.policy

import pytest

from referrals.files import names

ODD = [
    "../../etc/passwd.pdf", "..\\..\\a.pdf", "/etc/a.pdf", "C:\\a\\b.pdf", "CON.pdf", "a\0b.pdf",
    "a\r\nSet-Cookie: x=1.pdf", "\u202efdp.exe.pdf", "x" * 4000 + ".pdf", ".pdf", "", "...",
    '"; filename=evil.html; x=".pdf', "<script>alert(1)</script>.pdf", "Überweisung für José.pdf",
    "紹介状.pdf", "a\ud800b.pdf", "letter .pdf", "a;b=c.pdf", "%41%0d%0a.pdf", "\u200b.pdf",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_a_name_is_no_path_and_no_control(name: str) -> None:
    kept = names.clean(name)
    assert kept
    assert len(kept) <= 170
    assert not set(kept) & set("/\\\0\r\n\u202e\u200b\ud800")
    assert kept not in (".", "..")


@pytest.mark.parametrize("name", ODD)
def test_a_name_stays_within_its_header(name: str) -> None:
    """RFC 6266, read back by a parser that is not ours."""
    kept = names.clean(name)
    header = names.disposition(kept)
    header.encode("ascii")
    assert "\r" not in header and "\n" not in header
    message = email.message_from_string(
        f"Content-Disposition: {header}\n\n", policy=email.policy.HTTP
    )
    assert message.get_content_disposition() == "attachment"
    assert message.get_all("content-disposition") and len(message.keys()) == 1
    assert header.endswith("filename*=UTF-8''" + names.quote(kept, safe=""))


def test_real_names_pass_whole() -> None:
    for name in ("Überweisung für José.pdf", "O'Brien – letter (2).docx", "紹介状.pdf"):
        assert names.clean(name) == name


def test_the_ending_of_a_long_name_stays() -> None:
    assert names.clean("x" * 4000 + ".docx").endswith(".docx")

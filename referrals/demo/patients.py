"""Invented patients: names from many places, ages from 19 to 78, phones that reach nobody.

Each person is made of one group's names, so that a name reads as somebody could bear it.
No real person is meant.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# (languages spoken at home, first names of women, of men, family names)
_GROUPS: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    (("es", "en", "en"),
     "Xiomara Itzel Graciela Yesenia Pilar Noemi", "Efrain Octavio Ramiro Leandro Isidro Joaquin",
     "Quiñones Belmontes Arriaga Zaldívar Montalvo Cifuentes Olmedo Barrientos"),
    (("en",),
     "Latrice Imani Odessa Charmaine Jocelyn Renita", "Darnell Lucius Emmett Terrance Cedric Otis",
     "Holloway Mayfield Pettiway Rainwater Gadsden Merriweather Tolliver Broadnax"),
    (("ht", "en", "ht"),
     "Marlène Fabiola Guerline Nadège Roseline", "Wilner Jean-Robert Frantz Evens Stanley",
     "Desrosiers Philogène Saint-Cyr Cadet Belizaire Toussaint"),
    (("vi", "en"),
     "Thu-Hà Minh-Châu Kim-Liên Ngọc-Lan Bích", "Quốc Tuấn-Anh Đức Hoàng-Nam Khải",
     "Trịnh Lương Phùng Đoàn Vương Tạ"),
    (("en",),
     "Maeve Lorna Bridget Imogen Philippa Greta", "Callum Anders Rufus Desmond Wendell Gareth",
     "Thackeray Ostrander Lindholm Pemberton Calloway Fitzwarren Brandvold Haverstock"),
    (("ar", "en", "en"),
     "Samira Rania Hanan Dalia Yusra", "Tarek Idris Faisal Nabil Ziad",
     "Mansouri Al-Khatib Farouqi Benhaddou Sayegh Rahmani"),
    (("en", "hi"),
     "Meenakshi Vasudha Rukmini Shalini Parveen", "Raghav Devendra Arvind Jaswant Imtiaz",
     "Krishnaswamy Bhattarai Deshpande Grewal Chaudhuri Venkataraman"),
    (("en", "tl"),
     "Luzviminda Maricel Divina Rowena Teresita", "Arnel Rodrigo Ferdie Crisanto Benigno",
     "Macaraeg Dimaculangan Salonga Pangilinan Bautista-Reyes Ilagan"),
    (("ko", "en", "zh-Hans"),
     "Hye-Jin Soo-Ah Mei-Xiu Yan Ji-Won", "Dae-Hyun Jun-Ho Wei-Guo Zhiyuan Sung-Min",
     "Namgung Seol Ouyang Shentu Hwangbo Gao"),
    (("en", "pl", "ru"),
     "Halina Zofia Ludmila Irina Bożena", "Kazimierz Stanisław Pavel Dmitri Bogdan",
     "Wojtasik Grabowska-Lis Sokolenko Przybylski Marchuk Zielony"),
    (("en",),
     "Leilani Noelani Malia Kalena", "Keoni Kaleo Ikaika Makoa",
     "Kealoha Kamakana Palakiko Mahoe Kekona Nakoa"),
)  # fmt: skip
_NEUTRAL = ("Rowan", "Sage", "Quinn", "Marlowe", "Ari", "Jules")
_AREAS = ("407", "321", "386", "352", "689")
_RELATIONS = ("spouse", "sister", "brother", "adult daughter", "adult son", "mother", "friend")


@dataclass(frozen=True, slots=True)
class Patient:
    """One invented person; `born` makes them an adult throughout the demo's history."""

    given_name: str
    family_name: str
    born: date
    sex: str
    pronouns: str
    language: str
    interpreter: bool
    phone: str
    message_ok: bool
    state: str
    veteran: str
    relation: str
    relation_name: str

    def answers(self) -> dict[str, object]:
        """The patient section; leaves out what nobody would have asked."""
        section: dict[str, object] = {
            "given_name": self.given_name, "family_name": self.family_name,
            "birth_date": self.born.isoformat(), "sex_for_clinical_use": self.sex,
            "phone": self.phone, "ok_to_leave_message": self.message_ok, "state": self.state,
            "language": self.language, "interpreter": self.interpreter, "veteran": self.veteran,
        }  # fmt: skip
        return section | ({"pronouns": self.pronouns} if self.pronouns else {})

    def contact(self) -> dict[str, str]:
        number = f"{self.phone[:-4]}01{(int(self.phone[-2:]) + 7) % 100:02d}"
        return {"name": self.relation_name, "relationship": self.relation, "phone": number}


def invent(rng: random.Random, today: date) -> Iterator[Patient]:
    """An endless row of people, no two of whom share a full name."""
    known: set[tuple[str, str]] = set()
    while True:
        person = _one(rng, today)
        name = (person.given_name, person.family_name)
        if name not in known:
            known.add(name)
            yield person


def _one(rng: random.Random, today: date) -> Patient:
    languages, women, men, families = rng.choice(_GROUPS)
    given, sex, pronouns = _name_and_sex(rng, women, men)
    language = rng.choice(languages)
    family = rng.choice(families.split())
    return Patient(
        given_name=given, family_name=family, born=_birth_date(rng, today), sex=sex,
        pronouns=pronouns, language=language,
        interpreter=language != "en" and rng.random() < 0.6,
        phone=f"+1{rng.choice(_AREAS)}55501{rng.randrange(100):02d}",
        message_ok=rng.random() < 0.72, state="FL" if rng.random() < 0.95 else "GA",
        veteran=rng.choices(("no", "yes", "unknown"), (70, 20, 10))[0],
        relation=rng.choice(_RELATIONS),
        relation_name=f"{rng.choice((women + ' ' + men).split())} {family}",
    )  # fmt: skip


def _name_and_sex(rng: random.Random, women: str, men: str) -> tuple[str, str, str]:
    draw = rng.random()
    if draw < 0.53:
        return rng.choice(women.split()), "female", ""
    if draw < 0.95:
        return rng.choice(men.split()), "male", ""
    return rng.choice(_NEUTRAL), rng.choice(("female", "male", "unknown")), "they/them"


def _birth_date(rng: random.Random, today: date) -> date:
    years = int(rng.triangular(20, 78, 43))
    return today - timedelta(days=int(years * 365.25) + rng.randrange(15, 330))

"""The demonstration province: invented, seeded, and marked as such on every page ("dữ liệu minh họa")."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import orm

from scoring.release import block_size
from scoring.scheme import Rules
from survey.accounts.operations import audit
from survey.accounts.operations.create_user import create_user
from survey.accounts.operations.second_factor import new_secret
from survey.accounts.passwords import new_password
from survey.core.actor import Actor
from survey.core.db import Base
from survey.core.errors import InputError
from survey.core.text import new_code
from survey.demo import province as names
from survey.demo.answers import Scene, burst_answers, draw_answers
from survey.demo.operations.load_followup import load_followup
from survey.demo.operations.move_office import mark_move
from survey.demo.operations.set_targets import set_targets
from survey.demo.release_weeks import set_release_days
from survey.models import (
    Agency,
    AgencyKind,
    AgencyLevel,
    Channel,
    Comment,
    CommentState,
    Counter,
    CounterCode,
    Installation,
    Population,
    Response,
    Role,
    Round,
    RoundState,
    Service,
)
from survey.models.comments import week_of
from survey.publication.editions import freeze
from survey.publication.operations.publish_round import draft_publication, publish, review_publication
from survey.questionnaires import DEFAULT, Definition, bundled
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import check_rules
from survey.structure.queries.installation import is_empty

T = TypeVar("T")
SEED = 20_260_101
BEGAN, LASTS = timedelta(days=75), timedelta(days=180)
"""The newer round began this long before the day the demonstration was made, and runs this long."""
BURSTS, BURST_SIZE = 3, 35
HONEYPOTS = 12
RESPONSES = Base.metadata.tables[Response.__tablename__]
PROGRESS = 100
"""Units of work: 90 to draw and store the answers of all rounds, 10 for what follows from them."""


@dataclass(frozen=True)
class Demo:
    """What the person who started it must be told, once."""

    username: str
    password: str
    #: the code of one counter's poster
    counter_code: str
    responses: int
    #: user names of people of the other roles, each with who it is; all have the same password
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Stratum:
    """A service of an agency: how it is, where it is received, and its transactions."""

    agency: Agency
    service: Service
    counters: tuple[Counter, ...]
    level: float
    late: float
    transactions: int
    #: how many times as many people as elsewhere answer
    busy: float = 1.0


@dataclass(frozen=True)
class _Part:
    """A round of the demonstration: how many years before the newest it began, and about how many answered."""

    years_ago: int
    size: int
    #: units of progress it is worth
    units: int
    random: np.random.Generator

    @property
    def drift(self) -> float:
        """How much less satisfied people were then."""
        return -0.12 * self.years_ago

    @property
    def extras(self) -> bool:
        """Whether it has comments and bursts: a round of two years ago was looked through and is done."""
        return self.years_ago < 2


def load_demo(
    session: orm.Session,
    *,
    now: datetime,
    zone: str = "Asia/Ho_Chi_Minh",
    progress: Callable[[int], object] | None = None,
    cast: names.Cast = names.SMALL,
) -> Demo:
    """Fill an empty database with the demonstration province; `InputError` when it is not empty.

    Dates are relative to `now`, so that the newer round is open; answers are the same at each run. The evaluator's
    password and the counters' codes are random. `progress` is told of each unit of work done, of `PROGRESS` in all.
    """
    if not is_empty(session):
        raise InputError("The database is not empty; the demonstration is only loaded into a new one")
    tell = progress or (lambda _units: None)
    random = np.random.default_rng(SEED)
    definition = bundled()[DEFAULT]
    version = install_questionnaire(session, definition, now)
    _mark_as_demo(session, now)
    strata = _structure(session, now, random, cast)
    today = now.astimezone(ZoneInfo(zone)).date()
    rounds: dict[int, Round] = {}
    responses = 0
    for part in _parts_of(cast, random):
        round_ = rounds[part.years_ago] = _round(session, today, part.years_ago, version.id, zone)
        responses += _fill(session, round_, definition, strata, part, now, tell, cast)
        set_targets(session, round_)
    password = new_password()
    create_user(
        session,
        username="evaluator",
        display_name="Cán bộ đánh giá",
        password=password,
        role=Role.EVALUATOR,
        actor=Actor(now),
    )
    ended = [rounds[years] for years in sorted(rounds, reverse=True) if years]
    if cast.move is not None:
        mark_move(session, rounds[0], cast.move, now)
    _publish(session, ended, now)
    province = session.scalars(sa.select(Agency).where(Agency.kind == AgencyKind.PROVINCE)).one()
    judged = list({stratum.agency.id: stratum.agency for stratum in strata}.values())
    others = load_followup(session, ended, [province, *judged], password=password, now=now, zone=zone)
    tell(10)
    audit.record(
        session, action="demo.loaded", subject="installation", actor=Actor(now), after={"responses": responses}
    )
    first = strata[0].counters[0].codes[0].code
    return Demo("evaluator", password, first, responses, others)


def _parts_of(cast: names.Cast, random: np.random.Generator) -> list[_Part]:
    """The rounds in the order in which they are made; the oldest last, out of a generator of its own."""
    units = 9 * PROGRESS // 10 // len(cast.responses)
    found = [_Part(1, cast.responses[0], units, random), _Part(0, cast.responses[1], units, random)]
    if len(cast.responses) > 2:
        found.append(_Part(2, cast.responses[2], units, np.random.default_rng(SEED + 1)))
    return found


def _publish(session: orm.Session, rounds: list[Round], now: datetime) -> None:
    """Publish rounds by two people; the clock is set so that their accounts are old and the wait is over."""
    before = now - timedelta(days=30)
    first, second = (
        create_user(
            session,
            username=f"evaluator-{number}",
            display_name=name,
            password=new_password(),  # nobody has it
            role=Role.EVALUATOR,
            actor=Actor(before),
        )
        for number, name in ((2, "Cán bộ đánh giá thứ hai"), (3, "Cán bộ đánh giá thứ ba"))
    )
    first.totp_secret, second.totp_secret = new_secret(), new_secret()
    session.flush()
    for round_ in rounds:
        frozen = freeze(session, round_.code)
        made = draft_publication(
            session,
            round_,
            content=frozen.content,
            results_hash=frozen.results_hash,
            actor=Actor(now - timedelta(days=3), first.id),
        )
        review_publication(session, made, actor=Actor(now - timedelta(days=2), second.id))
        publish(session, made, actor=Actor(now, first.id))


def _mark_as_demo(session: orm.Session, now: datetime) -> None:
    installation = session.get(Installation, 1)
    if installation is None:
        session.add(Installation(id=1, is_demo=True, created_at=now))
    else:
        installation.is_demo = True


def _structure(session: orm.Session, now: datetime, random: np.random.Generator, cast: names.Cast) -> list[_Stratum]:
    """Add agencies, services and counters with their codes; return the strata."""
    services = {code: Service(code=code, name=name, name_en=english) for code, name, english in cast.services}
    begun = date(now.year - 3, 7, 1)
    province = _agency(names.PROVINCE, AgencyKind.PROVINCE, AgencyLevel.PROVINCE, None, begun)
    centre = _agency(names.CENTRE, AgencyKind.CENTRE, AgencyLevel.PROVINCE, province, begun)
    departments = [
        _agency((code, name, english), AgencyKind.DEPARTMENT, AgencyLevel.PROVINCE, province, begun)
        for code, name, english, _ in cast.departments
    ]
    communes = [_agency(c, AgencyKind.COMMUNE, AgencyLevel.COMMUNE, province, begun) for c in cast.communes]
    session.add_all([*services.values(), province, centre, *departments, *communes])
    session.flush()
    counters = _centre_counters(centre, departments, services, cast)
    for commune in communes:
        counters += [
            _counter(commune, number, [services[code] for code in handled if code in cast.commune_services], [])
            for number, handled in enumerate(names.COMMUNE_COUNTERS, 1)
        ]
    for counter in counters:
        counter.codes.append(CounterCode(code=new_code(), created_at=now - timedelta(days=400)))
    session.add_all(counters)
    session.flush()
    offers: list[tuple[Agency, tuple[str, ...]]] = [
        (agency, row[3]) for agency, row in zip(departments, cast.departments, strict=True)
    ]
    offers += [(agency, cast.commune_services) for agency in communes]
    return _strata(offers, services, counters, random, cast)


def _agency(
    named: tuple[str, str, str], kind: AgencyKind, level: AgencyLevel, parent: Agency | None, begun: date
) -> Agency:
    code, name, english = named
    return Agency(code=code, name=name, name_en=english, kind=kind, level=level, parent=parent, valid_from=begun)


def _centre_counters(
    centre: Agency, departments: list[Agency], services: dict[str, Service], cast: names.Cast
) -> list[Counter]:
    """The counters of the provincial centre: two a department, and some that several share."""
    alone, shared = departments[: -names.SHARED], departments[-names.SHARED :]
    handled = {agency.code: row[3] for agency, row in zip(departments, cast.departments, strict=True)}
    counters: list[Counter] = []
    for agency in alone:
        counters += [
            _counter(centre, len(counters) + k, [services[code]], [agency])
            for k, code in enumerate(handled[agency.code], 1)
        ]
    both = [services[code] for code in dict.fromkeys(code for agency in shared for code in handled[agency.code])]
    counters += [_counter(centre, len(counters) + k, both, shared) for k in range(1, 2 * names.SHARED + 1)]
    return counters


def _counter(receiving: Agency, number: int, handled: list[Service], deciding: list[Agency]) -> Counter:
    """A counter named by its number and, when it is short enough to be of use, by what it handles."""
    what = ", ".join(service.name for service in handled) if len(handled) <= 2 else "Tiếp nhận tổng hợp"
    english = ", ".join(service.name_en or "" for service in handled) if len(handled) <= 2 else "General reception"
    return Counter(
        agency_id=receiving.id,
        code=f"Q{number}",
        name=f"Quầy {number}: {what}",
        name_en=f"Counter {number}: {english}",
        services=handled,
        deciding_agencies=deciding,
    )


def _strata(
    offers: list[tuple[Agency, tuple[str, ...]]],
    services: dict[str, Service],
    counters: list[Counter],
    random: np.random.Generator,
    cast: names.Cast,
) -> list[_Stratum]:
    """Every service of every agency with a level of its own."""
    found = []
    for agency, codes in offers:
        level, late = random.normal(0.15, 0.3), float(random.beta(2.0, 18.0))
        size = random.lognormal(0.0, cast.unequal) if cast.unequal else 1.0
        for code in codes:
            service = services[code]
            at = tuple(
                c
                for c in counters
                if service in c.services and (agency in c.deciding_agencies or c.agency_id == agency.id)
            )
            transactions = round(float(random.lognormal(6.9, 0.75))) + 120
            busy = size * cast.busy.get(code, 1.0)
            found.append(_Stratum(agency, service, at, level + random.normal(0.0, 0.12), late, transactions, busy))
    return found


def _round(session: orm.Session, today: date, years_ago: int, version_id: int, zone: str) -> Round:
    """Add the newest round, open now, or one that began years before it, closed."""
    opens = today - BEGAN - timedelta(days=365 * years_ago)
    closes = opens + LASTS
    year = (today - BEGAN).year - years_ago
    round_ = Round(
        code=str(year),
        name=f"Đợt khảo sát năm {year}",
        name_en=f"Survey round {year}",
        version_id=version_id,
        opens_on=opens,
        closes_on=closes,
        zone=zone,
        rules=check_rules(None),
        state=RoundState.CLOSED if years_ago else RoundState.OPEN,
    )
    session.add(round_)
    session.flush()
    return round_


def _fill(
    session: orm.Session,
    round_: Round,
    definition: Definition,
    strata: list[_Stratum],
    part: _Part,
    now: datetime,
    progress: Callable[[int], object],
    cast: names.Cast,
) -> int:
    """Add a round's transactions, responses and comments; return how many responses."""
    random, drift = part.random, part.drift
    weight = np.sqrt([s.transactions for s in strata]) * np.array([s.busy for s in strata])
    wanted = np.round(part.size * weight / weight.sum() * random.lognormal(0.0, 0.25, len(strata))).astype(int)
    counts = np.minimum(wanted, [s.transactions // 2 for s in strata])
    session.execute(
        sa.insert(Population),
        [
            {
                "round_id": round_.id,
                "agency_id": s.agency.id,
                "service_id": s.service.id,
                "transactions": max(math.ceil(s.transactions * (1 + drift)), int(n)),
            }
            for s, n in zip(strata, counts, strict=True)
        ],
    )
    of = np.repeat(np.arange(len(strata)), counts)
    moments = _instants(round_, now, len(of), random, cast.season)
    scene = Scene(
        level=np.array([s.level for s in strata])[of] + drift + _moved(cast.move, round_, strata, of, moments, part),
        late=np.array([s.late for s in strata])[of],
        lifts=_lifts(strata, of) if part.years_ago > 1 else {},
    )
    drawn = list(zip(of, draw_answers(definition, scene, random), moments, strict=True))
    rows: list[dict[str, Any]] = []
    draws = part.units * 4 // 9
    for some in _parts(drawn, draws, progress):
        rows += [_response(round_, strata[k], answers, at, random) for k, answers, at in some]
    if part.extras:
        rows += _bursts(round_, definition, strata, moments, random)
        for k in random.choice(len(rows), HONEYPOTS, replace=False):
            rows[k]["excluded"] = "honeypot"
    rows.sort(key=lambda row: row["submitted_at"])
    zone = ZoneInfo(round_.zone)
    block, last = block_size(Rules.from_mapping(round_.rules).min_n), min(round_.closes_on, now.astimezone(zone).date())
    set_release_days(rows, len(definition.items), block, zone, round_.opens_on, last)
    for stored in _parts(rows, part.units - draws, progress):
        session.connection().execute(RESPONSES.insert(), stored)
    if part.extras:
        session.execute(sa.insert(Comment), _comments(round_, strata, moments, random))
    return len(rows)


def _moved(
    move: names.Move | None,
    round_: Round,
    strata: list[_Stratum],
    of: NDArray[np.int64],
    moments: list[datetime],
    part: _Part,
) -> NDArray[np.float64]:
    """How much more satisfied each person of the newest round is for the office that moved before he or she came."""
    if move is None or part.years_ago:
        return np.zeros(len(of))
    since = datetime.combine(move.day(round_.opens_on), time(), ZoneInfo(round_.zone))
    here = np.array([s.agency.code == move.agency for s in strata])[of]
    return np.where(here & np.array([at >= since for at in moments]), move.lift, 0.0)


def _lifts(strata: list[_Stratum], of: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """What the oldest round had worse than it was afterwards, by item: there an action helped."""
    found: dict[str, NDArray[np.float64]] = {}
    for agency, item, lift in names.HELPED:
        here = np.array([lift if s.agency.code == agency else 0.0 for s in strata])[of]
        found[item] = found.get(item, np.zeros(len(of))) + here
    return found


def _parts(rows: list[T], count: int, progress: Callable[[int], object]) -> Iterator[list[T]]:
    """Yield `rows` in about equal parts, telling `progress` of one unit after each."""
    bounds = [len(rows) * k // count for k in range(count + 1)]
    for first, last in itertools.pairwise(bounds):
        yield rows[first:last]
        progress(1)


def _instants(round_: Round, now: datetime, size: int, random: np.random.Generator, season: float) -> list[datetime]:
    """Moments of office hours on working days of the round, none after `now`, in no order; `season`: see `Cast`."""
    zone = ZoneInfo(round_.zone)
    last = min(round_.closes_on, now.astimezone(zone).date() - timedelta(days=1))
    span = [round_.opens_on + timedelta(days=k) for k in range((last - round_.opens_on).days + 1)]
    days = [day for day in span if day.weekday() < 5]
    if season:
        often = np.array([1 + season * math.cos(2 * math.pi * day.timetuple().tm_yday / 365) for day in days])
        picked = random.choice(len(days), size, p=often / often.sum())
    else:
        picked = random.integers(0, len(days), size)
    seconds = np.where(random.random(size) < 0.6, random.normal(9.5, 1.0, size), random.normal(15.0, 1.0, size)) * 3600
    opening, closing = 7.5 * 3600, 17 * 3600
    seconds = np.clip(seconds, opening, closing) + random.integers(0, 600, size)
    midnight = [datetime.combine(day, time(), zone) for day in days]
    return [(midnight[d] + timedelta(seconds=int(s))).astimezone(UTC) for d, s in zip(picked, seconds, strict=True)]


_CHANNELS = (Channel.QR, Channel.KIOSK, Channel.PAPER, Channel.PHONE)
_LANGUAGES = ("vi", "en", "vi-simple")


def _response(
    round_: Round, stratum: _Stratum, answers: str, at: datetime, random: np.random.Generator
) -> dict[str, Any]:
    """One response as a row."""
    channel = _CHANNELS[int(np.searchsorted((0.78, 0.9, 0.97), random.random()))]
    on_screen = channel in (Channel.QR, Channel.KIOSK)
    duration = int(np.clip(random.lognormal(4.9, 0.5), 25, 1500))
    shared = len(stratum.counters[0].deciding_agencies) > 1
    counter = stratum.counters[int(random.integers(len(stratum.counters)))]
    return {
        "key": random.bytes(16).hex(),
        "round_id": round_.id,
        "counter_id": None if channel is Channel.PHONE else counter.id,
        "deciding_agency_id": stratum.agency.id,
        "service_id": None if shared and random.random() < 0.01 else stratum.service.id,
        "channel": channel,
        "language": _LANGUAGES[int(np.searchsorted((0.98, 0.985), random.random()))],
        "answers": answers,
        "opened_at": at - timedelta(seconds=duration + 8) if on_screen else None,
        "submitted_at": at,
        "duration_s": duration if on_screen else None,
        "excluded": None,
    }


def _bursts(
    round_: Round,
    definition: Definition,
    strata: list[_Stratum],
    moments: list[datetime],
    random: np.random.Generator,
) -> list[dict[str, Any]]:
    """Runs of the best answer at one counter, seconds apart: what the evaluator should be warned of."""
    rows = []
    large = [s for s in strata if s.transactions > 20 * BURST_SIZE] or strata
    for k in random.choice(len(large), BURSTS, replace=False):
        at = moments[int(random.integers(len(moments)))]
        for answers in burst_answers(definition, BURST_SIZE):
            row = _response(round_, large[k], answers, at, random)
            duration = int(random.integers(5, 12))
            row |= {
                "channel": Channel.QR,
                "counter_id": large[k].counters[0].id,
                "service_id": large[k].service.id,
                "language": "vi",
                "duration_s": duration,
                "opened_at": at - timedelta(seconds=duration),
            }
            rows.append(row)
            at += timedelta(seconds=int(random.integers(8, 25)))
    return rows


def _comments(
    round_: Round, strata: list[_Stratum], moments: list[datetime], random: np.random.Generator
) -> list[dict[str, Any]]:
    """Comments, most of them read by the moderator already."""
    zone = ZoneInfo(round_.zone)
    picks = random.integers(0, len(strata), 160)
    return [
        {
            "round_id": round_.id,
            "agency_id": strata[k].agency.id,
            "id": int(random.integers(2**62)),
            "text": names.COMMENTS[int(random.integers(len(names.COMMENTS)))],
            "received_week": week_of(moments[int(random.integers(len(moments)))].astimezone(zone).date()),
            "state": CommentState.SHOWN if random.random() < 0.7 else CommentState.NEW,
        }
        for k in picks
    ]

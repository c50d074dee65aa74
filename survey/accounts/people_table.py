"""Table of people: who is to have an account, as an office writes it down; read, checked and given user names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from survey.accounts.usernames import USERNAME, username_of
from survey.core.errors import InputError
from survey.models import Role, User
from survey.spreadsheets.headings import column_letter
from survey.spreadsheets.lost_letters import refuse_lost_letters
from survey.spreadsheets.names import Names, words_of
from survey.spreadsheets.read import Checker, Table

MOST_PEOPLE = 300
"""People a table may have: each gets a drawn code while the administrator waits."""
HEADINGS: Mapping[str, str] = {"name": "Họ và tên", "role": "Vai trò", "agency": "Cơ quan", "username": "Tên đăng nhập"}
"""The columns in the order of the template; the last may be missing."""
_WORDS = {
    "name": "name|ho va ten|ho ten|ten|ten day du|ho ten can bo|can bo",
    "role": "role|vai tro|quyen",
    "agency": "agency|co quan|don vi|ten co quan|ten don vi|co quan don vi|ma co quan|ma don vi|xa phuong",
    "username": "username|ten dang nhap|tai khoan|ten tai khoan",
}
ROLE_NAMES: Mapping[Role, str] = {
    Role.STAFF: "Cán bộ một cửa",
    Role.MANAGER: "Lãnh đạo cơ quan",
    Role.EVALUATOR: "Cán bộ đánh giá",
    Role.ADMIN: "Quản trị",
}
"""What tables and slips call the roles."""
_ROLE_WORDS = {
    Role.STAFF: "staff|one stop staff|can bo mot cua|mot cua|can bo tiep nhan|nhan vien",
    Role.MANAGER: "manager|head of an agency|lanh dao co quan|lanh dao|quan ly|thu truong",
    Role.EVALUATOR: "evaluator|can bo danh gia|danh gia",
    Role.ADMIN: "admin|administrator|quan tri|quan tri vien",
}
_UNIT_ROLES = frozenset({Role.MANAGER, Role.STAFF})


@dataclass(frozen=True)
class Person:
    """One row of the table."""

    name: str
    role: Role
    agency_id: int | None
    username: str


@dataclass
class KnownAccounts:
    """What a table is checked against: open agencies, and the accounts there are."""

    agencies: Names
    usernames: set[str]
    #: (name in small letters, role, agency) → user name, of open accounts
    people: dict[tuple[str, Role, int | None], str]

    @classmethod
    def of(cls, agencies: Names, users: list[User]) -> KnownAccounts:
        """What is known of these agencies and accounts."""
        people = {
            (user.display_name.casefold(), user.role, user.agency_id): user.username for user in users if user.active
        }
        return cls(agencies, {user.username for user in users}, people)


def known_heading(heading: str) -> str:
    """What a heading stands for; empty for one that nobody knows."""
    word = words_of(heading)
    return next((code for code, names in _WORDS.items() if word in names.split("|")), "")


def read_people(table: Table, known: KnownAccounts) -> list[Person]:
    """The people of a table, each with a user name. Raises `TableError` for cells, `InputError` for the whole.

    Where no user name is given it is made of the name, with a number where that is taken. Somebody of the same name,
    role and agency as an open account or an earlier row is refused unless a user name says that it is another person.
    """
    at = {code: k for k, heading in reversed(list(enumerate(table.columns))) if (code := known_heading(heading))}
    for code in ("name", "role", "agency"):
        if code not in at:
            raise InputError(
                "%(source)s has no column “%(heading)s”; its headings are: %(columns)s",
                source=table.source,
                heading=HEADINGS[code],
                columns=", ".join(table.columns),
            )
    check = Checker(table.source, columns=table.columns, fields=at)
    found: list[tuple[int, Person]] = []
    for number, cells in table:
        if len(found) == MOST_PEOPLE:
            raise InputError("%(source)s has more than %(most)d rows; split it", source=table.source, most=MOST_PEOPLE)
        refuse_lost_letters(table.source, ((f"{column_letter(k)}{number}", cell) for k, cell in enumerate(cells)))
        cell = {code: cells[k] for code, k in at.items()}
        role = _role(check, number, cell["role"])
        name = check.required(number, "name", cell["name"])
        agency_id = _agency(check, number, cell["agency"], role, known.agencies)
        person = Person(name, role or Role.STAFF, agency_id, cell.get("username", "").lower())
        if name and role:
            _check_new(check, number, person, known)
        found.append((number, person))
    if not found and not check.cells:
        raise InputError("%(source)s has no rows", source=table.source)
    people = [_named(check, number, person, known) for number, person in found]
    check.finish()
    return people


def _role(check: Checker, number: int, text: str) -> Role | None:
    word = words_of(text)
    role = next((role for role, words in _ROLE_WORDS.items() if word in words.split("|")), None)
    if role is None:
        check.wrong(number, "role", text, "one of %(choices)s", choices=", ".join(ROLE_NAMES.values()))
    return role


def _agency(check: Checker, number: int, text: str, role: Role | None, agencies: Names) -> int | None:
    """The id of a unit role's agency; None for roles without one, whose cell stays empty."""
    found = agencies.find(text)
    if role in _UNIT_ROLES and found is None:
        check.wrong(number, "agency", text, "the code or the name of an open agency")
    elif role is not None and role not in _UNIT_ROLES and text:
        check.wrong(number, "agency", text, "empty: administrators and evaluators belong to no agency")
    return found if role in _UNIT_ROLES else None


def _check_new(check: Checker, number: int, person: Person, known: KnownAccounts) -> None:
    """Note a user name that cannot be, and a person who is there already; those given are taken from then on."""
    key = (person.name.casefold(), person.role, person.agency_id)
    if person.username:
        if not USERNAME.fullmatch(person.username):
            check.wrong(number, "username", person.username, "1 to 64 letters a-z, digits, dots or hyphens")
        elif person.username in known.usernames:
            check.wrong(number, "username", person.username, "a user name that is not taken")
        known.usernames.add(person.username)
    elif key in known.people:
        check.wrong(
            number,
            "name",
            person.name,
            "new: %(username)s has this name, role and agency; give another person of the same name a user name",
            username=known.people[key],
        )
    known.people.setdefault(key, person.username or person.name)


def _named(check: Checker, number: int, person: Person, known: KnownAccounts) -> Person:
    """The person with a user name: made of the name where none was given, once those that were given are taken."""
    if person.username or not person.name:
        return person
    username = username_of(person.name, known.usernames)
    if not username:
        check.wrong(number, "name", person.name, "in Latin letters, or with a user name beside it")
        return person
    known.usernames.add(username)
    return Person(person.name, person.role, person.agency_id, username)

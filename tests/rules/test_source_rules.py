"""Rules of the source that keep whole kinds of faults out, checked offline on the syntax trees."""

from __future__ import annotations

import ast
import re

from tests.rules.test_architecture import ROOT, SOURCES, calls, imports, module_of, nodes_of

#: whatever could send a request somewhere, or take one from elsewhere than the server
NETWORK = {
    *(
        "requests",
        "httpx",
        "aiohttp",
        "urllib3",
        "urllib.request",
        "http.client",
        "http.server",
        "socket",
        "socketserver",
    ),
    *("smtplib", "ftplib", "telnetlib", "poplib", "imaplib", "xmlrpc", "asyncio", "ssl", "websockets"),
}
#: speaks to a Dask scheduler, where a command names one
FOR_SEVERAL_MACHINES = "survey.results.archive.distribute"
MAY_ASK = frozenset({"survey.improvement.smtp", FOR_SEVERAL_MACHINES})
#: whatever turns bytes into code
UNSAFE_READERS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
UNSAFE_CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.load_all", "yaml.full_load"),
    *("yaml.unsafe_load", "pd.read_pickle", "tempfile.mktemp", "flask.render_template_string"),
}
#: the questions of a form that were escaped when they were rendered, kept to be put into the next page
MARKS_AS_SAFE = frozenset({"survey.collect.respond.page"})
#: reviewed: what is put in is a constant of the program or a table's name found in the schema
KNOWN_STATEMENTS = (
    "survey.migrations",
    "survey.core.db:",
    "survey.maintenance.operations.snapshot:",
    "survey.maintenance.operations.stream_database:",
    "survey.collect.operations.purge:",
)
#: draws from `random.SystemRandom` alone
CHANCE_WITHOUT_SECRETS = frozenset(
    {
        "survey.collect.operations.import_responses",
        "survey.improvement.operations.settle_cases",
        "survey.migrations.versions.20261129_2040_comments_by_week",
        "survey.results.operations.settle_comments",
    }
)
#: programs may be started here: our own interpreter, when the server starts and for each job of heavy work
STARTS_PROGRAMS = {"survey.serve", "survey.files.jobs.worker"}
#: our own converter of old workbooks, in a process whose memory and time end with the file; an archive's provinces
STARTS_OUR_PROGRAM = {"survey.spreadsheets.other_workbooks", "survey.results.archive.distribute"}
#: whatever tells the time or how long something took
CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.date.today"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "func.now", "sa.func.now"),
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"),
    *("time.localtime", "time.gmtime", "time.strftime", "time.ctime", "time.process_time", "pd.Timestamp.now"),
}
#: (module, clock): what the time is, in one place; the others measure how long something took or rests
READS_CLOCKS = {
    ("survey.core.stored_count", "time.monotonic"),  # between two waits for the disk
    ("survey.core.clock", "datetime.now"),
    ("survey.migrations.versions.20261129_2130_rules", "datetime.now"),  # when the update changed the rules
    ("survey.migrations.versions.20261130_0255_counter_days", "datetime.now"),  # the same
    ("survey.migrations.versions.20261130_0655_leagues", "datetime.now"),  # the same
    ("survey.migrations.versions.20261130_2030_letters", "datetime.now"),  # the same
    ("survey.core.cache", "time.monotonic"),  # how old a cached value is
    ("survey.core.db", "time.monotonic"),  # how long a connection rested in the pool
    ("survey.results.sensitivity", "time.monotonic"),  # how old a cached result is
    ("survey.web.observability", "time.perf_counter"),  # how long a request took
    ("survey.accounts.attempts", "time.time"),  # the same windows
    ("survey.web.rate_counts", "time.time"),  # windows of counts that processes share by the wall clock
    ("survey.web.security", "time.monotonic"),  # how old the answer about the demonstration is
}


def within(name: str, forbidden: set[str]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in forbidden)


def importers(forbidden: set[str], but: frozenset[str] = frozenset()) -> list[str]:
    """Return what imports something forbidden."""
    every = ((module_of(path), name) for path in SOURCES for name in imports(path))
    return [f"{module} imports {name}" for module, name in every if within(name, forbidden) and module not in but]


def callers(forbidden: set[str], but: frozenset[str] = frozenset()) -> list[str]:
    """Return what calls something forbidden."""
    every = ((module_of(path), calls(path) & forbidden) for path in SOURCES)
    return [f"{module} calls {name}" for module, names in every for name in sorted(names) if module not in but]


def test_nothing_but_the_mail_command_asks_other_machines() -> None:
    assert importers(NETWORK | {"dask", "distributed"}, but=MAY_ASK) == []
    assert importers({"survey.improvement.smtp"}) == ["survey.improvement.outbox imports survey.improvement.smtp"]
    assert importers({"survey.improvement.outbox"}) == [
        f"survey.improvement.mail_command imports survey.improvement.outbox{name}"
        for name in ("", ".empty_outbox", ".write_reminders")
    ]


def test_several_machines_are_for_the_command_line() -> None:
    """Decision 18: Dask is loaded by the command that asks for it, within a function; no page can come to it."""
    path = ROOT / "survey" / "results" / "archive" / "distribute.py"
    top = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not [node for node in top if "distributed" in ast.unparse(node) or "dask" in ast.unparse(node)]
    assert importers({FOR_SEVERAL_MACHINES}) == [f"survey.results.commands imports {FOR_SEVERAL_MACHINES}"]


def test_nothing_read_becomes_code() -> None:
    assert importers(UNSAFE_READERS) == []
    assert callers(UNSAFE_CALLS) == []
    assert callers({"Markup", "markupsafe.Markup"}, but=MARKS_AS_SAFE) == []


def test_yaml_is_read_by_safe_loaders() -> None:
    safe = {"yaml.safe_load", "yaml.BaseLoader", "yaml.SafeLoader", "yaml.CSafeLoader"}
    for path in SOURCES:
        assert {call for call in calls(path) if call.startswith("yaml.") and "load" in call.lower()} <= safe
        bases = {ast.unparse(base) for node in nodes_of(path) if isinstance(node, ast.ClassDef) for base in node.bases}
        assert {base for base in bases if base.startswith("yaml.")} <= safe


def test_programs_are_started_at_one_place() -> None:
    assert importers({"subprocess", "multiprocessing", "pty"}, but=STARTS_OUR_PROGRAM) == []
    starting = {module_of(path) for path in SOURCES for call in calls(path) if re.match(r"os\.(exec|spawn|fork)", call)}
    assert starting == STARTS_PROGRAMS


def test_secrets_come_from_the_system() -> None:
    assert importers({"random"}, but=CHANCE_WITHOUT_SECRETS) == []


def test_the_time_is_asked_of_the_applications_clock() -> None:
    """Pages and commands ask `survey.web.context.now`, which tests set; operations and queries are handed the time."""
    read = set()
    for path in SOURCES:
        names = {ast.unparse(node) for node in nodes_of(path) if isinstance(node, ast.Attribute)}
        read |= {(module_of(path), name) for name in names & CLOCKS}
        assert not [name for name in imports(path) if name in CLOCKS], f"{path} imports a clock by its bare name"
    assert read == READS_CLOCKS


def test_who_acts_and_when_is_one_argument() -> None:
    """Operations take `survey.core.actor.Actor`, not the time and an account apart."""
    apart = []
    for path in SOURCES:
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef) and "operations" in path.parts:
                arguments = {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
                if "now" in arguments and arguments & {"user_id", "by"}:
                    apart.append(f"{module_of(path)}.{node.name}")
    assert apart == ["survey.accounts.operations.sign_in.sign_in"]  # its account is what it is about


def test_asking_and_sending_are_two_views() -> None:
    """A view answers GET or POST: none takes both and asks which it is."""
    both, asks = [], []
    for path in SOURCES:
        for node in nodes_of(path):
            if isinstance(node, ast.keyword) and node.arg == "methods" and isinstance(node.value, ast.List):
                both += [f"{module_of(path)}: {ast.unparse(node.value)}"] * (len(node.value.elts) > 1)
            if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("request.method"):
                asks.append(module_of(path))
    assert both == []
    # `csrf` protects whatever is not safe; the posted form may name its page's language
    assert sorted(asks) == ["survey.web.csrf", "survey.web.i18n"]


def test_statements_take_values_as_parameters() -> None:
    """No SQL is glued together, but for names of our own tables and constants."""
    wrong = []
    for path in SOURCES:
        for node in nodes_of(path):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            statement = node.func.attr in {"text", "exec_driver_sql", "execute", "executescript"}
            if statement and isinstance(node.args[0], ast.JoinedStr | ast.BinOp):
                wrong.append(f"{module_of(path)}: {ast.unparse(node.args[0])}")
    assert [one for one in wrong if not one.startswith(KNOWN_STATEMENTS)] == []


def test_no_address_is_made_of_what_the_caller_asked_for() -> None:
    """The Host header is the caller's: addresses that leave a page come from `PUBLIC_BASE_URL`."""
    of_caller = {"host", "host_url", "url_root", "root_url", "base_url", "url", "origin", "referrer"}
    wrong = []
    for path in SOURCES:
        for node in nodes_of(path):
            if isinstance(node, ast.Attribute) and node.attr in of_caller:
                wrong += [f"{module_of(path)}: {ast.unparse(node)}"] * ast.unparse(node.value).endswith("request")
            if isinstance(node, ast.keyword) and node.arg == "_external":
                wrong.append(f"{module_of(path)}: _external")
    for path in (ROOT / "templates").rglob("*.*"):
        wrong += [
            f"{path.name}: {one}"
            for one in re.findall(r"request\.(?:host|url|base|root)\w*|_external", path.read_text("utf-8"))
        ]
    assert wrong == []


def test_templates_are_escaped_and_bring_nothing_inline() -> None:
    """`| safe` only for the data block that was escaped where it was made; no scripts, styles or handlers in them."""
    wrong = []
    for path in sorted((ROOT / "templates").rglob("*.*")):
        text = path.read_text("utf-8")
        name = path.relative_to(ROOT / "templates").as_posix()
        for pattern in (
            r"\|\s*safe\b",
            r"autoescape\s+false",
            r"\sstyle=",
            r"<style",
            r"\son\w+=[\"']",
            r"javascript:",
        ):
            wrong += [f"{name}: {found.strip()}" for found in re.findall(pattern, text, re.IGNORECASE)]
        wrong += [f"{name}: {tag}" for tag in re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text)]
        wrong += [f"{name}: {tag}" for tag in re.findall(r"<form[^>]*method=.?get[^>]*action=.?http[^>]*>", text)]
    page = "publication/public/results.html"
    assert wrong == [f"{page}: | safe", f'{page}: <script type="application/ld+json">']


def test_scripts_build_no_markup_from_text() -> None:
    wrong = []
    for path in sorted((ROOT / "static").rglob("*.js")):
        text = path.read_text("utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            wrong += [f"{path.name}: {word}"] * (word in text)
    assert wrong == []


def test_a_slow_test_says_why() -> None:
    marks = [
        (path.name, reason)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for reason in re.findall(r"^@pytest\.mark\.slow(.*)$", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert marks
    assert [mark for mark in marks if not re.fullmatch(r'\(reason=".{15,}"\)', mark[1])] == []

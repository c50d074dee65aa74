"""Wording of codes: what each value of an enumeration, each status and each reason is called, once for all outputs.

Pages call a `Wording` in the language of the request; exports and reports ask it for Vietnamese and English. The words
themselves are gettext messages: English here, other languages in the catalogues.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext

from survey.models import (
    ActionState,
    ActionStep,
    AgencyKind,
    AgencyLevel,
    BatchKind,
    CaseKind,
    CaseOrigin,
    CaseState,
    CaseStep,
    Cause,
    Channel,
    CommentState,
    Instrument,
    PlaceOutcome,
    PublicationState,
    Role,
    RoundState,
    Theme,
    WithdrawalKind,
    WithdrawalReason,
    WithdrawalState,
)
from survey.web.messages import N_, Pair, bilingual, translate


@dataclass(frozen=True, eq=False)
class Wording(Mapping[str, Pair]):
    """Words for a set of codes. As a mapping it gives each code's pair, in the order of the codes."""

    messages: Mapping[str, str]

    def __call__(self, code: str) -> str:
        """The word in the language of the request; the code itself where there is none."""
        return str(gettext(self.messages[code])) if code in self.messages else str(code)

    def here(self) -> dict[str, str]:
        """All words in the language of the request, by code, for a list to choose from."""
        return {str(code): self(code) for code in self.messages}

    def text(self, code: str, language: str = "vi") -> str:
        """The word in one language; the code itself where there is none."""
        return translate(self.messages[code], language) if code in self.messages else str(code)

    def pair(self, code: str) -> Pair:
        """The word in both languages of files; the code twice where there is none."""
        return bilingual(self.messages[code]) if code in self.messages else (str(code), str(code))

    def __getitem__(self, code: str) -> Pair:
        if code not in self.messages:
            raise KeyError(code)
        return self.pair(code)

    def __iter__(self) -> Iterator[str]:
        return (str(code) for code in self.messages)

    def __len__(self) -> int:
        return len(self.messages)


ROLES = Wording(
    {
        Role.ADMIN: N_("Administrator"),
        Role.EVALUATOR: N_("Evaluator"),
        Role.MANAGER: N_("Head of an agency"),
        Role.STAFF: N_("One-stop staff"),
    }
)
ROUND_STATES = Wording(
    {
        RoundState.DRAFT: N_("Draft"),
        RoundState.OPEN: N_("Taking responses"),
        RoundState.CLOSED: N_("Closed"),
        RoundState.PUBLISHED: N_("Published"),
    }
)
PUBLICATION_STATES = Wording(
    {
        PublicationState.DRAFT: N_("Draft, not reviewed yet"),
        PublicationState.REVIEWED: N_("Reviewed, not published yet"),
        PublicationState.PUBLISHED: N_("Published"),
        PublicationState.WITHDRAWN: N_("Withdrawn"),
    }
)
COMMENT_STATES = Wording(
    {
        CommentState.NEW: N_("Not reviewed yet"),
        CommentState.SHOWN: N_("Shown"),
        CommentState.HIDDEN: N_("Kept hidden"),
    }
)
ACTION_STATES = Wording(
    {
        ActionState.PLANNED: N_("Planned"),
        ActionState.DOING: N_("Under way"),
        ActionState.DONE: N_("Done"),
        ActionState.DROPPED: N_("Given up"),
    }
)
CHANNELS = Wording(
    {
        Channel.QR: N_("QR code"),
        Channel.KIOSK: N_("Screen at the counter"),
        Channel.RECEIPT: N_("Code on the receipt"),
        Channel.PAPER: N_("Paper form"),
        Channel.PHONE: N_("Telephone"),
        Channel.INTERVIEWER: N_("Interviewer"),
        Channel.ONLINE: N_("Online"),
        Channel.IMPORT: N_("Imported file"),
    }
)
ACTION_STEPS = Wording(
    {
        ActionStep.ENTERED: N_("Action entered"),
        ActionStep.CHANGED: N_("Wording changed"),
        ActionStep.EXTENDED: N_("Due day extended"),
        ActionStep.NOTED: N_("Progress noted"),
        ActionStep.EVIDENCE: N_("Evidence attached"),
        ActionStep.DONE: N_("Reported as done"),
        ActionStep.RETURNED: N_("Returned by the province"),
        ActionStep.ACCEPTED: N_("Accepted by the province"),
        ActionStep.WITHDRAWN: N_("Acceptance withdrawn"),
        ActionStep.DROPPED: N_("Action given up"),
    }
)
"""What was done to an action."""
CAUSES = Wording(
    {
        Cause.STAFFING: N_("Too few officials"),
        Cause.TRAINING: N_("Officials lack training"),
        Cause.ATTITUDE: N_("Manner of serving"),
        Cause.PROCEDURE: N_("Procedure or papers are burdensome"),
        Cause.COORDINATION: N_("Units work together slowly"),
        Cause.SYSTEMS: N_("Software, equipment or network"),
        Cause.FACILITIES: N_("Premises and furniture"),
        Cause.GUIDANCE: N_("Guidance is unclear"),
        Cause.WORKLOAD: N_("More dossiers than planned for"),
        Cause.OVERSIGHT: N_("Heads do not check and urge"),
        Cause.OTHER: N_("Another cause"),
    }
)
"""Why a figure is as it is."""
STANDINGS = Wording(
    {
        "chua-co-ke-hoach": N_("No plan yet"),
        "den-han": N_("Due this month"),
        "qua-han": N_("Overdue"),
        "dang-lam": N_("Being carried out"),
        "cho-duyet": N_("Done, not accepted yet"),
        "da-duyet": N_("Accepted"),
        "chua-hieu-qua": N_("Accepted, no effect shown"),
        "hieu-qua": N_("Effective"),
        "da-bo": N_("Given up"),
    }
)
"""Where an action stands on the board; the codes are those of its address."""
EFFECT_VERDICTS = Wording(
    {
        "better": N_("improved"),
        "same": N_("not enough evidence"),
        "worse": N_("got worse"),
        "unknown": N_("cannot be told"),
    }
)
"""What the next round says of an action."""
CASE_KINDS = Wording(
    {
        CaseKind.REPORT: N_("Report of something wrong"),
        CaseKind.SUGGESTION: N_("Suggestion"),
        CaseKind.COMPLAINT: N_("Complaint (not handled here)"),
        CaseKind.DENUNCIATION: N_("Denunciation (not handled here)"),
        CaseKind.SPAM: N_("Nothing to handle"),
    }
)
"""What a case is by law."""
CASE_OFFERS = Wording(
    {
        "report": N_("Report something that goes wrong"),
        "suggestion": N_("Suggest how to do it better"),
    }
)
"""What a citizen chooses from."""
CASE_ORIGINS = Wording(
    {
        CaseOrigin.FORM: N_("By the page for citizens"),
        CaseOrigin.COMMENT: N_("From a comment on a rating"),
        CaseOrigin.PAPER: N_("By letter"),
        CaseOrigin.PHONE: N_("By telephone"),
    }
)
CASE_STATES = Wording(
    {
        CaseState.NEW: N_("Not looked at yet"),
        CaseState.WORKING: N_("Being handled"),
        CaseState.REPLIED: N_("Reply waits for approval"),
        CaseState.CLOSED: N_("Closed, with its reply"),
    }
)
CASE_STATES_FOR_CITIZENS = Wording(
    {
        "new": N_("Received"),
        "working": N_("Being handled by the agency"),
        "replied": N_("The reply is being checked"),
        "closed": N_("Finished"),
    }
)
"""The same as the sender is told it."""
CASE_STEPS = Wording(
    {
        CaseStep.RECEIVED: N_("Received"),
        CaseStep.CLASSED: N_("Classed"),
        CaseStep.RELEASED: N_("Let go to the agency"),
        CaseStep.ASSIGNED: N_("Assigned"),
        CaseStep.HANDED_OVER: N_("Handed to another agency"),
        CaseStep.REPLIED: N_("Reply written"),
        CaseStep.RETURNED: N_("Reply returned by the province"),
        CaseStep.APPROVED: N_("Reply approved by the province"),
        CaseStep.RATED: N_("The citizen rated the reply"),
    }
)
"""What was done to a case."""
AGENCY_KINDS = Wording(
    {
        AgencyKind.PROVINCE: N_("provincial people's committee"),
        AgencyKind.DEPARTMENT: N_("department, board or branch"),
        AgencyKind.DISTRICT: N_("district people's committee (until 30/6/2025)"),
        AgencyKind.COMMUNE: N_("commune or ward people's committee"),
        AgencyKind.CENTRE: N_("public service centre"),
    }
)
LEAGUES = Wording(
    {
        "": N_("Agencies"),
        AgencyKind.DEPARTMENT: N_("Departments, boards and branches"),
        AgencyKind.COMMUNE: N_("Communes and wards"),
        AgencyKind.DISTRICT: N_("Districts"),
        AgencyKind.CENTRE: N_("Public service centres"),
        AgencyKind.PROVINCE: N_("Provincial people's committee"),
    }
)
"""Agencies that are ranked and compared together."""
BANDS = Wording(
    {
        "better": N_("better than expected"),
        "expected": N_("as expected"),
        "worse": N_("worse than expected"),
    }
)
"""How an agency stands against the range expected of its league."""
AGENCY_LEVELS = Wording(
    {
        AgencyLevel.PROVINCE: N_("province"),
        AgencyLevel.DISTRICT: N_("district"),
        AgencyLevel.COMMUNE: N_("commune"),
    }
)
BATCH_KINDS = Wording(
    {
        BatchKind.AGENCIES: N_("Agencies"),
        BatchKind.SERVICES: N_("Service fields"),
        BatchKind.COUNTERS: N_("Counters"),
        BatchKind.POPULATION: N_("Transactions of a round"),
        BatchKind.RESPONSES: N_("Responses"),
    }
)
"""What an import brings."""
THEMES = Wording(
    {
        Theme.ATTITUDE: N_("Manner of officials"),
        Theme.GUIDANCE: N_("Guidance"),
        Theme.PROCEDURE: N_("Procedures and papers"),
        Theme.TIME: N_("Time limits"),
        Theme.FEE: N_("Fees"),
        Theme.PLACE: N_("Place and facilities"),
        Theme.ONLINE: N_("Online services"),
        Theme.RESULT: N_("The result"),
        Theme.FEEDBACK: N_("Handling of complaints"),
        Theme.PRAISE: N_("Praise"),
        Theme.OTHER: N_("Something else"),
    }
)
"""What a comment is about."""
WITHDRAWAL_KINDS = Wording(
    {
        WithdrawalKind.CORRECTION: N_("Correction of a paper form"),
        WithdrawalKind.UNDO: N_("File or pile taken back"),
        WithdrawalKind.CODE: N_("Code of a counter withdrawn"),
        WithdrawalKind.EXCLUSION: N_("Responses left out by a rule"),
    }
)
"""What was taken back of the evidence."""
WITHDRAWAL_STATES = Wording(
    {
        WithdrawalState.WAITING: N_("Waits for a decision, without effect"),
        WithdrawalState.DONE: N_("In force"),
        WithdrawalState.REFUSED: N_("Refused"),
        WithdrawalState.REVERSED: N_("Taken back again: counts"),
    }
)
WITHDRAWAL_REASONS = Wording(
    {
        WithdrawalReason.SLIP: N_("Not what stands on the paper"),
        WithdrawalReason.DIFFERED: N_("The second pass says otherwise"),
        WithdrawalReason.WRONG_PLACE: N_("Wrong counter, agency or day"),
        WithdrawalReason.TWICE: N_("The same answers came in twice"),
        WithdrawalReason.NOT_CITIZENS: N_("Not answers of citizens"),
        WithdrawalReason.POSTER: N_("Poster or code lost, damaged or misused"),
        WithdrawalReason.OTHER: N_("Another reason"),
    }
)
"""Why evidence is taken back."""

WEEKDAYS = Wording(
    {
        "1": N_("Monday"),
        "2": N_("Tuesday"),
        "3": N_("Wednesday"),
        "4": N_("Thursday"),
        "5": N_("Friday"),
        "6": N_("Saturday"),
        "7": N_("Sunday"),
    }
)
INSTRUMENTS = Wording(
    {
        Instrument.SIPAS: N_("SIPAS of the Ministry of Home Affairs"),
        Instrument.SERVICE_INDEX: N_("Satisfaction part of the service index (Decision 766)"),
        Instrument.PORTAL: N_("Rating on the national portal"),
        Instrument.PAR: N_("PAR INDEX"),
    }
)
PLACE_OUTCOMES = Wording(
    {
        PlaceOutcome.ASKED: N_("Asked the agency; waiting for its answer"),
        PlaceOutcome.EXPLAINED: N_("There is a good reason; the answers stay"),
        PlaceOutcome.TO_EXCLUDE: N_("Responses are to be left out, as a second person must agree"),
    }
)
"""What became of a place that was looked at again."""
PLACE_CHECKS = Wording(
    {
        "closed_run": N_("More answers outside of opening hours than in its other weeks"),
        "closed_share": N_("More answers outside of opening hours than elsewhere"),
        "busy_run": N_("Weeks with more answers and another index"),
        "closed_open": N_("Other answers outside of opening hours than within"),
        "paper_live": N_("Other answers on paper than at the counter"),
        "import_live": N_("Other answers in files than at the counter"),
        "receipt_wall": N_("Other answers by receipt codes than by posters"),
        "brought_share": N_("More paper and files than elsewhere"),
        "unlike": N_("Forms filled in otherwise than elsewhere"),
        "shape": N_("Very high or very low scores more often than elsewhere"),
        "last_round": N_("More answers and another index than in the last round"),
    }
)
"""The checks of `scoring.detectors`, in the order of its limits."""
BY_ENUM: Mapping[type[enum.StrEnum], Wording] = {
    Role: ROLES,
    RoundState: ROUND_STATES,
    PublicationState: PUBLICATION_STATES,
    CommentState: COMMENT_STATES,
    PlaceOutcome: PLACE_OUTCOMES,
    Instrument: INSTRUMENTS,
    ActionState: ACTION_STATES,
    ActionStep: ACTION_STEPS,
    Cause: CAUSES,
    CaseKind: CASE_KINDS,
    CaseOrigin: CASE_ORIGINS,
    CaseState: CASE_STATES,
    CaseStep: CASE_STEPS,
    Channel: CHANNELS,
    AgencyKind: AGENCY_KINDS,
    AgencyLevel: AGENCY_LEVELS,
    BatchKind: BATCH_KINDS,
    Theme: THEMES,
    WithdrawalKind: WITHDRAWAL_KINDS,
    WithdrawalState: WITHDRAWAL_STATES,
    WithdrawalReason: WITHDRAWAL_REASONS,
}
"""The words of every enumeration that people read; a new one is added here."""

EXCLUSIONS = Wording(
    {
        "honeypot": N_("Sent by a program, not a person"),
        "empty": N_("No question was answered"),
        "too_few_answers": N_("Too few questions were answered"),
        "flagged": N_("Set aside by an evaluator"),
        "entry_corrected": N_("Keyed in wrongly and corrected by the paper"),
        "import_undone": N_("Import or pile of paper forms taken back"),
        "waiting": N_("Not counted yet: waits for an evaluator to release the batch"),
        "batch_refused": N_("Batch refused by an evaluator"),
        "correction_waiting": N_("Correction of a paper form that waits for an evaluator; the form counts as before"),
        "correction_refused": N_("Correction of a paper form refused by an evaluator"),
    }
)
"""Why a response is not counted."""
BATCH_STANDINGS = Wording(
    {
        "waiting": N_("Not counted yet"),
        "released": N_("Released: counts"),
        "counted": N_("Counts"),
        "refused": N_("Refused"),
        "undone": N_("Taken back"),
    }
)
"""How far the evidence of a batch has come, by `survey.models.ImportBatch.standing`."""
DOUBTS = Wording(
    {
        "straight_best": N_("“Very satisfied” with every question (no reason for doubt by itself)"),
        "straight_worst": N_("“Very dissatisfied” with every question (no reason for doubt by itself)"),
        "straight_middle": N_("The same answer in between to every question (no reason for doubt by itself)"),
        "too_fast": N_("Answered faster than one can read"),
        "burst": N_("Part of an unusual run at one counter"),
        "repeat": N_("Likely sent again from the same phone"),
    }
)
"""Why a response deserves a second look."""
INTERVAL_METHODS = Wording(
    {
        "jeffreys": N_("Jeffreys interval with a steadied design effect (Brown, Cai & DasGupta 2001)"),
        "beta": N_("Korn-Graubard interval (Korn & Graubard 1998)"),
        "logit": N_("t interval on the logit scale"),
        "wilson": N_("Wilson score interval (Wilson 1927)"),
        "t": N_("t interval"),
        "clopper_pearson": N_("Clopper-Pearson interval with Kish's effective number (Clopper & Pearson 1934)"),
        "census": N_("complete count: the index itself"),
    }
)
"""Methods of intervals by the name in the column `interval`: the words of `scoring.intervals.METHOD_NAMES`."""
COMPOSITIONS = Wording(
    {
        "pooled": N_("All valid answers are taken together."),
        "mean_items": N_("The overall index is the mean of the items' indices."),
        "mean_elements": N_("The overall index is the mean of the elements' indices."),
        "custom": N_("The overall index is the weighted mean of the elements, with the weights of this round."),
    }
)
"""How items make an index, in one sentence."""
SAMPLING_UNITS = Wording(
    {
        "counter_day": N_(
            "people of one counter and day, or of one pile of paper forms; where no counter is known, each respondent"
        ),
        "none": N_("each respondent"),
    }
)
"""What is taken to vary independently, see the rule `clusters`."""
HEADLINES = Wording({"plain": N_("plain"), "hardened": N_("hardened"), "calibrated": N_("calibrated")})
"""The index that a round names first (rule `headline`)."""
FRAMES = Wording(
    {
        "sample": N_("Chosen by chance: receipts"),
        "interviewer": N_("Chosen by chance: interviewer"),
        "wall": N_("Answered by themselves"),
    }
)
"""Who of a round was chosen by chance, and who chose to answer."""
FRAME_DIFFERENCES = Wording(
    {"sample": N_("Wall less receipts (points)"), "interviewer": N_("Wall less interviewer (points)")}
)
FIGURE_STATUSES = Wording(
    {
        "ok": N_("Index with its interval."),
        "no_data": N_("No valid answers yet."),
        "no_df": N_("Too few respondents to work out an interval."),
        "small_n": N_("Too few respondents for an interval that says anything."),
        "wide": N_("The interval is too wide to be of use."),
        "population_below_sample": N_("More responses than reported transactions; check the transactions."),
        "census": N_("Everyone was asked: no sampling error."),
        "zero_variance": N_("Every answer is the same; the interval comes from the number of respondents alone."),
        "lonely_psu": N_("A service has a single respondent; the interval is made wider."),
        "suppressed": N_("Hidden to protect the few who answered."),
        "live": N_("Unweighted total of the responses released so far; intervals follow once the round has ended."),
    }
)
"""Status words of `scoring.table`, as sentences."""
FIGURE_WARNINGS = Wording(
    {
        "equal_within_agency": N_(
            "Some services have no known transactions; responses count the same within the agency."
        ),
        "no_population": N_("The agency's transactions are not known; it is not part of the province."),
        "unweighted": N_("Transactions are not known; every response counts the same."),
        "population_below_sample": FIGURE_STATUSES.messages["population_below_sample"],
        "lonely_psu": FIGURE_STATUSES.messages["lonely_psu"],
        "low_coverage": N_("Services without responses hold a large part of the transactions; they are not covered."),
        "renormalised": N_("An element without answers was left out and the others weighted up."),
        "service_spread": N_("Responses without a service are spread over the services of their agency."),
        "other_questionnaire": N_("The questionnaires differ: a change may be one of the questions."),
        "other_items": N_("Other questions stand behind this figure than before: it is not compared."),
    }
)
"""Warning words of `scoring.table` and `scoring.compare`, as sentences."""
FIGURE_WORDS = Wording({**FIGURE_STATUSES.messages, **FIGURE_WARNINGS.messages})
"""Both, for a figure of which one or the other is to be said."""

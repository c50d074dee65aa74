"""The tables. Importing this package registers every model on `survey.core.db.Base.metadata`."""

from survey.models.agencies import (
    Agency,
    AgencyKind,
    AgencyLevel,
    AgencySuccessor,
    FormerName,
    Installation,
    Service,
    ServiceFormerName,
)
from survey.models.audit import AuditEvent, AuditSeal
from survey.models.cases import (
    Case,
    CaseEvent,
    CaseKind,
    CaseOrigin,
    CaseState,
    CaseStep,
    CaseTerm,
    WorkingDay,
)
from survey.models.comments import Comment, CommentState, CommentTheme, Theme
from survey.models.counters import Counter, CounterCode, CounterDecidingAgency, CounterService
from survey.models.emblems import AgencyEmblem, EmblemFormat
from survey.models.entry import ColumnMapping, EntryBatch, EntryForm, SpotCheck, SpotForm
from survey.models.followup import (
    Action,
    ActionEvent,
    ActionEvidence,
    ActionState,
    ActionStep,
    Cause,
    PlanRequest,
)
from survey.models.imports import BatchKind, ImportBatch
from survey.models.interviews import InterviewPlan, InterviewTablet
from survey.models.jobs import Job, JobState
from survey.models.mail import MailAddress, MailMessage, MailState
from survey.models.outside import Instrument, OutsideFigure
from survey.models.places import PlaceDecision, PlaceOutcome
from survey.models.publications import ApiClient, Publication, PublicationState
from survey.models.questionnaires import AnswerSlot, Questionnaire, QuestionnaireVersion, SlotKind
from survey.models.receipts import ReceiptBatch, ReceiptCode, SlipPlan, SlipWeek
from survey.models.responses import WAITING, Channel, Response, ResponseTally, SettledOut
from survey.models.rounds import Margin, Population, Round, RoundState, WeeklyCount
from survey.models.targets import KnownChange, Target
from survey.models.users import (
    CalendarAddress,
    Invitation,
    Passkey,
    RateCount,
    RecoveryCode,
    Role,
    User,
    UserSession,
)
from survey.models.withdrawals import Withdrawal, WithdrawalKind, WithdrawalReason, WithdrawalState

__all__ = [
    "WAITING",
    "Action",
    "ActionEvent",
    "ActionEvidence",
    "ActionState",
    "ActionStep",
    "Agency",
    "AgencyEmblem",
    "AgencyKind",
    "AgencyLevel",
    "AgencySuccessor",
    "AnswerSlot",
    "ApiClient",
    "AuditEvent",
    "AuditSeal",
    "BatchKind",
    "CalendarAddress",
    "Case",
    "CaseEvent",
    "CaseKind",
    "CaseOrigin",
    "CaseState",
    "CaseStep",
    "CaseTerm",
    "Cause",
    "Channel",
    "ColumnMapping",
    "Comment",
    "CommentState",
    "CommentTheme",
    "Counter",
    "CounterCode",
    "CounterDecidingAgency",
    "CounterService",
    "EmblemFormat",
    "EntryBatch",
    "EntryForm",
    "FormerName",
    "ImportBatch",
    "Installation",
    "Instrument",
    "InterviewPlan",
    "InterviewTablet",
    "Invitation",
    "Job",
    "JobState",
    "KnownChange",
    "MailAddress",
    "MailMessage",
    "MailState",
    "Margin",
    "OutsideFigure",
    "Passkey",
    "PlaceDecision",
    "PlaceOutcome",
    "PlanRequest",
    "Population",
    "Publication",
    "PublicationState",
    "Questionnaire",
    "QuestionnaireVersion",
    "RateCount",
    "ReceiptBatch",
    "ReceiptCode",
    "RecoveryCode",
    "Response",
    "ResponseTally",
    "Role",
    "Round",
    "RoundState",
    "Service",
    "ServiceFormerName",
    "SettledOut",
    "SlipPlan",
    "SlipWeek",
    "SlotKind",
    "SpotCheck",
    "SpotForm",
    "Target",
    "Theme",
    "User",
    "UserSession",
    "WeeklyCount",
    "Withdrawal",
    "WithdrawalKind",
    "WithdrawalReason",
    "WithdrawalState",
    "WorkingDay",
]

"""Names of the demonstration: an invented province, built as Sơn La's is, its bodies named as the law names them.

`SMALL` is quick to load and to look through; `FULL` has as many communes as a real province, and services that few
people ask for: what disclosure control is tried on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product

from survey.core.text import fold

Named = tuple[str, str, str]
"""Code, name, name in English."""

PROVINCE = ("tinh-minh-hoa", "Ủy ban nhân dân tỉnh Minh Họa", "People's Committee of Minh Hoa Province")
CENTRE = (
    "trung-tam-hcc",
    "Trung tâm Phục vụ hành chính công tỉnh",
    "Provincial Public Administration Service Centre",
)

#: code, name, name in English, codes of its services
DEPARTMENTS = (
    ("so-noi-vu", "Sở Nội vụ", "Department of Home Affairs", ("nguoi-co-cong", "viec-lam")),
    ("so-tai-chinh", "Sở Tài chính", "Department of Finance", ("dang-ky-doanh-nghiep", "dau-tu")),
    (
        "so-nong-nghiep-moi-truong",
        "Sở Nông nghiệp và Môi trường",
        "Department of Agriculture and Environment",
        ("dat-dai", "moi-truong"),
    ),
    ("so-xay-dung", "Sở Xây dựng", "Department of Construction", ("giay-phep-xay-dung", "van-tai")),
    ("so-cong-thuong", "Sở Công Thương", "Department of Industry and Trade", ("luu-thong-hang-hoa", "dien-luc")),
    (
        "so-khoa-hoc-cong-nghe",
        "Sở Khoa học và Công nghệ",
        "Department of Science and Technology",
        ("so-huu-tri-tue", "vien-thong"),
    ),
    (
        "so-giao-duc-dao-tao",
        "Sở Giáo dục và Đào tạo",
        "Department of Education and Training",
        ("van-bang-chung-chi", "co-so-giao-duc"),
    ),
    ("so-y-te", "Sở Y tế", "Department of Health", ("kham-chua-benh", "duoc")),
    ("so-tu-phap", "Sở Tư pháp", "Department of Justice", ("cong-chung", "quoc-tich")),
    (
        "so-van-hoa-the-thao-du-lich",
        "Sở Văn hóa, Thể thao và Du lịch",
        "Department of Culture, Sports and Tourism",
        ("du-lich", "van-hoa-co-so"),
    ),
    (
        "so-dan-toc-ton-giao",
        "Sở Dân tộc và Tôn giáo",
        "Department of Ethnic and Religious Affairs",
        ("chinh-sach-dan-toc", "ton-giao"),
    ),
    (
        "ban-quan-ly-kcn",
        "Ban Quản lý các khu công nghiệp",
        "Industrial Zones Management Board",
        ("dau-tu-kcn", "lao-dong-kcn"),
    ),
)

#: code, name, name in English: places that no map shows
COMMUNES = (
    ("phuong-hoa-ban", "UBND phường Hoa Ban", "Hoa Ban Ward"),
    ("phuong-suoi-trong", "UBND phường Suối Trong", "Suoi Trong Ward"),
    ("phuong-doi-che", "UBND phường Đồi Chè", "Doi Che Ward"),
    ("xa-ban-moi", "UBND xã Bản Mới", "Ban Moi Commune"),
    ("xa-nam-xanh", "UBND xã Nậm Xanh", "Nam Xanh Commune"),
    ("xa-muong-sang", "UBND xã Mường Sáng", "Muong Sang Commune"),
    ("xa-chieng-hoa", "UBND xã Chiềng Hoa Mai", "Chieng Hoa Mai Commune"),
    ("xa-pu-may", "UBND xã Pu Mây", "Pu May Commune"),
    ("xa-huoi-nang", "UBND xã Huổi Nắng", "Huoi Nang Commune"),
    ("xa-ta-loc", "UBND xã Tà Lộc", "Ta Loc Commune"),
    ("xa-na-mai", "UBND xã Nà Mai", "Na Mai Commune"),
    ("xa-phieng-lua", "UBND xã Phiêng Lúa", "Phieng Lua Commune"),
)

#: code, name, name in English
SERVICES = (
    ("ho-tich", "Hộ tịch", "Civil status"),
    ("chung-thuc", "Chứng thực", "Certification"),
    ("dat-dai", "Đất đai", "Land"),
    ("bao-tro-xa-hoi", "Bảo trợ xã hội", "Social assistance"),
    ("nguoi-co-cong", "Người có công", "People with meritorious service"),
    ("viec-lam", "Việc làm", "Employment"),
    ("dang-ky-doanh-nghiep", "Đăng ký doanh nghiệp", "Business registration"),
    ("dau-tu", "Đầu tư", "Investment"),
    ("moi-truong", "Môi trường", "Environment"),
    ("giay-phep-xay-dung", "Giấy phép xây dựng", "Building permits"),
    ("van-tai", "Vận tải đường bộ", "Road transport"),
    ("luu-thong-hang-hoa", "Lưu thông hàng hóa trong nước", "Domestic trade"),
    ("dien-luc", "Điện lực", "Electricity"),
    ("so-huu-tri-tue", "Sở hữu trí tuệ", "Intellectual property"),
    ("vien-thong", "Viễn thông và Internet", "Telecommunications and Internet"),
    ("van-bang-chung-chi", "Văn bằng, chứng chỉ", "Diplomas and certificates"),
    ("co-so-giao-duc", "Cơ sở giáo dục", "Schools"),
    ("kham-chua-benh", "Khám bệnh, chữa bệnh", "Medical practice"),
    ("duoc", "Dược phẩm", "Pharmacy"),
    ("cong-chung", "Công chứng", "Notarisation"),
    ("quoc-tich", "Quốc tịch", "Nationality"),
    ("du-lich", "Du lịch", "Tourism"),
    ("van-hoa-co-so", "Văn hóa cơ sở", "Local culture"),
    ("chinh-sach-dan-toc", "Chính sách dân tộc", "Ethnic policy"),
    ("ton-giao", "Tín ngưỡng, tôn giáo", "Belief and religion"),
    ("dau-tu-kcn", "Đầu tư trong khu công nghiệp", "Investment in industrial zones"),
    ("lao-dong-kcn", "Lao động trong khu công nghiệp", "Labour in industrial zones"),
)

COMMUNE_SERVICES = ("ho-tich", "chung-thuc", "dat-dai", "bao-tro-xa-hoi")
#: a commune's counters by the services they handle, as far as it has them
COMMUNE_COUNTERS = (("ho-tich",), ("chung-thuc", "bao-tro-xa-hoi", "nguoi-co-cong"), ("dat-dai",))
SHARED = 2
"""The last departments share counters in the provincial centre: there the citizen says whose dossier it was."""

COMMENTS = (
    "Cán bộ hướng dẫn rất nhiệt tình, giấy tờ làm nhanh.",
    "Nên có thêm ghế ngồi và quạt mát ở khu vực chờ.",
    "Tôi phải đi lại ba lần vì thiếu giấy tờ mà lần đầu không được dặn.",
    "Kết quả trả trễ hai ngày, không ai báo trước.",
    "Biển chỉ dẫn khó thấy, người già khó tìm đúng quầy.",
    "Mong có cán bộ biết tiếng Thái, tiếng Mông để giúp bà con.",
    "Nộp qua mạng bị lỗi, ra quầy được giúp làm ngay.",
    "Buổi sáng đông người, chờ gần một tiếng mới đến lượt.",
    "Kết quả trả đúng hẹn, cảm ơn cơ quan.",
    "Bảng phí niêm yết chữ nhỏ quá, khó đọc.",
)


@dataclass(frozen=True)
class Move:
    """An office that moved within the newest round, and what people think since."""

    agency: str
    #: days after the round began
    after: int
    #: by how much they are more satisfied since
    lift: float
    reason: str

    def day(self, opens_on: date) -> date:
        """The day of the move."""
        return opens_on + timedelta(days=self.after)


@dataclass(frozen=True)
class Cast:
    """Who plays in a demonstration, and how many people answer."""

    #: with the codes of their services
    departments: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    communes: tuple[Named, ...]
    services: tuple[Named, ...]
    commune_services: tuple[str, ...]
    #: about how many responses of the round that ended last, of the one that is open, and of one before both, if any
    responses: tuple[int, ...]
    #: how many times as many people as elsewhere answer about a commune's service, where it is not once
    busy: Mapping[str, float] = field(default_factory=dict)
    #: how unequal communes are: standard deviation of the logarithm of their responses
    unequal: float = 0.0
    #: by how much more or fewer people answer in the year's busiest and quietest month, as a share
    season: float = 0.0
    move: Move | None = None


SMALL = Cast(DEPARTMENTS, COMMUNES, SERVICES, COMMUNE_SERVICES, (9_600, 10_400, 5_000))

#: agency, item, and how much worse that was in the oldest round
HELPED = (
    ("so-noi-vu", "tthc_niem_yet", -0.8),
    ("phuong-hoa-ban", "tiep_can_ban_ghe", -0.8),
    ("so-tu-phap", "cc_huong_dan", -1.0),
)
"""Where an action that was carried out between the two older rounds did help."""

FIELDS = tuple(row[0] for row in SERVICES[:12])
"""Fields of the full province: what communes receive stands first."""

_BODIES = (
    ("van-phong-ubnd", "Văn phòng Ủy ban nhân dân tỉnh", "Office of the Provincial People's Committee"),
    ("thanh-tra-tinh", "Thanh tra tỉnh", "Provincial Inspectorate"),
    ("cong-an-tinh", "Công an tỉnh", "Provincial Police"),
    ("bo-chi-huy-quan-su", "Bộ Chỉ huy quân sự tỉnh", "Provincial Military Command"),
    ("thue-tinh", "Thuế tỉnh", "Provincial Tax Office"),
    ("bao-hiem-xa-hoi", "Bảo hiểm xã hội tỉnh", "Provincial Social Insurance"),
    ("cong-ty-dien-luc", "Công ty Điện lực tỉnh", "Provincial Power Company"),
    ("ban-quan-ly-du-lich", "Ban Quản lý khu du lịch", "Tourist Area Management Board"),
)
_FIRST = ("Mường", "Chiềng", "Nậm", "Huổi", "Nà", "Phiêng", "Tà")
_SECOND = ("Nắng Sớm", "Sương Mai", "Mây Trắng", "Lúa Vàng", "Trăng Non", "Gió Lành", "Suối Reo", "Hoa Lê", "Đồi Xanh")


def _plain(name: str) -> str:
    """A name in letters without marks."""
    return fold(name).title()


def _full_communes() -> tuple[Named, ...]:
    """The communes of the small province and others with names composed of two parts, 75 in all."""
    composed = [f"{first} {second}" for second, first in product(_SECOND, _FIRST)]
    more = [
        (f"xa-{fold(name).replace(' ', '-')}", f"UBND xã {name}", f"{_plain(name)} Commune")
        for name in composed[: 75 - len(COMMUNES)]
    ]
    return (*COMMUNES, *more)


def _full_departments() -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """Twenty bodies with one or two fields each, in turn."""
    every = [*((code, name, english) for code, name, english, _ in DEPARTMENTS), *_BODIES]
    asked = FIELDS[4:]
    return tuple(
        (*body, tuple(asked[(3 * k + step) % len(asked)] for step in range(1 + k % 2))) for k, body in enumerate(every)
    )


FULL = Cast(
    departments=_full_departments(),
    communes=_full_communes(),
    services=tuple(row for row in SERVICES if row[0] in FIELDS),
    commune_services=(*COMMUNE_SERVICES, "nguoi-co-cong"),
    responses=(7_200, 7_800, 5_000),
    busy={"ho-tich": 1.4, "chung-thuc": 1.6, "bao-tro-xa-hoi": 0.5, "nguoi-co-cong": 0.25},
    unequal=0.6,
    season=0.4,
    move=Move("phuong-hoa-ban", 40, 0.9, "Chuyển sang trụ sở mới, có thêm ghế chờ và máy lấy số"),
)

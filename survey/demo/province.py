"""Names of the demonstration: an invented province, built as Sơn La's is, its bodies named as the law names them."""

from __future__ import annotations

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
#: a commune's counters by the services they handle
COMMUNE_COUNTERS = (("ho-tich",), ("chung-thuc", "bao-tro-xa-hoi"), ("dat-dai",))
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

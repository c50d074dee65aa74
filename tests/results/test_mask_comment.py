"""What can identify a person is masked in comments, what cannot stays, and no text is slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.results.operations.mask_comment import MaskedKind, mask_comment


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        # telephone numbers, as people write them
        ("Gọi tôi 0912345678 nhé", "Gọi tôi [số điện thoại] nhé"),
        ("sđt0912.345.678.", "sđt[số điện thoại]."),
        ("ĐT: 0912 345 678, cảm ơn", "ĐT: [số điện thoại], cảm ơn"),
        ("+84 912 345 678", "[số điện thoại]"),
        ("84912345678", "[số điện thoại]"),
        ("(0212) 3852 012", "[số điện thoại]"),
        ("0912-345-678 hoặc 0987654321", "[số điện thoại] hoặc [số điện thoại]"),
        ("không chín một hai ba bốn năm sáu bảy tám", "[số điện thoại]"),
        # numbers of papers
        ("CCCD 014123456789", "CCCD [số giấy tờ]"),
        ("CMND 050 123 456", "CMND [số giấy tờ]"),
        ("hộ chiếu B1234567", "hộ chiếu [số giấy tờ]"),
        ("tài khoản 1234 5678 9012 34", "tài khoản [số giấy tờ]"),
        # e-mail
        ("viết về lo.van_a+1@gmail.com giúp", "viết về [thư điện tử] giúp"),
        ("lan @ thu.vn", "[thư điện tử]"),
        # plates
        ("xe 26A-123.45 đỗ chắn cửa", "xe [biển số xe] đỗ chắn cửa"),
        ("xe máy 26B1 12345", "xe máy [biển số xe]"),
        ("26-B1 123.45", "[biển số xe]"),
        ("biển 26c 1234", "biển [biển số xe]"),
        # names
        ("ông Lò Văn Pánh rất tận tình", "ông [tên riêng] rất tận tình"),
        ("anh Sơn và chị Thành", "anh [tên riêng] và chị [tên riêng]"),
        ("Cô Lan hướng dẫn tốt.", "Cô [tên riêng] hướng dẫn tốt."),
        ("cán bộ Quàng Thị Mai và anh Hùng", "cán bộ [tên riêng] và anh [tên riêng]"),
        ("đồng chí Nguyễn Đức Anh Tuấn nói", "đồng chí [tên riêng] nói"),
        ("tôi là Giàng A Chu", "tôi là [tên riêng]"),
        ("bà lò thị hom phải đợi", "bà [tên riêng] phải đợi"),
        ("Hồ sơ của Cầm Văn Chung bị trễ", "Hồ sơ của [tên riêng] bị trễ"),
        ("ANH LÒ VĂN PÁNH RẤT TỐT", "ANH [tên riêng] RẤT TỐT"),
        # together
        ("Chị Hoa, 0912345678, hoa@vd.vn", "Chị [tên riêng], [số điện thoại], [thư điện tử]"),
    ],
)
def test_masked(text: str, masked: str) -> None:
    assert mask_comment(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "Cán bộ rất nhiệt tình, ông bà tôi đều hài lòng.",
        "Ông/Bà cho hỏi",
        "Hẹn 15/3/2026 nhưng 20/3/2026 mới trả",
        "từ 15-03-2026 20-03-2026",
        "Nộp 1.500.000 đồng, lệ phí 20.000đ",
        "bị thu 150.000.000 đồng",
        "Đợi 3 lần, mỗi lần 45 phút, quầy số 12",
        "cán bộ Sở Nội vụ, cán bộ Trung tâm, chủ tịch UBND xã",
        "CÁN BỘ RẤT NHIỆT TÌNH",
        "ba bốn năm nay chưa xong",
        "anh chị em làm tốt",
        "một cửa. Cảm ơn",
        "mail@ không gửi được",
        "",
    ],
)
def test_left_as_it_is(text: str) -> None:
    masked = mask_comment(text)
    assert masked.text == text
    assert masked.found == ()


def test_found_points_into_the_original() -> None:
    text = "Chị Hoa gọi 0912345678"
    found = mask_comment(text).found
    assert [(one.kind, text[one.start : one.end]) for one in found] == [
        (MaskedKind.NAME, "Hoa"),
        (MaskedKind.PHONE, "0912345678"),
    ]


COMMENTS = st.text(
    alphabet=st.sampled_from("0123456789 .-@+()/,:\nabAĐđVvăịhtThL") | st.characters(codec="utf-8"), max_size=80
)


@given(COMMENTS)
def test_only_what_was_found_changes(text: str) -> None:
    masked = mask_comment(text)
    ends = [0, *(one.end for one in masked.found)]
    starts = [*(one.start for one in masked.found), len(text)]
    kept = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    values = [one.kind.value for one in masked.found]
    assert "".join(a + b for a, b in zip(kept, [*values, ""], strict=True)) == masked.text
    assert all(end <= start for end, start in zip(ends, starts, strict=True))


@given(
    st.integers(0, 999_999_999), st.sampled_from(["", " ", ".", "-"]), COMMENTS.filter(lambda t: not t[-1:].isdigit())
)
def test_no_telephone_number_survives(number: int, separator: str, before: str) -> None:
    digits = f"0{number:09d}"
    written = separator.join((digits[:4], digits[4:7], digits[7:]))
    assert written not in mask_comment(f"{before}\n{written}\nhết").text


PUMPED = [
    "a" * 50,
    "a.",
    "a@",
    "a@a.",
    "1 ",
    "1.",
    "1-1-",
    "(((",
    "0912 ",
    "26A-",
    "không ",
    "không,",
    "Văn ",
    "Ab ",
    "anh Ab Cd ",
    "cán ",
    "ông ",
    "ông Văn ",
    "A",
    "+",
    "12.345",
    " ",
    "12/12/",
]


def seconds(text: str) -> float:
    """Return the processor time of masking: the best of three, so that a pause of the machine does not count."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        mask_comment(text)
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.parametrize("unit", PUMPED)
def test_time_is_linear(unit: str) -> None:
    """Eight times the text takes about eight times as long; a quadratic rule would take 64 times."""
    short, long = ((unit * length)[:length] + "!" for length in (8_000, 64_000))
    assert seconds(long) < 24 * max(seconds(short), 0.002)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(PUMPED), min_size=1, max_size=3), st.integers(1, 3))
def test_mixed_runs_take_linear_time_too(units: list[str], repeat: int) -> None:
    short, long = ("".join(unit * (length // 1_000) for unit in units * repeat)[:length] for length in (4_000, 32_000))
    assert seconds(long) < 24 * max(seconds(short), 0.01)

"""The owner cell: units, groups and outside bodies in one line of text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.owners import OwnerKind, UnitNames, read_owners

UNITS = UnitNames.of(
    [
        ("VP", "Văn phòng", ["VP", "Văn phòng Sở"]),
        ("TTr", "Thanh tra", ["Thanh tra Sở"]),
        ("THQH", "Phòng Tổng hợp - Quy hoạch", ["P. TH-QH"]),
        ("ĐKKD", "Phòng Đăng ký kinh doanh", ["P. ĐKKD", "phòng ĐKKD"]),
        ("KTN", "Phòng Kinh tế ngành", []),
        ("KGVX", "Phòng Khoa giáo - Văn xã", []),
        ("ĐTTĐ", "Phòng Đấu thầu, Thẩm định và Giám sát đầu tư", []),
        ("KTĐN", "Phòng Kinh tế đối ngoại", []),
    ]
)

EXAMPLES = [
    ("Văn phòng", ["VP"]),
    ("VP Sở", ["VP"]),
    ("Thanh tra Sở", ["TTr"]),
    ("phòng  đăng ký\xa0kinh doanh", ["ĐKKD"]),
    ("P.ĐKKD và VP", ["ĐKKD", "VP"]),
    ("P ĐKKD, P. TH-QH", ["ĐKKD", "THQH"]),
    ("THQH", ["THQH"]),
    ("Phòng ĐT,TĐ&GSĐT; phòng ĐKKD", ["ĐTTĐ", "ĐKKD"]),
    ("Phòng Đấu thầu, Thẩm định và Giám sát đầu tư", ["ĐTTĐ"]),
    ("Phòng Đấu thầu, Thẩm định và Giám sát đầu tư và Văn phòng", ["ĐTTĐ", "VP"]),
    ("Phòng Kinh tế ngành, Khoa giáo - Văn xã", ["KTN", "KGVX"]),
    ("Các phòng Kinh tế ngành, Khoa giáo - Văn xã", ["KTN", "KGVX"]),
    ("- Văn phòng\n- Thanh tra Sở\n- Văn phòng", ["VP", "TTr"]),
    ("Văn phòng (đơn vị chủ trì)", ["VP"]),
    ("Các phòng, đơn vị thuộc Sở", ["all"]),
    ("Các phòng", ["all"]),
    ("Các phòng, ban, đơn vị thuộc Sở", ["all"]),
    ("Các phòng chuyên môn, nghiệp vụ và Văn phòng", ["all", "VP"]),
    ("Trưởng các phòng, đơn vị", ["all"]),
    ("Các phòng có TTHC", ["with_procedures"]),
    ("Phòng chuyên môn có TTHC", ["with_procedures"]),
    ("Phòng Đăng ký kinh doanh; các phòng liên quan", ["ĐKKD", "related"]),
    ("Phòng chuyên môn liên quan", ["related"]),
    ("Văn phòng UBND tỉnh", ["external"]),
    ("Thanh tra tỉnh", ["external"]),
    ("UBND các huyện, thành phố", ["external"]),
    ("Văn phòng; Báo Lạng Sơn; Đài PT-TH tỉnh", ["VP", "external", "external"]),
    ("Sở Tài chính, Sở Nội vụ và Thanh tra", ["external", "external", "TTr"]),
    ("Trung tâm Phục vụ hành chính công tỉnh", ["external"]),
    ("Phòng được kiểm tra", ["unnamed"]),
    ("Phòng để hồ sơ quá hạn", ["unnamed"]),
    ("Phòng chuyên môn", ["unnamed"]),
    ("Phòng Vũ trụ", ["unknown"]),
    ("", []),
]


def told(owner):
    return owner.key or owner.group or owner.kind


@pytest.mark.parametrize(("raw", "expected"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_owner_cell_as_offices_write_it(raw, expected):
    assert [told(owner) for owner in read_owners(raw, UNITS)] == expected


@pytest.mark.parametrize(
    ("raw", "key", "score"),
    [
        ("Phòng Đăng kí kinh doanh", "ĐKKD", 96),
        ("Phòng Đầu thầu Thẩm định và Giám sát đầu tư", "ĐTTĐ", 100),
        ("Phòng KTĐN", "KTĐN", 95),
    ],
)
def test_owner_misspelt_or_shortened_is_matched_with_a_score(raw, key, score):
    (owner,) = read_owners(raw, UNITS)
    assert (owner.key, owner.score) == (key, score)
    assert (owner.note == "") == (score == 100)


def test_owner_between_two_like_names_is_not_guessed():
    twins = UnitNames.of([(1, "Phòng Kinh tế 1", []), (2, "Phòng Kinh tế 2", [])])
    (owner,) = read_owners("Phòng Kinh tế 3", twins)
    assert (owner.kind, owner.key) == (OwnerKind.UNKNOWN, None)


def test_owners_without_known_units_are_kept_by_name():
    raw = "Phòng Đấu thầu, Thẩm định và Giám sát đầu tư; phòng ĐKKD; Sở Nội vụ"
    assert [(owner.kind, owner.name) for owner in read_owners(raw)] == [
        ("unit", "Phòng Đấu thầu, Thẩm định và Giám sát đầu tư"),
        ("unit", "Phòng ĐKKD"),
        ("external", "Sở Nội vụ"),
    ]


def test_owners_can_be_read_with_a_plain_mapping():
    (owner,) = read_owners("VP", {"van phong": 7, "vp": 7})
    assert owner.key == 7


words = st.sampled_from(re.findall(r"\w+|[^\w\s]", " ".join(raw for raw, _ in EXAMPLES)))


@given(st.one_of(st.text(max_size=80), st.lists(words, max_size=20).map(" ".join)))
def test_any_owner_cell_is_read_without_error(raw):
    for book in (UNITS, None):
        owners = read_owners(raw, book)
        assert all(owner.name for owner in owners)
        assert all((owner.key is not None) == (owner.kind is OwnerKind.UNIT) for owner in owners)

from datetime import timedelta
from typing import Any

import pytest
from django.utils.datastructures import MultiValueDict
from django.utils.timezone import localdate

from evidence import content
from evidence.forms import DocumentForm
from organization.vietnamese import short_date
from tests.evidence import files
from tests.evidence.files import upload

GOOD = {"number": "386/BC-SKHĐT", "dated": "06/11/2024", "issuer": "Sở", "abstract": "Báo cáo"}


def form(uploads: list[Any], **changed: str) -> DocumentForm:
    return DocumentForm(GOOD | changed, MultiValueDict({"uploads": uploads}))


def test_form_takes_several_files() -> None:
    bound = form([upload(), upload(files.PNG, "anh.png")])
    assert bound.is_valid(), bound.errors
    assert [file.name for file in bound.cleaned_data["uploads"]] == ["bao-cao.pdf", "anh.png"]


def test_form_names_each_file_that_is_refused() -> None:
    bound = form([upload(), upload(files.EXE, "a.pdf"), upload(b"", "b.pdf")])
    assert bound.errors == {"uploads": [f"“a.pdf”: {content.PROGRAM}", f"“b.pdf”: {content.EMPTY}"]}


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"dated": "31/02/2024"}, "dated", "Ngày văn bản không có trong lịch. Ghi theo mẫu ngày/tháng/năm, ví dụ 06/11/2024."),
        ({"dated": ""}, "dated", "Văn bản có số thì phải có ngày. Ghi ngày văn bản."),
        ({"abstract": " \u200b "}, "abstract", "Chưa ghi trích yếu. Ghi ngắn gọn nội dung tài liệu."),
    ],
)  # fmt: skip
def test_form_says_what_is_wrong_where(changed: dict[str, str], field: str, sentence: str) -> None:
    assert form([upload()], **changed).errors == {field: [sentence]}


def test_form_refuses_a_date_to_come() -> None:
    tomorrow = localdate() + timedelta(days=1)
    bound = form([upload()], dated=f"{tomorrow:%d/%m/%Y}")
    assert bound.errors == {"dated": [f"Ngày văn bản {short_date(tomorrow)} ở sau hôm nay. Kiểm tra lại ngày."]}


def test_form_needs_a_file() -> None:
    assert form([]).errors == {"uploads": ["Chưa chọn tệp. Chọn ít nhất một tệp."]}


def test_form_takes_what_has_no_number() -> None:
    assert form([upload()], number="", dated="", issuer="").is_valid()

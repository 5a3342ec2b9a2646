"""One file in, one PlanFile out; or a refusal that says what to do."""

from pathlib import Path
from typing import IO

from organization.office_files import FileType, UnreadableError, check_size, open_package
from plans.reading.excel import read_excel
from plans.reading.letterhead import read_letterhead
from plans.reading.rows import read_rows
from plans.reading.shape import PlanFile
from plans.reading.word import read_word

MAX_BYTES = 20 * 1024 * 1024


def read_plan_file(source: str | Path | IO[bytes], *, max_bytes: int = MAX_BYTES) -> PlanFile:
    """Rows as written, and what is wrong with them. Raises UnreadableError; the file's name plays no part."""
    if isinstance(source, str | Path):
        try:
            with Path(source).open("rb") as stream:
                return _read(stream, max_bytes)
        except OSError as error:
            raise UnreadableError(f"Không mở được tệp “{Path(source).name}”. Kiểm tra lại đường dẫn.") from error
    return _read(source, max_bytes)


def _read(stream: IO[bytes], max_bytes: int) -> PlanFile:
    check_size(stream, max_bytes)
    package, kind = open_package(stream)
    with package:
        blocks = read_word(package) if kind is FileType.WORD else read_excel(stream, package)
    tables = read_rows(blocks)
    if not tables.used:
        message = (
            "Không tìm thấy bảng kế hoạch trong tệp. Cần một bảng có cột nhiệm vụ và cột đơn vị chủ trì hoặc thời hạn."
        )
        raise UnreadableError(message)
    if not tables.rows:
        raise UnreadableError("Bảng kế hoạch không có dòng nhiệm vụ nào. Điền nội dung vào bảng rồi tải lên.")
    return PlanFile(read_letterhead(tables.lines), tables.rows, tables.problems, list(tables.ignored))

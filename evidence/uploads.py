"""Receiving files: what is over the limit is counted, not kept, so that no upload fills the disk."""

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Writes to a temporary file up to the largest size that anything here accepts; the size told is the true one."""

    received = 0

    def new_file(self, *args: object, **kwargs: object) -> None:
        self.received = 0
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        if self.received <= max(settings.DOCUMENT_MAX_BYTES, settings.IMPORT_MAX_BYTES):
            return super().receive_data_chunk(raw_data, start)
        return None

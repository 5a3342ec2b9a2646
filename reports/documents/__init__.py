"""The files of a report, made from frozen figures and nothing else."""

from reports.documents.book import xlsx_of
from reports.documents.heading import Heading, heading_of
from reports.documents.letter import docx_of

__all__ = ["Heading", "docx_of", "heading_of", "xlsx_of"]

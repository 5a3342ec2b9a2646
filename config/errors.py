"""The page of an unexpected error: it stands on its own, for the database may be what failed."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.timezone import localtime

logger = logging.getLogger(__name__)
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_code() -> str:
    """11112024-1043-7KQ2: readable over the telephone, findable in the log."""
    return f"{localtime():%d%m%Y-%H%M}-{''.join(secrets.choice(LETTERS) for _ in range(4))}"


def server_error(request: HttpRequest) -> HttpResponse:
    code = new_code()
    logger.error("error %s at %s %s", code, request.method, request.path)
    return HttpResponse(render_to_string("500.html", {"code": code}), status=500)

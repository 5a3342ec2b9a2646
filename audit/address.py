"""From which address the request under way came; empty where there is no request."""

from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_address: ContextVar[str] = ContextVar("audit_address", default="")


def current_address() -> str:
    return _address.get()


class AddressMiddleware:
    """Stands before whatever writes the ledger, sign-in included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _address.set(_address_of(request))
        try:
            return self.get_response(request)
        finally:
            _address.reset(token)


def _address_of(request: HttpRequest) -> str:
    """Behind our proxy, what the proxy itself added last: the rest of the header is the client's own word."""
    near = str(request.META.get("REMOTE_ADDR") or "")
    said = str(request.META.get("HTTP_X_FORWARDED_FOR") or "") if settings.BEHIND_PROXY else ""
    return (said.rpartition(",")[2].strip() or near)[:45]

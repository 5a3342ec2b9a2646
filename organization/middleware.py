"""Puts `request.rights` beside `request.user`, fetched when first asked for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from organization.rights import rights_of


class RightsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            user = request.user
            request.rights = SimpleLazyObject(lambda: rights_of(user))  # type: ignore[attr-defined]
        else:
            request.rights = None  # type: ignore[attr-defined]
        return self.get_response(request)

"""Who may open the pages of this room."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from organization.requests import SignedInRequest
from organization.rights import Rights

View = Callable[..., HttpResponse]


def only(may: Callable[[Rights], bool]) -> Callable[[View], View]:
    """The view is closed, 403, to whoever may not."""

    def gate(view: View) -> View:
        @wraps(view)
        def gated(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not may(request.rights):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return gated

    return gate


administrator_only = only(lambda rights: rights.is_administrator)
office_or_administrator_only = only(lambda rights: rights.is_administrator or rights.is_office)

"""The page behind an invitation: whoever holds the link sets the password and is signed in."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from organization.forms import FirstPasswordForm
from organization.invitations import accept, invited
from organization.refusals import Refused


@login_not_required
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    person = invited(uidb64, token)
    if person is None:
        return render(request, "account/invitation_over.html", status=410)
    form = FirstPasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            signed_in = accept(person, token, form.cleaned_data["new_password1"])
        except Refused:
            return render(request, "account/invitation_over.html", status=410)
        login(request, signed_in)
        return redirect("home")
    return render(request, "account/invitation.html", {"form": form, "person": person})

"""How allauth is bent to an office: accounts are made by import and invitation, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "Tên đăng nhập hoặc mật khẩu chưa đúng. Kiểm tra phím Caps Lock và bộ gõ tiếng Việt, rồi nhập lại.",
        "too_many_login_attempts": "Đã nhập sai nhiều lần. Chờ 05 phút rồi đăng nhập lại.",
        "enter_current_password": "Mật khẩu hiện tại chưa đúng. Nhập lại mật khẩu hiện tại.",
        "account_inactive": "Tài khoản này đã ngừng sử dụng. Liên hệ quản trị hệ thống của cơ quan.",
        "rate_limited": "Có quá nhiều lần thử. Chờ 05 phút rồi thử lại.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

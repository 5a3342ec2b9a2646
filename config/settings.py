"""Settings. Every value that differs between installations is an environment variable.

`dev.py` sets what a bare machine needs; docs/operations.md says what each variable does.
"""

from pathlib import Path

import environ
from celery.schedules import crontab

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("PAR_DEBUG", default=False)
SECRET_KEY = env.str("PAR_SECRET_KEY")
ALLOWED_HOSTS = env.list("PAR_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("PAR_ORIGINS", default=[])
BASE_URL = env.str("PAR_BASE_URL", default="http://127.0.0.1:8000")
STATE_DIR = Path(env.str("PAR_STATE", default=str(BASE_DIR / "var")))

INSTALLED_APPS = [
    "reports",
    "workflow",
    "plans",
    "evidence",
    "notifications",
    "organization",
    "audit",
    "viewflow.workflow",
    "allauth",
    "allauth.account",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "audit.address.AddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "organization.middleware.RightsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.navigation.shell",
            ],
            "builtins": ["config.templatetags.words"],
        },
    },
]

FORM_RENDERER = "config.forms.FormRenderer"

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["CONN_MAX_AGE"] = env.int("PAR_CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A lock that is not had within some seconds is an answer ("try again"), not a page that hangs.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c lock_timeout=5s"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": env.str("PAR_CACHE_PREFIX", default="par"),
    }
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "vi"
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("PAR_STATIC_ROOT", default=str(STATE_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# viewflow carries 49 MB of pages and scripts that are not ours: only our own folder is served.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
MEDIA_ROOT = STATE_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS = ["evidence.uploads.BoundedUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- people
AUTH_USER_MODEL = "organization.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("code", "full_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "code"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_ADAPTER = "organization.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PRESERVE_USERNAME_CASING = True
# A session ends with the browser: an office PC is shared.
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"login": "config.forms.LoginForm", "change_password": "config.forms.ChangePasswordForm"}
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "change_password": "5/m/user"}
INVITATION_DAYS = env.int("PAR_INVITATION_DAYS", default=14)
PASSWORD_RESET_TIMEOUT = INVITATION_DAYS * 86_400

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("PAR_HTTPS", default=False)
SECURE_SSL_REDIRECT = env.bool("PAR_HTTPS", default=False)
SECURE_HSTS_SECONDS = 31_536_000 if env.bool("PAR_HTTPS", default=False) else 0
# W005, W021: the other names under the agency's domain, and the browsers' preload list, are not this program's to decide
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
BEHIND_PROXY = env.bool("PAR_BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- documents
DOCUMENT_MAX_BYTES = env.int("PAR_DOCUMENT_MAX_MB", default=50) * 1024 * 1024
IMPORT_MAX_BYTES = env.int("PAR_IMPORT_MAX_MB", default=20) * 1024 * 1024
# a file that is larger is read by a worker, while its page shows how far it is
IMPORT_AT_ONCE_BYTES = env.int("PAR_IMPORT_AT_ONCE_KB", default=100) * 1024

# --- mail
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
MAIL_DAILY_AT = env.str("PAR_MAIL_DAILY_AT", default="07:45")
DEFAULT_FROM_EMAIL = env.str("PAR_MAIL_FROM", default="PAR Plan <par-plan@localhost>")

# --- the ledger: who gets its heads every day
LEDGER_MAIL = env.list("PAR_LEDGER_MAIL", default=[])

# --- Celery
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    # a web request does not wait for a broker that is down: what it wanted is owed in a row
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "global_keyprefix": env.str("PAR_CACHE_PREFIX", default="par") + ":",
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "config.beat:SharedScheduler"
CELERY_BEAT_SCHEDULE = {
    "remind": {"task": "workflow.tasks.remind", "schedule": crontab(hour=7, minute=30)},
    "remind-self-scoring": {"task": "plans.tasks.remind_self_scoring", "schedule": crontab(hour=7, minute=32)},
    "send-mail": {"task": "notifications.tasks.send_due_mail", "schedule": 60.0},
    "mail-ledger-heads": {"task": "audit.tasks.mail_heads", "schedule": crontab(hour=17, minute=45)},
    "resume-imports": {"task": "plans.tasks.resume_unread", "schedule": 60.0},
    "resume-reports": {"task": "reports.tasks.resume_unfinished", "schedule": 60.0},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("PAR_LOG_LEVEL", default="INFO")},
}

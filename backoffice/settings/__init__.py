"""Django's settings. Everything that differs between machines comes from ``env``; nothing exists only in production."""

from __future__ import annotations

from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from backoffice import logs
from backoffice.settings import env
from backoffice.settings.mail import mail_settings
from backoffice.settings.tiles import map_tiles

BASE_DIR = env.BASE_DIR
SECRET_KEY = env.SECRET_KEY
DEBUG = False
ALLOWED_HOSTS = env.ALLOWED_HOSTS
PUBLIC_URL = env.PUBLIC_URL
CALLBACK_URL = env.CALLBACK_URL
FILES_URL = env.FILES_URL
FIRMWARE_MAX_BYTES = env.FIRMWARE_MAX_BYTES
UPLOAD_MAX_BYTES = env.UPLOAD_MAX_BYTES
UPLOADS_KEPT_DAYS = env.UPLOADS_KEPT_DAYS
FTP_HOST, FTP_PORT = env.FTP_HOST, env.FTP_PORT
FTP_ADDRESS, FTP_PASSIVE_PORTS = env.FTP_ADDRESS, env.FTP_PASSIVE_PORTS
OCPP_URL = env.OCPP_URL
OCPP_TLS_PORT, OCPP_MTLS_PORT = env.OCPP_TLS_PORT, env.OCPP_MTLS_PORT
OCPP_TLS_URL, OCPP_MTLS_URL = env.OCPP_TLS_URL, env.OCPP_MTLS_URL
OCPP_TLS_CERTIFICATES = env.OCPP_TLS_CERTIFICATES
OCPP_TLS_ROOTS, OCPP_CLIENT_CA = env.OCPP_TLS_ROOTS, env.OCPP_CLIENT_CA
OPEN_PILE_NETWORKS = env.OPEN_PILE_NETWORKS
TARIFF_DEAREST, TARIFF_ALONE = env.TARIFF_DEAREST, env.TARIFF_ALONE
FRAMES_KEPT_DAYS = env.FRAMES_KEPT_DAYS
PILE_HISTORY_KEPT_DAYS = env.PILE_HISTORY_KEPT_DAYS
SAMPLES_KEPT_DAYS = env.SAMPLES_KEPT_DAYS
DATA_DIR = env.DATA_DIR
REDIS_URL = env.REDIS_URL
HTTPS = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "mptt",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "backoffice.kit",
    "tenants",
    "drivers",
    "stations",
    "finance",
    "finance.sandbox",
    "alarms",
    "orders",
    "reports",
    "scan",
    "backoffice",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "backoffice.statics.PackedFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.middleware.ScopeMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
ASGI_APPLICATION = "backoffice.asgi.application"
WSGI_APPLICATION = "backoffice.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backoffice.context.frame",
            ],
        },
    }
]
FORM_RENDERER = "backoffice.kit.widgets.Renderer"

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **dj_database_url.parse(env.DATABASE_URL, conn_max_age=600, conn_health_checks=True),
        "ATOMIC_REQUESTS": False,
    }
}
# A network that is cut without a word is found in half a minute, where the kernel's own limits are
# minutes and hours: until then a lane of the gateway would wait for an answer that cannot come.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.REDIS_URL,
        "KEY_PREFIX": "pilehouse",
    }
}
SESSION_ENGINE = "tenants.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "backoffice.errors.forgery"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
MAP_TILES = map_tiles(env.MAP_TILES_URL, env.MAP_TILES_URL_DARK, env.MAP_TILES_ATTRIBUTION)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", *MAP_TILES["hosts"]],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "tenants.passwords.LengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "tenants.sign_in.Adapter"
ACCOUNT_FORMS = {"login": "tenants.sign_in.SignInForm"}
MFA_ADAPTER = "tenants.sign_in.CodeAdapter"
MFA_FORMS = {"authenticate": "tenants.sign_in.CodeForm", "reauthenticate": "tenants.sign_in.AgainForm"}
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute wrong
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who was invited read the letter
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ALLAUTH_TRUSTED_PROXY_COUNT = env.TRUSTED_PROXIES
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
}
globals().update(mail_settings(env.EMAIL_URL, DATA_DIR))
DEFAULT_FROM_EMAIL = env.MAIL_FROM

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "backoffice.formats"

STATIC_URL = "/static/"
STATIC_ROOT = env.STATIC_ROOT
STATIC_PACKED = DATA_DIR / "packed"
_BROWSER_PACKAGES = [
    "@fontsource-variable/inter/files",
    "@tabler/core/dist",
    "axe-core",
    "echarts/dist",
    "htmx.org/dist",
    "leaflet/dist",
    "topojson-client/dist",
    "world-atlas",
]
STATICFILES_DIRS = [
    BASE_DIR / "static",
    *((f"npm/{path}", BASE_DIR / "node_modules" / path) for path in _BROWSER_PACKAGES),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000

CELERY_BROKER_URL = env.REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"

DJANGO_TABLES2_TEMPLATE = "kit/_table.html"
SMS_PROVIDER = env.SMS_PROVIDER
SMS_CODES_PER_TENANT = env.SMS_CODES_PER_TENANT
SMS_CODES_PER_ADDRESS = env.SMS_CODES_PER_ADDRESS
SMS_PER_PHONE = env.SMS_PER_PHONE
OFFLINE_ALARM_AFTER_S = env.OFFLINE_ALARM_AFTER_S
OFFLINE_ALARM_WORSE_AFTER_S = env.OFFLINE_ALARM_WORSE_AFTER_S
SANDBOX_PAYMENTS = env.SANDBOX_PAYMENTS
CARBON_SAVED_G_PER_KWH = env.CARBON_SAVED_G_PER_KWH
LOGGING = logs.configuration(env.LOG_LEVEL)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # what Django configured stays
CELERY_WORKER_REDIRECT_STDOUTS = False
SILENCED_SYSTEM_CHECKS: list[str] = []

"""Settings of Django, made from a workspace and a few options; no file, no environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raudit.resources import resource_dir
from raudit.web.workspace import Workspace

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a workspace is served."""

    host: str = "localhost"
    port: int = 8787
    origin: str = ""
    """Public address behind a proxy, such as ``https://audit.example.org``; empty on loopback."""
    database: str = ""
    """URL of a PostgreSQL database; empty for SQLite beside the workspace."""
    trusted_proxies: int = 0
    smtp: str = ""
    """``smtp://user:password@host:port`` or nothing."""
    mail_from: str = "raudit@localhost"
    oidc: tuple[dict[str, Any], ...] = ()
    """OpenID Connect providers: name, client id, secret and server URL."""
    webhook: str = ""
    testing: bool = False

    @property
    def base(self) -> str:
        """Origin that people's browsers see."""
        return self.origin or f"http://{self.host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS."""
        return self.base.startswith("https://")


def django_settings(workspace: Workspace, options: Options) -> dict[str, Any]:
    """All settings, for ``django.conf.settings.configure``."""
    from urllib.parse import urlsplit

    public = urlsplit(options.base)
    return {
        "DEBUG": False,
        "SECRET_KEY": workspace.secret(),
        "RAUDIT_WORKSPACE": workspace,
        "RAUDIT_OPTIONS": options,
        "ALLOWED_HOSTS": [public.hostname or "localhost"],
        "CSRF_TRUSTED_ORIGINS": [options.base] if options.origin else [],
        "ROOT_URLCONF": "raudit.web.urls",
        "WSGI_APPLICATION": "raudit.web.serving.application",
        "INSTALLED_APPS": [
            "raudit.web",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "django.contrib.humanize",
            "allauth",
            "allauth.account",
            "allauth.mfa",
            "allauth.socialaccount",
            *(["allauth.socialaccount.providers.openid_connect"] if options.oidc else []),
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "raudit.web.middleware.headers",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "raudit.web.middleware.one_name",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "raudit.web.middleware.language",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "allauth.account.middleware.AccountMiddleware",
            "raudit.web.middleware.Gate",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                        "raudit.web.middleware.shell",
                    ],
                    "builtins": [
                        "django.templatetags.i18n",
                        "django.templatetags.static",
                        "raudit.web.words",
                    ],
                    "loaders": [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                },
            }
        ],
        **_storage(workspace, options),
        **_accounts(options),
        **_security(options),
        "LANGUAGE_CODE": "en",
        "LANGUAGES": [("en", "English"), ("de", "Deutsch")],
        "LOCALE_PATHS": [HERE / "locale"],
        "USE_I18N": True,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LOGGING": {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"stderr": {"class": "logging.StreamHandler"}},
            "loggers": {
                "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}
            },
        },
    }


def _storage(workspace: Workspace, options: Options) -> dict[str, Any]:
    plain = options.testing
    backend = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
        if plain
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    )
    return {
        "DATABASES": {"default": _database(workspace, options)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "raudit_cache",
            }
        },
        "STATIC_URL": "/static/",
        "STATIC_ROOT": workspace.data / "static",
        "STATICFILES_DIRS": [
            HERE / "static",
            ("fonts", resource_dir("report_templates") / "_shared" / "fonts"),
        ],
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": backend},
        },
        "WHITENOISE_USE_FINDERS": plain,
        "MEDIA_ROOT": "",
        "FILE_UPLOAD_TEMP_DIR": workspace.data / "uploads",
        "FILE_UPLOAD_MAX_MEMORY_SIZE": 1 << 20,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 4 << 20,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 5_000,
        "DATA_UPLOAD_MAX_NUMBER_FILES": 3,
    }


def _database(workspace: Workspace, options: Options) -> dict[str, Any]:
    if options.database:
        from urllib.parse import unquote, urlsplit

        url = urlsplit(options.database)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path.lstrip("/")),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": workspace.data / "web.sqlite3",
        # Without IMMEDIATE a read that turns into a write fails at once when another one writes.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": pragmas, "timeout": 10},
        "CONN_MAX_AGE": None,
    }


_TESTING = {
    "ACCOUNT_RATE_LIMITS": {"login": "10000/m/ip"},
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
}
"""Tests sign in more often in a minute than people do, and need no slow hash."""


def _accounts(options: Options) -> dict[str, Any]:
    return {
        "AUTH_USER_MODEL": "web.User",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 12},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        ],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "home",
        "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
        "ACCOUNT_ADAPTER": "raudit.web.accounts.InvitedOnly",
        "SOCIALACCOUNT_ADAPTER": "raudit.web.accounts.InvitedOnlySocial",
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*"],
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_EMAIL_NOTIFICATIONS": bool(options.smtp),
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_SESSION_REMEMBER": False,
        "ACCOUNT_REAUTHENTICATION_METHODS": ["password", "mfa"],
        **(_TESTING if options.testing else {}),
        "MFA_SUPPORTED_TYPES": ["webauthn", "totp", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_WEBAUTHN_USER_VERIFICATION": "required",
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": list(options.oidc)}}
        if options.oidc
        else {},
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": True,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
        "ALLAUTH_TRUSTED_PROXY_COUNT": options.trusted_proxies,
        **_mail(options),
    }


def _mail(options: Options) -> dict[str, Any]:
    if not options.smtp:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    from urllib.parse import unquote, urlsplit

    url = urlsplit(options.smtp)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname or "localhost",
        "EMAIL_PORT": url.port or 25,
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": options.mail_from,
    }


def _security(options: Options) -> dict[str, Any]:
    secure = options.secure
    return {
        # Chromium and Firefox take Secure cookies on localhost too; a proxy is named and gives the rest.
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_AGE": 12 * 3600,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_FAILURE_VIEW": "raudit.web.views.account.csrf_failure",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "SECURE_SSL_REDIRECT": secure,
        "SECURE_HSTS_SECONDS": 31_536_000
        if secure
        else 0,  # HSTS on localhost breaks every other local program
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": secure,
        "SECURE_HSTS_PRELOAD": secure,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")
        if options.trusted_proxies
        else None,
        "SILENCED_SYSTEM_CHECKS": [] if secure else ["security.W004", "security.W008"],
    }

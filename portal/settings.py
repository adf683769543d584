"""Settings of the site, read from the environment (see .env.example for every one).

The names are the contract with operators; portal/guard.py refuses to start a production
process with an insecure value among them.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ

from portal.accounts.signing import demo_key

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("TANDEM_VAR", ROOT / "var"))

env = environ.Env()
if (ROOT / ".env").exists():
    env.read_env(ROOT / ".env")

DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
# Known to everybody, so good for the demo alone; the guard refuses it elsewhere.
DEMO_KEY = "demo-only-key-demo-only-key-demo-only-key-demo-only-key"

SECRET_KEY = env.str("SECRET_KEY", default=DEMO_KEY if DEMO else "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# "id:base64-of-32-bytes" entries; the first encrypts, all decrypt.
FIELD_ENCRYPTION_KEYS = env.list(
    "FIELD_ENCRYPTION_KEYS",
    default=["demo1:ZGVtby1vbmx5LWZpZWxkLWtleS0zMi1ieXRlcy1sb24="] if DEMO else [],
)
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", default=DEMO_KEY if DEMO else "")
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
INSTALLATION = env.str("INSTALLATION", default=urlsplit(BASE_URL).hostname or "local")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEMO or DEBUG else []
)
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
REQUIRE_MFA = env.bool("REQUIRE_MFA", default=not DEMO)
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=900)
SESSION_MAX_SECONDS = env.int("SESSION_MAX_SECONDS", default=43200)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
AMQP_URL = env.str("AMQP_URL", default="")
OUTBOX_NOTIFY = env.bool("OUTBOX_NOTIFY", default=True)
AUDIT_ANCHOR = env.str("AUDIT_ANCHOR", default=str(VAR / "audit-anchor.jsonl"))
# "id:base64-of-32-bytes" entries (Ed25519); the first signs, all can be verified with.
EVENT_SIGNING_KEYS = env.list(
    "EVENT_SIGNING_KEYS",
    default=["demo1:ZGVtby1vbmx5LWV2ZW50LWtleS0zMi1ieXRlcy1sb24="] if DEMO else [],
)
CLAMD_SOCKET = env.str("CLAMD_SOCKET", default="")

INSTALLED_APPS = [
    "portal.accounts",
    "portal",
    "referrals",
    "integrations",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "portal.assets.StaticFiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.idp.oidc",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

# The order matters: what must be on every answer, a crash's too, stands outermost; who asks
# is known before what they may not do without.
MIDDLEWARE = [
    "portal.middleware.requests.RequestMiddleware",
    "portal.middleware.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.health.HealthMiddleware",
    "portal.middleware.transport.ApiOverTlsMiddleware",
    "portal.middleware.transport.LengthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.sessions.SessionClockMiddleware",
    "portal.middleware.mfa.RequireMfaMiddleware",
    "portal.middleware.actors.ActorMiddleware",
]

FORM_RENDERER = "portal.forms.renderer.UswdsRenderer"
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.presenters.navigation.navigation",
            ],
        },
    }
]

# --- Database -----------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR / 'tandem.sqlite3'}")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a writer waits for the lock at BEGIN instead of failing half-way;
    # FULL: what was answered with "received" survives a power loss.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        ),
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"].setdefault("OPTIONS", {})

# --- Languages, time ------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "America/New_York"
USE_I18N = True
USE_TZ = True

# --- Static files ---------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [("uswds", VAR / "assets" / "uswds")]
# A full release of ICD-10-CM (the order file of CMS), in place of the part that is shipped.
ICD10CM_FILE = env.str("ICD10CM_FILE", default="")
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(VAR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.assets.HashedFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- Mail -----------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default=f"filemail:///{VAR / 'mail'}")
globals().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds for each answer of the server; a mail's lease is longer
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tandem <no-reply@tandem.example>")

# --- Sign-in --------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_REDIRECT_URL = "home"
LOGIN_URL = "account_login"
LOGOUT_REDIRECT_URL = "account_login"
PASSWORD_RESET_TIMEOUT = 3600
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "portal.accounts.passwords.MaximumLengthValidator"},
    {"NAME": "portal.accounts.passwords.CommonPasswordValidator"},
    {"NAME": "portal.accounts.passwords.ContextWordsValidator"},
]
ACCOUNT_ADAPTER = "portal.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_FORMS = {"login": "portal.accounts.forms.LoginForm"}
# Guesses that reach the password hasher: at most 10 per account in 15 minutes, whatever
# comes between them; a right password gives back only its own count.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "30/5m/ip,10/15m/key",
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/3m/key",
    "signup": "5/m/ip",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 0  # portal.middleware.requests finds the address
USERSESSIONS_TRACK_ACTIVITY = True
MFA_ADAPTER = "portal.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "portal.accounts.forms.AddPasskeyForm"}
MFA_TOTP_ISSUER = "Tandem"
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO
INVITATION_DAYS = 7

# --- Partners' sign-in (OAuth 2 client credentials) --------------------------------------------
IDP_OIDC_ADAPTER = "portal.accounts.adapters.OIDCAdapter"
IDP_OIDC_PRIVATE_KEY = env.str("IDP_OIDC_PRIVATE_KEY", default="").replace("\\n", "\n")
if DEMO and not IDP_OIDC_PRIVATE_KEY:
    IDP_OIDC_PRIVATE_KEY = demo_key(VAR / "demo-partner-key.pem")
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 3600
IDP_OIDC_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
# Each token costs one slow password hash, so the limit comes before it.
PARTNER_TOKEN_RATE = "30/m/key,300/m/ip"  # noqa: S105  a rate, not a secret

# --- Sessions, cookies, headers ----------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# The server's two clocks (portal.middleware.sessions) end a session; the row outlives them by
# a day, so that what a person sent too late can still be kept for that person.
SESSION_COOKIE_AGE = SESSION_MAX_SECONDS + 86400
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "sessionid" if DEMO else "__Host-sessionid"
SESSION_COOKIE_SECURE = not DEMO
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "csrftoken" if DEMO else "__Host-csrftoken"
CSRF_COOKIE_SECURE = not DEMO
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.accounts.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = not DEMO
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if DEMO else 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_HSTS_PRELOAD = not DEMO
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT > 0 else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# More than may be sent (referrals.files.limits), so that the page can say so.
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = ["referrals.files.uploads.BoundedHandler"]
# The only addresses that take files.
UPLOAD_ROUTES = frozenset(
    {"referrals:documents", "referrals:message", "referrals:act", "api:documents"}
)
STORAGE_PER_PRACTICE_MB = env.int("STORAGE_PER_PRACTICE_MB", default=10_240)

# --- Cache: rate limits, counted by all processes together -------------------------------------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tandem_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# --- Logs --------------------------------------------------------------------------------------
LOGGING_CONFIG = "portal.logging.configure"
LOGGING = {"level": LOG_LEVEL}

# --- API ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.accounts.api_auth.PersonalTokenAuthentication",
        "portal.accounts.api_auth.PartnerTokenAuthentication",
        "portal.accounts.api_auth.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "referrals.api.problems.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is an unknown parameter like any other
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem API",
    "DESCRIPTION": (
        "Referrals of people who live with PTSD and chronic pain, from draft to closed loop. "
        "Errors are RFC 9457 problem documents; docs/api.md is the guide. "
        "[Events and commands as messages](/api/events/)."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    # Enumerations stand where they are used: a name made up for each would change with others.
    "POSTPROCESSING_HOOKS": ["referrals.api.schema.complete"],
    "SORT_OPERATION_PARAMETERS": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
}

# --- Integrations ---------------------------------------------------------------------------
INTEGRATIONS_EVENT_REGISTRY = "referrals.events.REGISTRY"
INTEGRATIONS_COMMAND_REGISTRY = "referrals.commands.REGISTRY"
INTEGRATIONS_COMMAND_HANDLER = "referrals.inbound.apply"
# Seals and opens what partners send, which may hold clinical text.
INTEGRATIONS_SEALER = "referrals.encryption"

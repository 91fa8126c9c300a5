"""The environment, read once and typed. A missing required variable stops the process with its name."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = Env()

DATABASE_URL = env.str("DATABASE_URL")
REDIS_URL = env.str("REDIS_URL")
SECRET_KEY = env.str("SECRET_KEY")
PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
CALLBACK_URL = env.str("CALLBACK_URL", PUBLIC_URL).rstrip("/")
OCPP_URL = env.str("OCPP_URL", "ws://127.0.0.1:9000/ocpp").rstrip("/")
# Where piles fetch firmware and leave logs: PUBLIC_URL, or plain HTTP for those that know no TLS.
FILES_URL = env.str("FILES_URL", PUBLIC_URL).rstrip("/")
FIRMWARE_MAX_BYTES = env.int("FIRMWARE_MAX_BYTES", 512 * 1024 * 1024)
# What one request for diagnostics or a log may bring altogether, and how long that is kept.
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", 200 * 1024 * 1024)
UPLOADS_KEPT_DAYS = env.int("UPLOADS_KEPT_DAYS", 30)
# 0: no FTP server. FTP_ADDRESS is the IPv4 address that piles reach it by; empty: the host of FILES_URL.
FTP_HOST = env.str("FTP_HOST", "127.0.0.1")
FTP_PORT = env.int("FTP_PORT", 0)
FTP_ADDRESS = env.str("FTP_ADDRESS", "")
FTP_PASSIVE_PORTS = env.str("FTP_PASSIVE_PORTS", "2122-2141")
OCPP_HOST = env.str("OCPP_HOST", "127.0.0.1")
OCPP_PORT = env.int("OCPP_PORT", 9000)
# Security profiles 2 and 3 have ports of their own; 0: not served. Certificates as chain.pem:key.pem, one RSA, one ECDSA.
OCPP_TLS_PORT = env.int("OCPP_TLS_PORT", 0)
OCPP_MTLS_PORT = env.int("OCPP_MTLS_PORT", 0)
OCPP_TLS_CERTIFICATES: list[str] = env.list("OCPP_TLS_CERTIFICATES", [])
# Authorities of others whose certificates of piles are trusted besides our own, and those that signed ours: PEM files.
OCPP_CLIENT_CA = env.str("OCPP_CLIENT_CA", "")
OCPP_TLS_ROOTS = env.str("OCPP_TLS_ROOTS", "")
# What piles of profiles 2 and 3 are told to connect to; empty: the host of OCPP_URL and the port.
OCPP_TLS_URL = env.str("OCPP_TLS_URL", "").rstrip("/")
OCPP_MTLS_URL = env.str("OCPP_MTLS_URL", "").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var" / "data")))
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(DATA_DIR / "static")))
SMS_PROVIDER = env.str("SMS_PROVIDER", "file")
# Sign-in codes within a day of one operator, within an hour for one address; messages within a day to one phone.
SMS_CODES_PER_TENANT = env.int("SMS_CODES_PER_TENANT", 5000)
SMS_CODES_PER_ADDRESS = env.int("SMS_CODES_PER_ADDRESS", 20)
SMS_PER_PHONE = env.int("SMS_PER_PHONE", 30)
# Seconds without a connection after which a pile is an alarm, and a worse one.
OFFLINE_ALARM_AFTER_S = env.int("OFFLINE_ALARM_AFTER_S", 120)
OFFLINE_ALARM_WORSE_AFTER_S = env.int("OFFLINE_ALARM_WORSE_AFTER_S", 1800)
# smtp://user:password@host:587?tls=true; without one, mail is written to files in DATA_DIR/mail.
EMAIL_URL = env.str("EMAIL_URL", "")
MAIL_FROM = env.str("MAIL_FROM", "Pilehouse <no-reply@pilehouse.invalid>")
SANDBOX_PAYMENTS = env.bool("SANDBOX_PAYMENTS", True)
# Where piles without a password may connect from (security profile 0): private networks.
OPEN_PILE_NETWORKS = env.list(
    "OPEN_PILE_NETWORKS",
    [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ],
)
# A price per kWh above this is taken for a slip of the finger: by the decimals of the currency, in major units.
TARIFF_DEAREST: dict[int, Decimal] = env.dict(
    "TARIFF_DEAREST",
    {0: Decimal(20_000), 2: Decimal(100), 3: Decimal(30)},
    subcast_keys=int,
    subcast_values=Decimal,
)
# Whether a tenant with one single person who writes tariffs may approve without a second one.
TARIFF_ALONE = env.bool("TARIFF_ALONE", True)
FRAMES_KEPT_DAYS = env.int("FRAMES_KEPT_DAYS", 30)
PILE_HISTORY_KEPT_DAYS = env.int("PILE_HISTORY_KEPT_DAYS", 400)
SAMPLES_KEPT_DAYS = env.int("SAMPLES_KEPT_DAYS", 1100)
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
# Tiles of the live map, as https://tiles.example/{z}/{x}/{y}.png, and those for the dark theme; without them, coastlines only.
MAP_TILES_URL = env.str("MAP_TILES_URL", "")
MAP_TILES_URL_DARK = env.str("MAP_TILES_URL_DARK", "")
MAP_TILES_ATTRIBUTION = env.str("MAP_TILES_ATTRIBUTION", "")
# Grams of carbon dioxide that a kWh charged is said to save, for the big screen; 0: nothing is said.
CARBON_SAVED_G_PER_KWH = env.int("CARBON_SAVED_G_PER_KWH", 0)

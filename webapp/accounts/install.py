"""Puts people into the application: sessions, Flask-Security, forms' tokens, who may open what."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import timedelta

from flask import Flask
from flask_security import PhoneUtil, Security, uia_phone_mapper
from flask_wtf.csrf import CSRFProtect

from collector.keys import load_or_make_web_key
from collector.settings import Settings
from webapp.accounts import access, attempts, devices, keys, phones, signing_in
from webapp.accounts.background import Sessions
from webapp.accounts.datastore import CLOCK, SEND, Codes, PeopleDatastore
from webapp.accounts.sms import code_sender
from webapp.accounts.words import MESSAGES
from webapp.app.database import App, lent

FARMER_SESSION = timedelta(days=180)
CODE_VALID_S = 180


class Phones(PhoneUtil):
    """Reads phone numbers for Flask-Security."""

    def __init__(self, app: Flask) -> None:
        pass

    def validate_phone_number(self, text: str) -> str | None:
        """Return what is wrong with a number, None where it is right."""
        return None if phones.normal(text) else MESSAGES["PHONE_INVALID"]

    def get_canonical_form(self, text: str) -> str | None:
        """Return a number as E.164, None where it is none."""
        return phones.normal(text)


def _part(key: bytes, use: str) -> str:
    """One secret for one use, made of the key."""
    return base64.b64encode(hmac.digest(key, use.encode(), "sha256")).decode()


def _username(text: str) -> str | None:
    return text.strip().lower()[:64] or None


def configure(app: Flask, key: bytes) -> None:
    """Set what Flask, Flask-WTF and Flask-Security read.

    Parameters
    ----------
    app
    key
        32 bytes; see `collector.keys.load_or_make_web_key`.
    """
    app.config |= {
        "SECRET_KEY": _part(key, "sessions"),
        "PERMANENT_SESSION_LIFETIME": FARMER_SESSION,
        # A cookie in each answer would keep pages out of caches.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SESSION_COOKIE_NAME": "nongqing",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
    }
    ours = {
        "URL_PREFIX": "/account",
        "STATIC_FOLDER": None,
        "PASSWORD_SALT": _part(key, "passwords"),
        "PASSWORD_SCHEMES": ["argon2"],
        "PASSWORD_LENGTH_MIN": 10,
        "TOTP_SECRETS": {"1": _part(key, "one-time codes")},
        "TOTP_ISSUER": "Nongqing",
        "RETURN_GENERIC_RESPONSES": True,
        "USER_IDENTITY_ATTRIBUTES": [
            {"us_phone_number": {"mapper": uia_phone_mapper}},
            {"username": {"mapper": _username}},
        ],
        "LOGIN_URL": "/sign-in",
        "LOGOUT_URL": "/sign-out",
        "LOGOUT_CSRF": True,
        "US_SIGNIN_URL": "/sign-in-with-code",
        "US_SIGNIN_SEND_CODE_URL": "/send-code",
        "US_VERIFY_URL": "/again",
        "US_VERIFY_SEND_CODE_URL": "/again/send-code",
        "US_SETUP_URL": "/code-setup",
        "TWO_FACTOR_SETUP_URL": "/second-factor",
        "TWO_FACTOR_TOKEN_VALIDATION_URL": "/second-factor/code",
        "CHANGE_URL": "/password",
        "POST_LOGIN_VIEW": "/account/",
        "POST_CHANGE_VIEW": "/account/",
        "TWO_FACTOR_POST_SETUP_VIEW": "account.page",
        "UNIFIED_SIGNIN": True,
        "US_SIGNIN_REPLACES_LOGIN": True,
        "US_ENABLED_METHODS": ["password", "sms"],
        "US_MFA_REQUIRED": ["password"],
        "US_TOKEN_VALIDITY": CODE_VALID_S,
        "TWO_FACTOR": True,
        "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "TWO_FACTOR_IMPLEMENTATIONS": {
            "code": "flask_security.twofactor.CodeTfPlugin",
            "webauthn": "flask_security.webauthn.WebAuthnTfPlugin",
        },
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "CHANGEABLE": True,
        "SEND_PASSWORD_CHANGE_EMAIL": False,
        "TRACKABLE": True,
        "API_ENABLED_METHODS": ["session"],
        "FRESHNESS": timedelta(hours=12),
        "DATETIME_FACTORY": CLOCK.now,
    }
    app.config |= {f"SECURITY_{name}": value for name, value in ours.items()}
    for name, text in MESSAGES.items():
        app.config[f"SECURITY_MSG_{name}"] = (text, "error")


def install(app: App, settings: Settings | None) -> None:
    """Give an app its people.

    Parameters
    ----------
    app
        With its pages registered.
    settings
        Say where the key of sessions is; without them one is made that ends with the process.

    Raises
    ------
    AccessUndeclared
        When a view does not say who may open it.
    WebKeyError
        When the key of sessions is broken or cannot be kept.
    SettingsError
        When the settings of SMS cannot be read.
    """
    key = (
        secrets.token_bytes(32)
        if settings is None
        else load_or_make_web_key(settings.state_dir, settings.web_key)
    )
    configure(app, key)
    app.session_interface = Sessions()
    app.extensions[SEND] = code_sender(app.pool.dsn, CODE_VALID_S // 60)
    datastore = PeopleDatastore(lent)
    # What is asked first goes first: whose form it is, whether too many were tried, then the rest.
    tokens = CSRFProtect(app)
    attempts.install(app)
    signing_in.install(app, datastore)
    keys.install(app)
    devices.install(app)
    for view in app.view_functions.values():
        if hasattr(view, access.NO_TOKEN):
            tokens.exempt(view)
    security = Security(
        app,
        datastore,
        phone_util_cls=Phones,
        totp_cls=Codes,
        webauthn_util_cls=keys.Keys,
        wan_register_response_form=keys.RegisterResponse,
        wan_signin_response_form=keys.SigninResponse,
    )
    # Sessions alone say who reads; the library's own would read every JSON body before its view.
    security.login_manager.request_loader(lambda _request: None)
    access.install(app)
    access.check_declared(app)

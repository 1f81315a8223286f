"""Security keys and passkeys as the second step of staff, through Flask-Security.

Beyond what the library checks, an answer counts once, only from the person who gave the password,
never of somebody locked, and where the pages' public address is set, only there.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, request, session
from flask_security import WebAuthnMixin, WebauthnUtil, current_user
from flask_security.proxies import _security
from flask_security.webauthn import WebAuthnRegisterResponseForm, WebAuthnSigninResponseForm
from webauthn.helpers.structs import AuthenticatorTransport

from collector.store import audit, person_keys
from collector.store.person_keys import KeyRefused, PersonKey
from field_configs.names import unseen
from webapp.accounts.words import MESSAGES
from webapp.app.database import lent, this_app
from webapp.language.i18n import gettext

ENDPOINTS = (
    "security.wan_register",
    "security.wan_register_response",
    "security.wan_signin",
    "security.wan_signin_response",
    "security.wan_delete",
)
TRANSPORTS = {each.value for each in AuthenticatorTransport}
SETTINGS = {
    "WEBAUTHN": True,
    "WAN_RP_NAME": "Nongqing",
    "WAN_REGISTER_URL": "/keys",
    "WAN_DELETE_URL": "/keys/remove",
    "WAN_SIGNIN_URL": "/second-factor/key",
    "WAN_POST_REGISTER_VIEW": "/account/",
    "WAN_ALLOW_AS_FIRST_FACTOR": False,
    "WAN_ALLOW_AS_MULTI_FACTOR": False,
    "WAN_ALLOW_AS_VERIFY": [],
    "TWO_FACTOR_SELECT_URL": "/second-factor/choose",
}


class UserKey(WebAuthnMixin):
    """A key in a request: `PersonKey` under the names that Flask-Security knows.

    Attributes
    ----------
    key : PersonKey
    """

    usage = "secondary"
    extensions = None

    def __init__(self, key: PersonKey) -> None:
        self.key = key
        self.id, self.user_id, self.name = key.id, key.person, key.name
        self.credential_id, self.public_key = key.credential, key.public_key
        self.sign_count, self.transports = key.sign_count, list(key.transports)
        self.backup_state, self.device_type = key.backed_up, key.device_type
        self.lastuse_datetime = key.used or key.added


def handle_of(person: int) -> str:
    """Return what names a person to their keys: stable, and nothing that a stranger can read."""
    return f"nongqing-{person}"


def keys_of(person: int) -> list[UserKey]:
    """Return the keys of a person."""
    with lent() as conn:
        return [UserKey(key) for key in person_keys.of_person(conn, person)]


def find(credential: bytes) -> UserKey | None:
    """Return the key that a credential names, None where nobody has it."""
    with lent() as conn:
        found = person_keys.find(conn, credential)
    return None if found is None else UserKey(found)


def add(user: Any, given: dict[str, Any]) -> None:
    """Keep a key that was just registered, and note it."""
    at = _security.datetime_factory()
    transports = [each for each in given["transports"] or () if each in TRANSPORTS]
    with lent() as conn:
        number = person_keys.add(
            conn,
            user.id,
            given["name"],
            given["credential_id"],
            given["public_key"],
            given["sign_count"],
            [str(getattr(each, "value", each)) for each in transports],
            str(getattr(given["device_type"], "value", given["device_type"])),
            bool(given["backup_state"]),
            at,
        )
        audit.append(conn, str(user.id), "key_registered", f"{user.id} key {number}", at=at)


def remove(key: UserKey) -> None:
    """Forget a key, and note it."""
    at = _security.datetime_factory()
    with lent() as conn:
        person_keys.remove(conn, key.key)
        who = str(key.user_id)
        audit.append(conn, who, "key_removed", f"{who} key {key.id}", at=at)


def refused(person: int, key: UserKey | None) -> None:
    """Note a key's answer that was refused: it may be a copy of the key that somebody tries."""
    with lent() as conn:
        which = "" if key is None else f" key {key.id}"
        at = _security.datetime_factory()
        audit.append(conn, "anonymous", "key_refused", f"{person}{which}", at=at)


class Keys(WebauthnUtil):
    """What is asked of a browser and its key."""

    def origin(self) -> str:
        """Return where the pages are: the address that is set, else that of the request."""
        settings = this_app().settings
        return (settings.url if settings else None) or request.host_url.rstrip("/")

    def name_svn(self, value: str) -> tuple[str | None, str | None]:
        """Return what is wrong with a key's name, or the name."""
        wrong, name = super().name_svn(value)
        if wrong is not None or name is None or unseen(name) is not None:
            return MESSAGES["WEBAUTHN_NAME_DISALLOWED_CHARACTERS"], None
        return None, " ".join(name.split())


def _first(form: Any) -> bool:
    """Whether a question is answered for the first time; says so in the form where it is not."""
    with lent() as conn:
        if person_keys.first_answer(conn, f"key {form.challenge}", _security.datetime_factory()):
            return True
    form.credential.errors.append(MESSAGES["WEBAUTHN_NO_VERIFY"])
    return False


class RegisterResponse(WebAuthnRegisterResponseForm):
    """The answer of a key that is to be added."""

    def validate(self, **kwargs: Any) -> bool:
        """Check the answer, and that there is room for one more."""
        try:
            good = bool(super().validate(**kwargs))
        except (ValueError, TypeError, AttributeError):  # what no browser sends
            self.credential.errors = [MESSAGES["API_ERROR"]]
            return False
        if good and len(current_user.webauthn) >= person_keys.MOST_KEYS:
            self.credential.errors = [MESSAGES["TOO_MANY_KEYS"]]
            return False
        return good and _first(self)


class SigninResponse(WebAuthnSigninResponseForm):
    """The answer of a key that is to let its holder in."""

    def validate(self, **kwargs: Any) -> bool:
        """Check the answer, whose it is, and that it was not given before."""
        try:
            good = bool(super().validate(**kwargs)) and not self.credential.errors
        except (ValueError, TypeError, AttributeError):  # what no browser sends
            self.credential.errors = [MESSAGES["API_ERROR"]]
            good = False
        # The library asks whether the key is somebody's; it has to be theirs who gave the password.
        if good and (
            not self.is_secondary
            or self.user is None
            or self.user.fs_uniquifier != session.get("tf_user_id")
        ):
            self.credential.errors = [MESSAGES["WEBAUTHN_UNKNOWN_CREDENTIAL_ID"]]
            good = False
        good = good and _first(self)
        if good:
            good = self._counted()
        if not good and self.user is not None:
            refused(self.user.id, self._key())
        return good

    def _key(self) -> UserKey | None:
        return self.cred if isinstance(self.cred, UserKey) else None

    def _counted(self) -> bool:
        """Note the use here, where a counter that has not gone on can still be told."""
        proof, key, at = self.authentication_verification, self._key(), _security.datetime_factory()
        assert key is not None
        with lent() as conn:
            try:
                backed_up = bool(proof.credential_backed_up)
                person_keys.use(conn, key.key, proof.new_sign_count, backed_up, at)
            except KeyRefused:
                self.credential.errors = [MESSAGES["WEBAUTHN_NO_VERIFY"]]
                return False
            who = str(key.user_id)
            audit.append(conn, who, "key_used", f"{who} key {key.id}", at=at)
        return True


def _only_at_home() -> None:
    """Refuse to speak of keys at another address than that of the pages: they would not fit."""
    if request.endpoint not in ENDPOINTS:
        return
    settings = this_app().settings
    home = settings.url if settings else None
    if home and request.host_url.rstrip("/") != home:
        abort(
            400,
            gettext("Security keys work at %(address)s only; open the page there.", address=home),
        )


def install(app: Flask) -> None:
    """Let an app speak of keys at its own address alone."""
    app.before_request(_only_at_home)
    app.config |= {f"SECURITY_{name}": value for name, value in SETTINGS.items()}

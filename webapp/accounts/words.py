"""What Flask-Security says, in our words: English here, translated where a template shows it."""

from __future__ import annotations


def _(text: str) -> str:
    """Mark a text for the catalogue."""
    return text


WRONG = _("Name, code or password is not right. Check them, or ask for a new code.")

NOT_NOW = _("This is not the code of now, or it was used already. Enter the next one of the app.")

MESSAGES = {
    "GENERIC_AUTHN_FAILED": WRONG,
    "GENERIC_US_SIGNIN": _("If this number can get a code, it is on its way."),
    "CODE_HAS_BEEN_SENT": _("If this number can get a code, it is on its way."),
    "US_SPECIFY_IDENTITY": WRONG,
    "INVALID_PASSWORD_CODE": WRONG,
    "INVALID_PASSWORD": _("This is not your password."),
    "INVALID_CODE": NOT_NOW,
    "TWO_FACTOR_INVALID_TOKEN": NOT_NOW,
    "DISABLED_ACCOUNT": _("This account is locked. Ask your station."),
    "PHONE_INVALID": _("This is no mobile number of mainland China: 11 digits, 138 1234 5678."),
    "US_METHOD_NOT_AVAILABLE": WRONG,
    "FAILED_TO_SEND_CODE": _("The code could not be sent. Try again in a minute."),
    "PASSWORD_INVALID_LENGTH": _("Take at least 10 characters."),
    "PASSWORD_NOT_PROVIDED": _("Enter your password."),
    "PASSWORD_IS_THE_SAME": _("This is your old password; choose another."),
    "RETYPE_PASSWORD_MISMATCH": _("The two do not agree; enter the new password twice."),
    "PASSWORD_CHANGE": _("Your password is changed."),
    "REAUTHENTICATION_REQUIRED": _("Show once more that it is you."),
    "UNAUTHENTICATED": _("Sign in to see this page."),
    "TWO_FACTOR_PERMISSION_DENIED": _("Sign in first."),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": _("You are signed in."),
    "TWO_FACTOR_SETUP_SUCCESSFUL": _("The second step is set up."),
    "API_ERROR": _("The browser's answer cannot be read. Begin again."),
    "WEBAUTHN_EXPIRED": _("That took too long. Begin again."),
    "WEBAUTHN_NAME_REQUIRED": _("Give the key a name by which you know it."),
    "WEBAUTHN_NAME_INUSE": _("You have a key of this name already; choose another name."),
    "WEBAUTHN_NAME_NOT_FOUND": _("There is no such key of yours."),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": _(
        "Name the key in letters, digits and blanks, 64 at most."
    ),
    "WEBAUTHN_CREDENTIAL_DELETED": _("The key is removed and lets nobody in any more."),
    "WEBAUTHN_REGISTER_SUCCESSFUL": _("The key is added. Sign in with it from now on."),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": _("This key is added already."),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": _("This is not a key of this account."),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": _("This is not a key of this account."),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": _("This is not a key of this account."),
    "WEBAUTHN_MISMATCH_USER_HANDLE": _("This is not a key of this account."),
    "WEBAUTHN_NO_VERIFY": _("The key's answer is not valid. Begin again."),
    "TOO_MANY_KEYS": _("You have as many keys as there may be. Remove one first."),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": _("This way is not offered."),
}

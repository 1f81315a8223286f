"""With whom a field is shared: its owner invites by number, who is invited accepts or declines."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.phone import PhoneError, mask_phone, normalise_phone
from collector.store import audit
from collector.store.network import own_fields
from collector.store.network.own_fields import OwnField, TooMany
from webapp.accounts.access import needs
from webapp.accounts.datastore import CLOCK
from webapp.accounts.own import me, own_field
from webapp.app.database import connection, now
from webapp.language.events import event_text
from webapp.language.i18n import gettext

bp = Blueprint("my_sharing", __name__, url_prefix="/my")


def _to(address: str) -> Response:
    response = redirect(address, code=303)
    assert isinstance(response, Response)
    return response


def _people(own: OwnField, wrong: str = "", typed: str = "") -> ResponseReturnValue:
    conn = connection()
    invited = own_fields.invitations_of(conn, own.id) if own.owner else []
    page = render_template(
        "my/people.html",
        own=own,
        keepers=own_fields.keepers(conn, own.id),
        invited=[(phone, mask_phone(phone)) for phone in invited],
        wrong=wrong,
        typed=typed,
    )
    return page, 422 if wrong else 200


@bp.route("/<field_id>/people", methods=["GET", "POST"])
@needs("own")
def people(field_id: str) -> ResponseReturnValue:
    """Show who sees a field; its owner invites somebody by their number."""
    own = own_field(field_id)
    if request.method != "POST" or not own.owner:
        return _people(own)
    typed = request.form.get("phone", "")[:40]
    try:
        phone = normalise_phone(typed)
    except PhoneError as error:
        return _people(own, event_text(error.event), typed)
    if phone == me().phone:
        return _people(own, str(gettext("This is your own number.")), typed)
    try:
        own_fields.invite(connection(), own.id, phone, me().id, now())
    except TooMany:
        most = own_fields.MOST_KEEPERS
        text = gettext("A field is shared with %(most)s people at most: remove one.", most=most)
        return _people(own, str(text), typed)
    # Whether the number has an account is not said: nobody shall find out by trying.
    flash(
        gettext(
            "%(phone)s is invited: when they sign in here with this number, they are asked.",
            phone=mask_phone(phone),
        )
    )
    return _to(url_for("my_sharing.people", field_id=own.id))


@bp.post("/<field_id>/people/withdraw")
@needs("own")
def withdraw(field_id: str) -> ResponseReturnValue:
    """Take an invitation back."""
    own = own_field(field_id)
    if own.owner:
        own_fields.withdraw_invitation(connection(), own.id, request.form.get("phone", ""))
    return _to(url_for("my_sharing.people", field_id=own.id))


@bp.post("/<field_id>/people/<int:person>/remove")
@needs("own")
def remove(field_id: str, person: int) -> ResponseReturnValue:
    """Share a field with somebody no longer: its owner decides, or whoever leaves it."""
    own = own_field(field_id)
    if (own.owner or person == me().id) and person < 2**62:
        conn = connection()
        if own_fields.remove_keeper(conn, own.id, person):
            audit.append(
                conn, str(me().id), "field_unshared", own.id, {"person": person}, at=CLOCK.now()
            )
    if person == me().id:
        return _to(url_for("my_fields.page"))
    return _to(url_for("my_sharing.people", field_id=own.id))


@bp.post("/invitations/<field_id>")
@needs("own")
def answer(field_id: str) -> ResponseReturnValue:
    """Accept or decline an invitation to the reader's number."""
    conn, person = connection(), me()
    if person.phone and person.verified is None:
        flash(gettext("Sign in once with a code sent to your number; then accept."))
    elif person.phone and "accept" in request.form:
        if own_fields.accept(conn, field_id, person.phone, person.id, now()):
            audit.append(conn, str(person.id), "field_shared", field_id, at=CLOCK.now())
        else:
            flash(gettext("This invitation was taken back."))
    elif person.phone:
        own_fields.withdraw_invitation(conn, field_id, person.phone)
    return _to(url_for("my_fields.page"))

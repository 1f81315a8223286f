"""Trucks, store rooms and boxes of the reader's party, and the loggers that ride in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.coldchain import assets as store
from collector.store.coldchain.assets import Asset, AssetError
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.coldchain import known_party, my_party, own_asset
from webapp.accounts.lots import note
from webapp.accounts.own import entry_key, me, take
from webapp.app.database import connection, now
from webapp.language.formats import local_time
from webapp.language.i18n import gettext
from webapp.views.coldchain.forms import AssetForm, AttachForm, CheckForm
from webapp.views.coldchain.problems import problem_of
from webapp.views.coldchain.shown import KIND_NAMES, show_check

bp = Blueprint("assets", __name__, url_prefix="/assets")


@bp.route("/", methods=["GET", "POST"])
@needs("own")
def page() -> ResponseReturnValue:
    """List what the reader's party carries goods in; add one."""
    form, problem = AssetForm(request.form), ""

    def do(at: datetime) -> str:
        of = (str(form.kind.data), form.name.data or "", my_party(), at, me().name)
        made = store.add(connection(), *of, form.uri.data or "")
        note("asset_added", str(made.id), kind=made.kind, uri=made.uri)
        return url_for("assets.one", number=made.id)

    if request.method == "POST" and form.validate():
        try:
            return take(do)
        except AssetError as error:
            connection().rollback()
            problem = problem_of(error)
    party = known_party()
    found = store.assets(connection(), party.id) if party else []
    page = render_template(
        "coldchain/assets.html",
        rows=[(each, KIND_NAMES[each.kind]) for each in found],
        party=party,
        loggers=store.loggers(connection(), party.id) if party else [],
        form=form,
        problem=problem,
        entry_key=entry_key(),
    )
    return page, 422 if request.method == "POST" else 200


def _show(
    asset: Asset, attach_form: AttachForm, check_form: CheckForm, problem: str, status: int
) -> ResponseReturnValue:
    conn = connection()
    checks = store.checks(conn, [asset.node] if asset.node else [])
    page = render_template(
        "coldchain/asset.html",
        carrier=asset,
        kind=KIND_NAMES[asset.kind],
        check=show_check(checks.get(asset.node), local_day(now())) if asset.node else None,
        attachments=store.attachments(conn, asset.id),
        owner=store.owner(conn, asset.node) if asset.node else None,
        attach_form=attach_form,
        check_form=check_form,
        problem=problem,
        entry_key=entry_key(),
    )
    return page, status


@bp.get("/<int:number>")
@needs("own")
def one(number: int) -> ResponseReturnValue:
    """Show a truck, store room or box, and which logger rides in it."""
    asset = own_asset(number)
    return _show(asset, AttachForm(now=now()), CheckForm(today=local_day(now())), "", 200)


def _try(
    asset: Asset, forms: tuple[AttachForm, CheckForm], do: Callable[[datetime], str]
) -> ResponseReturnValue:
    try:
        return take(do)
    except AssetError as error:
        connection().rollback()
        return _show(asset, *forms, problem_of(error), 409)


@bp.post("/<int:number>/attach")
@needs("own")
def attach(number: int) -> ResponseReturnValue:
    """Let a logger ride in it from now on."""
    asset, form = own_asset(number), AttachForm(request.form, now=now())
    forms = form, CheckForm(today=local_day(now()))

    def do(at: datetime) -> str:
        node = (form.node.data or "").lower()
        since = form.since.data
        store.attach(connection(), node, asset.id, my_party(), me().name, at, since)
        note("logger_attached", node, asset=asset.id, since=(since or at).isoformat())
        if since is None:
            said = gettext("%(node)s rides in %(asset)s from now on.", node=node, asset=asset.name)
        else:
            words = {"node": node, "asset": asset.name, "since": local_time(since)}
            said = gettext("%(node)s rides in %(asset)s since %(since)s.", **words)
        flash(said)
        return url_for("assets.one", number=asset.id)

    return _try(asset, forms, do) if form.validate() else _show(asset, *forms, "", 422)


@bp.post("/<int:number>/detach")
@needs("own")
def detach(number: int) -> ResponseReturnValue:
    """Take its logger out."""
    asset = own_asset(number)
    forms = AttachForm(now=now()), CheckForm(today=local_day(now()))

    def do(at: datetime) -> str:
        if asset.node is None:
            raise AssetError("not_attached", node=asset.name)
        store.detach(connection(), asset.node, my_party(), me().name, at)
        note("logger_detached", asset.node, asset=asset.id)
        return url_for("assets.one", number=asset.id)

    return _try(asset, forms, do)


@bp.post("/<int:number>/check")
@needs("own")
def check(number: int) -> ResponseReturnValue:
    """Write down that its logger was checked."""
    asset = own_asset(number)
    form = CheckForm(request.form, today=local_day(now()))

    def do(at: datetime) -> str:
        if asset.node is None:
            raise AssetError("not_attached", node=asset.name)
        of = (form.day.data, form.due.data, form.by.data or "")
        store.add_check(connection(), asset.node, *of, me().id, at)
        note("device_checked", asset.node, day=str(form.day.data), due=str(form.due.data))
        return url_for("assets.one", number=asset.id)

    forms = AttachForm(now=now()), form
    return _try(asset, forms, do) if form.validate() else _show(asset, *forms, "", 422)

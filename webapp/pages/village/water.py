"""The water of a village's field: whether to water it, how much, when and why."""

from flask import Blueprint, render_template, url_for

from collector.store.network import registry
from webapp.accounts.access import public
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.i18n import gettext
from webapp.language.words import pick
from webapp.views.places import may_be_id, near_villages, no_village
from webapp.views.village.water import make_view

bp = Blueprint("field_water", __name__)


@bp.get("/v/<village_id>/water/<plot_id>")
@public
def page(village_id: str, plot_id: str) -> str:
    """Show the water account of a field that everybody may see."""
    conn = connection()
    village = registry.village(conn, village_id) if may_be_id(village_id) else None
    if village is None:
        others = near_villages(registry.villages(conn), village_id)
        raise PageNotFound(no_village(village_id), [Suggestion(*each) for each in others])
    back = Suggestion(url_for("village.page", village_id=village.id), pick(village.zh, village.en))
    field = registry.field(conn, plot_id) if may_be_id(plot_id) else None
    if field is None or field.village != village.id:
        raise PageNotFound(gettext("There is no such field in this village."), [back])
    return render_template(
        "village/water.html",
        view=make_view(conn, field, None, now()),
        name=pick(field.zh, field.en),
        back=back,
        own=None,
    )

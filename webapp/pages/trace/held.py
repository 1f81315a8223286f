"""What whoever holds goods in their hands is told of them: a code on a label leads here.

Answers as a resolver of GS1 Digital Link does for the keys that people scan, for private
identifiers of this host, and for codes of lots. No account, no script, nothing kept of who asks.

References
----------
GS1 Digital Link Standard: URI Syntax 1.2. GS1-Conformant Resolver Standard 1.2 (its files were
read, its text not). RFC 9264 (linksets).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.trace import told
from collector.store.trace.told import Story
from models.trace.codes import parse_code
from models.trace.digital_link import CHECK_DIGIT, LENGTH, LONGEST, BadLink, lot_in, read_path
from models.trace.identifiers import LINK_SAFE, IdentifierError, canonical
from webapp.accounts.access import public
from webapp.accounts.lots import home
from webapp.app.database import connection, now
from webapp.language.i18n import gettext
from webapp.views.trace.held import thing_of

bp = Blueprint("held", __name__)
VOC = "https://gs1.org/voc/"
LINKSET = "application/linkset+json"
#: Types of links that lead to the page itself, and the one that leads to the certificate.
OF_PAGE = ("defaultLink", "traceability", "pip")
OF_PAPER = "certificationInfo"
SETS = ("all", "linkset")
#: What a JSON-LD reader needs to read a linkset of GS1's.
CONTEXT = (
    "<https://ref.gs1.org/standards/resolver/linkset-context>; "
    'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
)


def _raw_path() -> str:
    """The path as it was asked for: a slash within a lot stands escaped, and stays so."""
    raw = str(request.environ.get("REQUEST_URI") or "")
    path = urlsplit(raw).path if raw.startswith("http") else raw.split("?", 1)[0]
    return path if path.startswith("/") else quote(request.path)


def _nothing(why: str, status: int = 404, path: str = "") -> ResponseReturnValue:
    return render_template("trace/untold.html", why=why, path=path), status


def _wrong(error: BadLink) -> str:
    if error.what == CHECK_DIGIT:
        return str(
            gettext(
                "The number %(number)s is wrong: a digit of it was misread or misprinted. Scan "
                "the code again, or type the number of the lot below.",
                number=error.value,
            )
        )
    if error.what == LENGTH:
        return str(
            gettext(
                "“%(number)s” has not the digits of a product or box number. Scan the code again, "
                "or type the number of the lot below.",
                number=error.value,
            )
        )
    return str(
        gettext(
            "“%(text)s” is no code of goods: a part of it is wrong or missing. Scan it again, or "
            "type the number of the lot below.",
            text=error.value,
        )
    )


def _untold() -> str:
    return str(
        gettext(
            "Nobody has told anything of this here. Perhaps it was packed a moment ago: try again "
            "in some minutes. If the label is old, ask where you bought it. It does not mean that "
            "the goods are bad, nor that they are good."
        )
    )


@bp.get("/01/<path:rest>")
@bp.get("/00/<path:rest>")
@bp.get("/8003/<path:rest>")
@bp.get("/8004/<path:rest>")
@bp.get("/gtin/<path:rest>")
@bp.get("/sscc/<path:rest>")
@public
def link(rest: str) -> ResponseReturnValue:
    """Answer a Digital Link: of a lot, a piece, a box, a crate, or of a product alone."""
    path = _raw_path()
    try:
        named = read_path(path)
    except BadLink as error:
        return _nothing(_wrong(error))
    if path != named.path:
        query = request.query_string.decode("ascii", "replace")
        return redirect(named.path + (f"?{query}" if query else ""), 301)
    if named.product:
        return _of_product(named.path)
    return _answer(named.path, named.uris, [named.lot] if named.lot else [])


def _of_product(path: str) -> ResponseReturnValue:
    """A product of which no lot is named: ask for the lot."""
    if asked := request.args.get("lot", "").strip():
        return redirect(f"{path}/10/{quote(asked[:20], safe=LINK_SAFE)}", 303)
    why = gettext(
        "This code names the product and not the lot, and what befell goods differs from lot to "
        "lot. Type the number of the lot, which stands near the code."
    )
    wanted = _asked_for()
    if wanted in SETS:
        return _linkset(path, None)
    return _nothing(str(why), 200, path)


@bp.get("/subject/<subject>/<any(class, obj):use>/<path:thing>")
@bp.get("/obj/<path:thing>", defaults={"subject": "", "use": "obj"})
@public
def private(subject: str, use: str, thing: str) -> ResponseReturnValue:
    """Answer an identifier of those who have no company prefix."""
    path = _raw_path()
    uri = f"https://{urlsplit(home()).netloc}{path}"
    if len(path) > LONGEST:
        return _nothing(_wrong(BadLink("rest", path[:40])))
    try:
        names = [canonical(uri)]
    except IdentifierError:
        return _nothing(_wrong(BadLink("rest", thing[:40])))
    code = lot_in(uri)
    return _answer(path, names, [code] if code else [])


@bp.get("/t/")
@public
def look() -> ResponseReturnValue:
    """Type the number of a lot."""
    code = request.args.get("code", "").strip()
    if code:
        return redirect(url_for("held.lot", lot_code=code[:LONGEST]), 303)
    return render_template("trace/untold.html", why="", path="")


@bp.get("/t/<lot_code>")
@public
def lot(lot_code: str) -> ResponseReturnValue:
    """Answer the code of a lot, for people without any prefix."""
    code = parse_code(lot_code)
    if code is None or not code.startswith("L"):
        why = gettext(
            "%(code)s is no number of a lot: a character is wrong or missing. Read it again.",
            code=lot_code[:24],
        )
        return _nothing(str(why))
    return _answer(url_for("held.lot", lot_code=code), (), [code])


def _asked_for() -> str | None:
    """The type of link that is asked for, bare; None where none is."""
    wanted = request.args.get("linkType", request.args.get("linktype", ""))
    if wanted:
        return wanted.removeprefix("gs1:").removeprefix(VOC)
    best = request.accept_mimetypes.best_match(["text/html", LINKSET], "text/html")
    return "linkset" if best == LINKSET else None


def _answer(path: str, names: Any, codes: list[str]) -> ResponseReturnValue:
    story = told.story(connection(), list(names), codes)
    if story.empty:
        return _nothing(_untold())
    wanted = _asked_for()
    if wanted in SETS:
        return _linkset(path, story)
    papers = _papers(story)
    if wanted == OF_PAPER and papers:
        return redirect(papers[0], 307)
    if wanted not in (None, *OF_PAGE):
        return _nothing(
            str(
                gettext(
                    "There is no page of the kind that the code asks for (%(kind)s). What is "
                    "told of the goods is at the address without it.",
                    kind=str(wanted)[:40],
                )
            )
        )
    response = make_response(
        render_template("trace/held.html", t=thing_of(story, now()), path=path)
    )
    response.headers["Link"] = f'<{home()}{path}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'
    return response


def _papers(story: Story) -> list[str]:
    return [
        home() + url_for("certificate.page", certificate_number=lot.paper.number)
        for lot in story.lots
        if lot.paper is not None and lot.paper.void is None
    ]


def _linkset(path: str, story: Story | None) -> Response:
    """All links of a thing, as machines read them (RFC 9264)."""
    here = home() + path
    title = str(gettext("What is told of these goods"))
    own = {"href": here, "title": title, "type": "text/html", "hreflang": ["zh", "en"]}
    links: dict[str, Any] = {"anchor": here, "description": title}
    links |= {f"{VOC}{kind}": [own] for kind in OF_PAGE}
    papers = _papers(story) if story is not None else []
    if papers:
        name = str(gettext("Certificate of commitment"))
        links[f"{VOC}{OF_PAPER}"] = [
            {"href": each, "title": name, "type": "text/html", "hreflang": ["zh", "en"]}
            for each in papers
        ]
    body = json.dumps({"linkset": [links]}, ensure_ascii=False)
    return Response(body, mimetype=LINKSET, headers={"Link": CONTEXT})


@bp.get("/.well-known/gs1resolver")
@public
def described() -> Response:
    """Tell machines which keys this resolver knows."""
    text = {
        "name": str(gettext("Nongqing")),
        "resolverRoot": home(),
        "supportedPrimaryKeys": ["01", "00", "8003", "8004"],
        "supportedLinkType": [{"namespace": VOC, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
    }
    return Response(json.dumps(text, ensure_ascii=False), mimetype="application/json")

"""Codes that a lot's owner prints for whoever eats it."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.webapp.pages.trace.world import certify, garlic, harvest
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.pages.trace.lot_codes import DOTS, MOST
from webapp.views.technician.qr import qr_matrix


@pytest.fixture(scope="module")
def lot(app: App) -> tuple[FlaskClient, str]:
    owner = client_of(app, "farmer")
    return owner, harvest(owner, garlic(owner))


def shown(client: FlaskClient, path: str) -> list[list[bool]]:
    """The modules of a code, dark ones true, as they stand in its picture."""
    answer = client.get(path)
    assert answer.mimetype == "image/png"
    with Image.open(BytesIO(answer.data)) as picture:
        wide = picture.width // DOTS
        dots = picture.resize((wide, wide), Image.Resampling.NEAREST)
        return [[dots.getpixel((x, y)) == 0 for x in range(wide)] for y in range(wide)]


def test_a_code_holds_the_address_by_the_lot_or_by_the_product(
    lot: tuple[FlaskClient, str],
) -> None:
    owner, path = lot
    code = path.rsplit("/", 1)[1]
    assert shown(owner, f"{path}/code.png") == qr_matrix(f"http://localhost/t/{code}")
    by_product = f"http://localhost/01/06901234567892/10/{code}"
    assert shown(owner, f"{path}/code.png?gtin=6901234567892") == qr_matrix(by_product)
    for address in (f"/t/{code}", by_product.removeprefix("http://localhost")):
        assert owner.get(address).status_code == 200, "what is printed leads somewhere"


def test_a_sheet_has_as_many_as_were_asked_for(lot: tuple[FlaskClient, str]) -> None:
    owner, path = lot
    for asked, many in (("8", 8), ("", MOST), ("0", 1), ("999", MOST), ("x", MOST), ("٣", MOST)):
        page = owner.get(f"{path}/codes", query_string={"many": asked}).text
        assert page.count("<img src=") == many, asked
    assert f'href="{path}/codes"' in owner.get(path).text


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "不是商品条码号"), ("en", "is no product number")]
)
@pytest.mark.parametrize("gtin", ["6901234567891", "12", "x" * 300, "<b>"])
def test_a_product_number_that_is_none_is_refused_with_the_mend(
    lot: tuple[FlaskClient, str], gtin: str, language: str, said: str
) -> None:
    owner, path = lot
    answer = owner.get(f"{path}/codes", query_string={"gtin": gtin, "lang": language})
    assert answer.status_code == 422
    assert said in answer.text
    assert "<img src=" not in answer.text
    assert "<b>”" not in answer.text
    assert owner.get(f"{path}/code.png", query_string={"gtin": gtin}).status_code == 422


def test_codes_are_the_owners_to_print(app: App, lot: tuple[FlaskClient, str]) -> None:
    owner, path = lot
    other = client_of(app, "farmer")
    for each in ("codes", "code.png"):
        assert other.get(f"{path}/{each}").status_code == 404
    number = certify(owner, path)
    assert f"{path}/codes" in owner.get(f"/c/{number}/sheet").text
    assert "/t/L" not in app.test_client().get(f"/c/{number}").text

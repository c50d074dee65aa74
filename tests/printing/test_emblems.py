"""Emblems: what is kept is rewritten, and nothing that acts, loads or refers is ever taken."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image, PngImagePlugin

from survey.core.errors import InputError
from survey.printing.posters.document import PrintKind, render
from survey.printing.posters.emblem import check_emblem
from survey.printing.posters.words import PosterText, Style
from tests.support.paper import pictures

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">%s</svg>'
RECT = '<rect width="100" height="100" fill="#c00"/>'
TEXT = PosterText("Sở Tư pháp", "Quầy 1", "HTTPS://DANHGIA.EXAMPLE.VN/K/K7MP2XQA")


def png(width: int = 200, height: int = 300, **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "PNG", **options)
    return out.getvalue()


def paths(data: bytes) -> list[dict[str, str]]:
    return [dict(element.attrib) for element in ET.fromstring(check_emblem(data).data)]  # noqa: S314 - our own file


def test_a_png_is_rewritten_without_what_else_it_held():
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "<script>alert(1)</script>")
    kept = check_emblem(png(pnginfo=told) + b"trailing bytes")
    assert kept.format == "png"
    assert kept.data.startswith(b"\x89PNG")
    assert b"script" not in kept.data
    assert b"trailing" not in kept.data


def test_a_large_png_is_kept_smaller():
    with Image.open(BytesIO(check_emblem(png(4000, 2000)).data)) as image:
        assert image.size == (1200, 600)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<html/>",
        png()[:200],
        png(20, 20),
        png(4001, 100),
        b"x" * 600_000,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
    ],
    ids=["empty", "gif", "html", "cut", "small", "wide", "long", "hollow"],
)
def test_anything_else_is_refused_with_a_reason(data):
    with pytest.raises(InputError):
        check_emblem(data)


def test_a_decompression_bomb_is_refused_before_it_is_opened():
    bomb = BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 512 * 1024
    with pytest.raises((InputError, Image.DecompressionBombWarning)) as caught:
        check_emblem(bomb.getvalue())
    assert caught.type is InputError


def test_shapes_are_kept_as_paths_in_a_picture_a_thousand_units_wide():
    """By hand: a square of 50 moved by (10, 20) in a picture of 100 becomes 100..600 by 200..700."""
    (path,) = paths((SVG % '<g transform="translate(10 20)"><rect width="50" height="50" fill="lime"/></g>').encode())
    assert path == {"d": "M100 200H600V700H100V200Z", "fill": "#00ff00"}


def test_paint_is_inherited_and_faded_on_white():
    inner = '<g style="fill:none;stroke:#000;stroke-width:2"><path d="M0 0L9 9" transform="scale(3)"/></g>'
    inner += (
        '<g fill="#000" opacity=".5"><circle cx="50" cy="50" r="10"/></g><rect width="9" height="9" display="none"/>'
    )
    line, disc = paths((SVG % inner).encode())
    assert (line["fill"], line["stroke"], line["stroke-width"]) == ("none", "#000000", "60")
    assert disc["fill"] == "#808080"


def test_what_editors_leave_behind_is_forgiven():
    data = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://inkscape.example" width="40mm" height="40mm">
<title>Quốc huy</title><metadata/><defs/><inkscape:grid/>{RECT}</svg>"""
    assert len(paths(data.encode())) == 1


@pytest.mark.parametrize(
    "data",
    [
        SVG % f"<script>alert(1)</script>{RECT}",
        SVG % f"<defs><script>alert(1)</script></defs>{RECT}",
        SVG % '<rect width="9" height="9" onload="alert(1)"/>',
        SVG % f'<a href="javascript:alert(1)">{RECT}</a>',
        SVG % '<image href="file:///etc/passwd" width="9" height="9"/>',
        SVG % '<use href="http://evil.example/x.svg#a"/>',
        SVG % "<foreignObject><p/></foreignObject>",
        SVG % '<rect width="9" height="9" fill="url(http://evil.example/x)"/>',
        SVG % '<rect width="9" height="9" style="fill:url(#g)"/>',
        SVG % f"<style>@import 'http://evil.example/x.css';</style>{RECT}",
        SVG % "<text>Sơn La</text>",
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG % RECT,
        '<!DOCTYPE svg [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>' + SVG % "&c;",
        '<!DOCTYPE svg SYSTEM "http://evil.example/x.dtd" []>' + SVG % RECT,
        SVG % '<path d="M0 0 L nan 5"/>',
        SVG % '<path d="M0 0 L 1e300 5"/>',
        SVG % "",
        SVG % "<g>" * 60 + "</g>" * 60,
        SVG % (f"<g>{RECT * 6000}</g>"),
        SVG % '<rect width="9" height="9" fill="#ggg"/>',
        SVG.replace('viewBox="0 0 100 100"', "") % RECT,
        SVG.replace("0 0 100 100", "0 0 100 1") % RECT,
        SVG.replace("0 0 100 100", "0 0 nan 100") % RECT,
        (SVG % RECT)[:-8],
    ],
)
def test_an_svg_that_is_more_than_shapes_is_refused(data):
    with pytest.raises(InputError):
        check_emblem(data.encode())


def test_another_encoding_cannot_hide_an_entity():
    data = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE svg [<!ENTITY x "y">]>' + SVG % RECT
    for encoding in ("utf-16", "utf-16-le"):
        with pytest.raises(InputError):
            check_emblem(data.encode(encoding))


@pytest.mark.parametrize("data", [png(300, 300), (SVG % RECT).encode()], ids=["png", "svg"])
def test_the_emblem_is_printed_in_its_colour(data):
    """A square of one colour: the poster then has that colour where the names begin, and the code still scans."""
    from pypdfium2 import PdfDocument

    document = PdfDocument(render(PrintKind.A4, [TEXT], Style(emblem=check_emblem(data))))
    image = document[0].render(scale=1).to_pil().convert("RGB")
    document.close()
    reds = [image.getpixel((50, y)) for y in range(50, 140)]
    assert sum(1 for r, g, b in reds if r > 180 and g < 40 and b < 40) > 40


def test_the_same_emblem_gives_the_same_bytes():
    style = Style(emblem=check_emblem((SVG % RECT).encode()))
    assert render(PrintKind.A5, [TEXT], style) == render(PrintKind.A5, [TEXT], style)
    assert len(pictures(render(PrintKind.A5, [TEXT], style), 30)) == 1

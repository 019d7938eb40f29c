"""Makes the fonts of internal/infra/pdf. Needs Debian's fonts-noto-cjk,
fonts-noto-core, fonts-droid-fallback, unicode-data and python3-fonttools; see make.sh.

serif.ttf  Noto Serif CJK SC (OFL): the 8105 characters of the Table of General
           Standard Chinese Characters (kTGH of Unihan), all that the font has
           beyond the first plane, letters and signs. Curves become quadratic,
           at most 1/1000 em off, since PDF shows TrueType by any number.
latin.ttf  Noto Serif (OFL): Latin, Greek and Cyrillic letters that serif.ttf
           lacks, and quotation marks and dashes as wide as Latin text wants.
"""
import bz2
import sys

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

NOTO = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
UNIHAN = "/usr/share/unicode/Unihan_OtherMappings.txt.bz2"
SC = 2
LATIN = "/usr/share/fonts/truetype/noto/NotoSerif-Regular.ttf"

SIGNS = [(0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x2AF), (0x2B0, 0x2FF), (0x370, 0x45F), (0x1E00, 0x1EFF),
         (0x2000, 0x206F), (0x20A0, 0x20BF), (0x2100, 0x27BF), (0x2E80, 0x312F), (0x31A0, 0x33FF),
         (0xFE10, 0xFE6F), (0xFF00, 0xFFEF)]
BEYOND = [(0x20000, 0x33479)]
LETTERS = [(0xA0, 0x52F), (0x1E00, 0x1FFF)]
MARKS = [(0x2010, 0x2015), (0x2018, 0x201F), (0x2026, 0x2026)]


def table_of_general_standard_characters():
    found = set()
    with bz2.open(UNIHAN, "rt", encoding="utf-8") as lines:
        for line in lines:
            part = line.split("\t")
            if len(part) > 2 and part[1] == "kTGH":
                found.add(int(part[0][2:], 16))
    assert len(found) == 8105, len(found)
    return found


def make(path, source, number, characters, name):
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.notdef_outline = True
    options.desubroutinize = True
    font = TTFont(source, fontNumber=number, recalcTimestamp=False)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=characters)
    cut.subset(font)

    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    cubic = "CFF " in font
    shapes = {}
    for n in order:
        whole, pen = DecomposingRecordingPen(glyphs), TTGlyphPen(None)
        glyphs[n].draw(whole)
        whole.replay(Cu2QuPen(pen, 1.0, reverse_direction=True) if cubic else pen)
        shapes[n] = pen.glyph()
        shapes[n].recalcBounds(None)
    out = TTFont(recalcTimestamp=False)
    out.setGlyphOrder(order)
    for tag in ("head", "hhea", "maxp", "hmtx", "cmap", "OS/2", "name", "post"):
        out[tag] = font[tag]
    out["loca"], out["glyf"] = newTable("loca"), newTable("glyf")
    out["glyf"].glyphOrder, out["glyf"].glyphs = order, shapes
    out["head"].glyphDataFormat = 0
    m = out["maxp"]
    m.tableVersion = 0x00010000
    m.maxZones = 1
    for zero in ("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs",
                 "maxStackElements", "maxSizeOfInstructions", "maxComponentElements",
                 "maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours", "maxComponentDepth"):
        setattr(m, zero, 0)
    out["post"].formatType = 3.0
    out["post"].extraNames, out["post"].mapping = [], {}
    keep = [r for r in out["name"].names if r.nameID in (0, 5, 13, 14) and r.platformID == 3]
    out["name"].names = keep
    for number_of, value in ((1, name), (2, "Regular"), (4, name), (6, name.replace(" ", ""))):
        out["name"].setName(value, number_of, 3, 1, 0x409)
    for r in out["hmtx"].metrics:
        out["hmtx"].metrics[r] = (out["hmtx"].metrics[r][0], getattr(shapes[r], "xMin", 0))
    out.save(path)


def spread(ranges):
    return {c for a, b in ranges for c in range(a, b + 1)}


if __name__ == "__main__":
    folder = sys.argv[1]
    han = table_of_general_standard_characters()
    make(folder + "/serif.ttf", NOTO, SC, han | spread(SIGNS) | spread(BEYOND), "Kaishu Letter Serif")
    lacking = spread(LETTERS) - set(TTFont(folder + "/serif.ttf").getBestCmap())
    make(folder + "/latin.ttf", LATIN, -1, lacking | spread(MARKS), "Kaishu Letter Latin")

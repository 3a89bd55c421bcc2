# The data set of emoji from a made-up font: which sequences are taken, how they are labelled, what
# is written beside the pictures. The font is read by a stand-in for fontTools, so that neither it
# nor a font has to be there; that the real one is understood is not tested.
command -v python3 > /dev/null || exit 77
. "$CLI/common.sh"
. "$CLI/data.sh"
cd "$TMPDIR"
emoji() { "$CLI/../../scripts/emoji-dataset" "$@"; }
mkdir -p font/fontTools none/fontTools
export PYTHONPATH=$TMPDIR/font PYTHONDONTWRITEBYTECODE=1
# A line of the font: a sequence of code points, the name of its glyph, the colour of its picture as
# RGBA or "-" for none.
cat > font/fontTools/ttLib.py << 'PYTHON'
import struct, zlib
from types import SimpleNamespace as Record

class TTLibError(Exception):
    pass

def png(colour):  # 6x4 of one colour
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes.fromhex(colour) * 6) * 4
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 6, 4, 8, 6, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

class TTFont(dict):
    def __init__(self, path):
        lines = [line.split() for line in open(path)]
        if ["damaged"] in lines:
            raise TTLibError("Not a TrueType or OpenType font (bad sfntVersion)")
        lines = [([int(c, 16) for c in codes.split("_")], *rest) for codes, *rest in lines]
        self.names = {c: f"part{c:x}" for codes, *_ in lines for c in codes if len(codes) > 1}
        self.names.update({codes[0]: name for codes, name, _ in lines if len(codes) == 1})
        parts = [({}, Record), ({}, lambda **kept: Record(ExtSubTable=Record(**kept)))]
        for i, (codes, name, _) in enumerate(lines):
            if len(codes) > 1:
                first, *others = [self.names[c] for c in codes]
                parts[i % 2][0].setdefault(first, []).append(Record(Component=others, LigGlyph=name))
        tables = [kind(ligatures=ligatures) for ligatures, kind in parts] + [Record(kerning={})]
        self["GSUB"] = Record(table=Record(LookupList=Record(Lookup=[Record(SubTable=tables)])))
        pictures = {name: Record(imageData=png(c)) for _, name, c in lines if c != "-"}
        if pictures:
            self["CBDT"] = Record(strikeData=[{**pictures, "space": Record()}])

    def getBestCmap(self):
        return self.names
PYTHON
touch font/fontTools/__init__.py
cat > emoji.ttf << 'FONT'
1f600 smile ff0000ff
1f44b hand 00ff00ff
1f44b_1f3fd hand-tone 00800080
1f408 cat 0000ffff
1f408_200d_2b1b cat-black 000000ff
1f34e apple 80000000
1f680 rocket 808080ff
1f3a8 palette 808000ff
1f4bb laptop 008080ff
2764_fe0f heart ff00ffff
2764 heart ff00ffff
1f1e9_1f1ea flag 123456ff
31 one 123456ff
1f3fb tone 123456ff
1f63a bare -
FONT
cat > people.ttf << 'FONT'
1f468 man 010000ff
1f468_1f3fb man-light 020000ff
1f468_1f3ff_200d_1f9b0 man-red 030000ff
1f469_1f3fd_200d_1f33e farmer 040000ff
1f469_200d_2708_fe0f pilot 050000ff
1f9d1_200d_1f384 santa 060000ff
1f385 santa 060000ff
1f9d4 beard 070000ff
1f9d4_200d_2640_fe0f beard-woman 080000ff
1f470 veil 090000ff
1f470_200d_2642_fe0f veil-man 0a0000ff
1f46e_1f3fc_200d_2640_fe0f police 0b0000ff
1f9d2_1f3fe child 0c0000ff
1f468_1f3fb_200d_1f468_1f3ff pair 0d0000ff
1f469_200d_1f469 women 0e0000ff
1f469_200d_1f680_200d_1f33e both 0f0000ff
1f470_200d_1f33e veil-farmer 100000ff
1f467_200d_1f33e girl-farmer 110000ff
1f600 smile 120000ff
FONT
contents() {  # labels, then the colour of each picture
  python3 -m zipfile -e "$1" read
  jq -c .labels read/dataset.json
  sgan-data -q "$1" -o out.npy
  pixels out.npy "$2" | awk '{ print $1, $2, $3 }'
  rm -r read out.npy
}
emoji --font emoji.ttf --resolution 4 emoji.zip 2> err; said err
contents emoji.zip 48
emoji --portraits --font people.ttf --resolution 4 people.zip 2> err; said err
contents people.zip 48
tr -d '\r' < people.csv
# What cannot be done is said in one line.
emoji --font nowhere.ttf out.zip && no || result
echo damaged > damaged.ttf; emoji --font damaged.ttf out.zip && no || result
echo '1f600 smile -' > plain.ttf; emoji --font plain.ttf out.zip && no || result
emoji --portraits --font emoji.ttf out.zip && no || result
emoji --font emoji.ttf --resolution 0 out.zip && no || result
emoji --font emoji.ttf /nowhere/out.zip && no || result
echo 'raise ImportError' > none/fontTools/__init__.py
PYTHONPATH=$TMPDIR/none emoji --font emoji.ttf out.zip && no || result
ls -- *.zip *.csv

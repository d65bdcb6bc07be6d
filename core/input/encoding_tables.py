#!/usr/bin/env python3
"""Writes encoding_tables.c: what the bytes 0x80 to 0xFF mean in each single-byte encoding.

Run without arguments from this folder after changing the list below. The mappings are those of Python's own codecs, which are
made from the tables of the Unicode consortium and of the vendors.
"""

TABLES = [
    (f"iso-8859-{n}", f"iso8859_{n}") for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)
] + [
    (f"windows-{n}", f"cp{n}") for n in (874, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)
] + [("koi8-r", "koi8_r"), ("koi8-u", "koi8_u")] + [
    (f"ibm{n}", f"cp{n}") for n in (437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866, 869)
] + [("macintosh", "mac_roman"), ("x-mac-cyrillic", "mac_cyrillic"), ("x-mac-ce", "mac_latin2")]


def meaning(codec, byte):
    try:
        return ord(bytes([byte]).decode(codec))
    except UnicodeDecodeError:
        return 0


with open("encoding_tables.c", "w", encoding="ascii") as out:
    out.write("/* encoding_tables.c: the bytes 0x80 to 0xFF of the single-byte encodings as code points; 0: undefined.\n"
              " * Made by encoding_tables.py; do not edit. */\n"
              '#include "core/input/encoding_parts.h"\n\n'
              "const hr_single_table hr_single_tables[] = {\n")
    for name, codec in TABLES:
        out.write(f'    {{"{name}",\n     {{')
        for row in range(0x80, 0x100, 16):
            cells = ", ".join(f"0x{meaning(codec, byte):04X}" for byte in range(row, row + 16))
            out.write(cells + (",\n      " if row < 0xF0 else "}},\n"))
    out.write("};\nconst size_t hr_single_table_count = sizeof(hr_single_tables) / sizeof(hr_single_tables[0]);\n")

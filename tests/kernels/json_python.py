#!/usr/bin/env python3
"""json_python.py: lines of JSON against the parser of Python's standard library. Usage: json_python.py PROGRAM [LINES]

PROGRAM is json_say. The two differ by decision in this, and in nothing else:
- Python takes NaN, Infinity and -Infinity; here they are refused (as by its own parse_constant below).
- Python takes \\u escapes of half a surrogate pair, which no text can hold; here they are refused.
"""
import json
import random
import re
import subprocess
import sys

HALVES = re.compile("[\ud800-\udfff]")
PIECES = ['{', '}', '[', ']', ':', ',', '"a"', '"b c"', '""', '0', '-1', '1.5', '1e5', '-0.0E-7', '01', '1.', '.5', '+1',
          'true', 'false', 'null', 'nul', 'NaN', '-Infinity', ' ', '\t', '\r', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud83d"',
          '"\\udc00\\ud800"', '"\\x"', '"\\', '"é€😀"', '\x00', '"\x1f"', '"\x7f"', '\xa0', '\ufeff', '"\\\\"', '{"a":', '[1,']


def refuse(name):
    raise ValueError(name)


def sound(line):
    """What Python says, with the differences above taken into account."""
    try:
        text = line.decode('utf-8')
        value = json.loads(text, parse_constant=refuse, parse_int=str, parse_float=str)
        return not halves(value)
    except (ValueError, UnicodeDecodeError):
        return False


def halves(value):
    if isinstance(value, str):
        return HALVES.search(value) is not None
    if isinstance(value, list):
        return any(halves(one) for one in value)
    if isinstance(value, dict):
        return any(halves(name) or halves(one) for name, one in value.items())
    return False


def value(chance, depth):
    kind = chance.randrange(8)
    if kind < 2 and depth < 5:
        return [value(chance, depth + 1) for _ in range(chance.randrange(5))]
    if kind < 5 and depth < 5:
        return {chance.choice(['id', 'a', 'ключ', 'x"y', '']) + str(n): value(chance, depth + 1)
                for n in range(chance.randrange(5))}
    return chance.choice([None, True, False, 0, -12, 3.25, 1e300, 10 ** 30, 'text', 'caf\u00e9 \U0001f600', 'a\\b"c\n', '\u2028'])


def line(chance):
    if chance.random() < 0.3:
        return ''.join(chance.choice(PIECES) for _ in range(chance.randrange(1, 9))).encode('utf-8')
    text = json.dumps(value(chance, 0), ensure_ascii=chance.random() < 0.5,
                      separators=chance.choice([(',', ':'), (', ', ': '), (' ,', ' :')]))
    made = bytearray(text.encode('utf-8'))
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        at = chance.randrange(len(made))
        if chance.random() < 0.3:
            del made[at:at + 1]
            made = made or bytearray(b'0')
        else:
            made[at] = chance.choice(b'"\\{}[]:,0-.eE+ tfnu/\x1f\x80\xff') if chance.random() < 0.8 else chance.randrange(256)
    return bytes(made).replace(b'\n', b' ')


def main():
    chance = random.Random(20)
    lines = [line(chance) for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 20000)]
    done = subprocess.run([sys.argv[1]], input=b'\n'.join(lines) + b'\n', capture_output=True, check=False)
    said = done.stdout.decode()
    if done.returncode != 0 or len(said) != len(lines):
        sys.exit(f'{sys.argv[1]}: status {done.returncode}, {len(said)} answers to {len(lines)} lines')
    wrong = [(one, answer) for one, answer in zip(lines, said)
             if answer != ('-' if not one.strip(b' \t\r') else '1' if sound(one) else '0')]
    for one, answer in wrong[:20]:
        print(f'we say {answer}: {one!r}')
    accepted = said.count('1')
    print(f'{len(lines)} lines, {accepted} sound, {len(wrong)} seen otherwise by Python')
    sys.exit(bool(wrong) or not len(lines) // 5 < accepted < len(lines))


if __name__ == '__main__':
    main()

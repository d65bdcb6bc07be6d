"""Writes powers.inc: the 128 leading bits of 5^q for q from -342 to 308, for value_float.c.

Positive powers are cut off, negative ones (reciprocals) rounded up, as section 8 of Daniel Lemire, "Number parsing at a
gigabyte per second" (2021), has them.  python3 powers.py > powers.inc
"""

LEAST, MOST, BITS = -342, 308, 128


def leading(q):
    if q >= 0:
        power = 5**q
        shift = power.bit_length() - BITS
        return power >> shift if shift > 0 else power << -shift
    power = 5**-q
    # 2^b / 5^-q with b so that 128 bits come out, rounded up; beyond 5^27 the quotient is never whole.
    bits = (power - 1).bit_length()
    value = (1 << (bits + BITS - 1)) // power + 1
    if q < -27:
        value = (1 << (2 * bits + BITS)) // power + 1
        value >>= value.bit_length() - BITS
    return value


print("/* powers.inc: written by powers.py: the 128 leading bits of 5^-342 to 5^308, higher half first. */")
for q in range(LEAST, MOST + 1):
    value = leading(q)
    assert value.bit_length() == BITS, q
    print("{UINT64_C(0x%016x), UINT64_C(0x%016x)}," % (value >> 64, value & (2**64 - 1)))

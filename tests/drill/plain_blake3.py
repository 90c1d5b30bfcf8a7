# SPDX-License-Identifier: Apache-2.0
"""BLAKE3 as its paper describes it, slow and with nothing in common with the daemon's."""
import struct

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
DERIVE_CONTEXT, DERIVE_MATERIAL = 32, 64
MASK = 0xFFFFFFFF
QUARTERS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))


def compress(value, words, counter, length, flags):
    v = [*value, *IV[:4], counter & MASK, counter >> 32, length, flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(QUARTERS):
            x, y, z, w = v[a], v[b], v[c], v[d]
            x = (x + y + words[2 * i]) & MASK
            w ^= x
            w = (w >> 16 | w << 16) & MASK
            z = (z + w) & MASK
            y ^= z
            y = (y >> 12 | y << 20) & MASK
            x = (x + y + words[2 * i + 1]) & MASK
            w ^= x
            w = (w >> 8 | w << 24) & MASK
            z = (z + w) & MASK
            y ^= z
            v[a], v[b], v[c], v[d] = x, (y >> 7 | y << 25) & MASK, z, w
        words = [words[i] for i in ORDER]
    return [v[i] ^ v[i + 8] for i in range(8)]


def words_of(block):
    return struct.unpack("<16I", block.ljust(64, b"\0"))


def chunk(data, number, key, flags, is_root):
    value = key
    blocks = [data[at:at + 64] for at in range(0, len(data), 64)] or [b""]
    for i, block in enumerate(blocks):
        is_last = i + 1 == len(blocks)
        marks = (flags | (CHUNK_START if i == 0 else 0) | (CHUNK_END if is_last else 0)
                 | (ROOT if is_last and is_root else 0))
        value = compress(value, words_of(block), number, len(block), marks)
    return value


def tree(data, number, key, flags, is_root):
    if len(data) <= 1024:
        return chunk(data, number, key, flags, is_root)
    chunks = (len(data) + 1023) // 1024
    left = 1 << (chunks - 1).bit_length() - 1
    words = (tree(data[:left * 1024], number, key, flags, False)
             + tree(data[left * 1024:], number + left, key, flags, False))
    return compress(key, words, 0, 64, flags | PARENT | (ROOT if is_root else 0))


def blake3(data):
    """32 bytes."""
    return struct.pack("<8I", *tree(bytes(data), 0, IV, 0, True))


def derived(context, data):
    """BLAKE3 in the mode that derives keys, which separates hashes of different kinds."""
    key = tree(context.encode(), 0, IV, DERIVE_CONTEXT, True)
    return struct.pack("<8I", *tree(bytes(data), 0, key, DERIVE_MATERIAL, True))

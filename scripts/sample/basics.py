"""What the sample site is made from: chance, names, money, Frappe's secrets."""
import base64
import hashlib
import hmac
from datetime import date, timedelta

SITE = "sample.localhost"
EPOCH = 1735689600              # 2025-01-01, the first day of the story
DAYS = [(date(2025, 1, 1) + timedelta(n)).isoformat() for n in range(400)]
NULL = "\\N"
# Words of nobody in particular; the last ones break careless tools.
WORDS = """goods order paper steel blue red green large small metal plastic
wooden delivery invoice payment customer supplier meeting review approved
pending urgent sample quality check packed shipped received returned quarter
annual monthly report balance stock warehouse transport pallet carton label
price discount contract renewal service repair spare part engine bearing valve
filter cable switch panel frame screw bolt sensor module battery adapter
Größe Übergabe façade naïve São Málaga Ελλάδα Москва 東京 客户 भारत 🚚 📦""".split()
ODD_TEXTS = (
    "it's \"quoted\" with \\ and a tab\there",
    "two\r\nlines; -- no comment /* nor this */",
    "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ in a text",
    "/*M!999999\\- enable the sandbox mode */",
    "\\N is no NULL here, nor is NULL",
    "nul follows \0 and 26 \x1a",
    "",
    " leading and trailing ",
)
CITIES = ("Pune", "Lyon", "Graz", "Porto", "Turku", "Cork", "Gdańsk", "Leuven")
FIRST = ("Ada", "Noor", "Iris", "Jan", "Mei", "Omar", "Zoë", "Luis", "Anja",
         "Ravi", "Tove", "Emre")
LAST = ("Okafor", "Lindqvist", "Moreau", "Sharma", "Novák", "Tanaka", "Silva",
        "Byrne", "Weiß", "Kaya", "Rossi", "Haddad")


class Dice:
    """A generator of our own, so that no Python version changes the site."""

    def __init__(self, seed):
        self.state = int.from_bytes(
            hashlib.sha256(seed.encode()).digest()[:8], "big") | 1

    def below(self, n):
        x = self.state
        x ^= (x << 13) & 0xffffffffffffffff
        x ^= x >> 7
        x ^= (x << 17) & 0xffffffffffffffff
        self.state = x
        return (x >> 11) % n

    def pick(self, choices):
        return choices[self.below(len(choices))]


def derive(seed, what, size=32):
    """Bytes that follow from the seed, for keys, passwords, contents."""
    return hashlib.shake_256(f"{seed}/{what}".encode()).digest(size)


def token(seed, what, size):
    return derive(seed, what, size).hex()[:size]


def escape(text):
    return (text.replace("\\", "\\\\").replace("\t", "\\t")
            .replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0"))


def money(cents):
    sign = "-" if cents < 0 else ""
    cents = abs(cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"


# Fernet, as Frappe keeps secrets in __Auth (AES-128-CBC and HMAC-SHA256).

def encryption_key(seed):
    return base64.urlsafe_b64encode(derive(seed, "fernet")).decode()


def aes_tables():
    """The S-box, from its definition: inverse in GF(2^8), then affine."""
    box, p, q = [0] * 256, 1, 1
    while True:
        p = p ^ (p << 1 & 255) ^ (0x1b if p & 128 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift & 255
        q ^= 9 if q & 128 else 0
        rotated = q
        for shift in (1, 2, 3, 4):
            rotated ^= (q << shift | q >> (8 - shift)) & 255
        box[p] = rotated ^ 0x63
        if p == 1:
            break
    box[0] = 0x63
    return box


def aes_encrypt(key, block, box):
    words, rcon = [list(key[i:i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        word = words[-1][:]
        if i % 4 == 0:
            word = [box[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = (rcon << 1) ^ (0x11b if rcon & 128 else 0)
        words.append([a ^ b for a, b in zip(words[-4], word)])
    keys = [sum(words[i:i + 4], []) for i in range(0, 44, 4)]
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 11):
        state = [box[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < 10:
            mixed = []
            for i in range(0, 16, 4):
                column = state[i:i + 4]
                every = column[0] ^ column[1] ^ column[2] ^ column[3]
                for k in range(4):
                    pair = column[k] ^ column[(k + 1) % 4]
                    twice = (pair << 1) ^ (0x11b if pair & 128 else 0)
                    mixed.append(column[k] ^ every ^ twice)
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


def fernet(key, text, seconds, iv):
    raw, box = base64.urlsafe_b64decode(key), aes_tables()
    fill = 16 - len(text) % 16
    text, last, sealed = text + bytes([fill]) * fill, iv, b""
    for i in range(0, len(text), 16):
        block = bytes(a ^ b for a, b in zip(text[i:i + 16], last))
        last = aes_encrypt(raw[16:], block, box)
        sealed += last
    body = b"\x80" + seconds.to_bytes(8, "big") + iv + sealed
    tag = hmac.new(raw[:16], body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(body + tag).decode()

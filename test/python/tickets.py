"""A second implementation of ticket verification, which shares no code with the first. It judges sequences of requests.

Reads a list of scenarios as JSON from standard input, and prints a list of lists of verdicts.
"""

import base64
import hashlib
import hmac
import json
import string
import sys

LOWER = set(string.ascii_lowercase)
DIGITS = set(string.digits)
B64 = set(string.ascii_letters + string.digits + "-_")
AUDIENCE = LOWER | DIGITS | set(".:_-")
WISH = LOWER | DIGITS | set("@=._-")
KNOWN = {"answer", "code", "why=waits", "why=cpu"}


def hkdf(key):
    """RFC 5869 with SHA-256. There is no salt, so a block of zeros replaces it. The output is one block long."""
    extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
    return hmac.new(extracted, b"osprofiler ticket v1\x01", hashlib.sha256).digest()


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def consists_of(text, characters, least, most):
    return least <= len(text) <= most and set(text) <= characters


def number(text, most_digits):
    if not consists_of(text, DIGITS, 1, most_digits) or (text[0] == "0" and text != "0"):
        raise ValueError(text)
    return int(text)


def parse(ticket):
    if not ticket.isascii() or len(ticket) > 512:
        raise ValueError("length")
    version, kid, iat, exp, nonce, aud, points, wants, mac = ticket.split(";")
    fields = (
        version == "1",
        consists_of(kid, B64, 8, 8),
        consists_of(nonce, B64, 22, 22),
        consists_of(aud, AUDIENCE, 0, 255),
        consists_of(mac, B64, 43, 43),
    )
    wishes = wants.split(",") if wants else []
    if not all(fields) or len(wishes) > 8 or not all(consists_of(wish, WISH, 1, 64) for wish in wishes):
        raise ValueError("field")
    iat, exp, points = number(iat, 12), number(exp, 12), number(points, 7)
    if not 1 <= exp - iat <= 300 or not 1 <= points <= 1_000_000:
        raise ValueError("range")
    return {"kid": kid, "iat": iat, "exp": exp, "nonce": nonce, "aud": aud, "points": points, "wants": wishes, "mac": mac}


def is_known(wish):
    kind, at, service = wish.partition("@")
    if not at:
        return wish in KNOWN
    return kind in ("why=waits", "why=cpu") and consists_of(service, LOWER | DIGITS | set("._-"), 1, 64)


class Verifier:
    def __init__(self, scenario):
        self.keys = scenario["keys"]
        self.audience = scenario["audience"]
        self.started = scenario["started"]
        self.capacity = scenario["capacity"]
        self.nonces = []
        self.swept = -1

    def judge(self, request):
        try:
            ticket = parse(request["ticket"])
        except ValueError:
            return "malformed"
        info = request["info"].encode()
        signers = [key for key in self.keys if hmac.new(key.encode(), info, "sha1").hexdigest() == request["hmac"]]
        derived = hkdf(signers[0].encode()) if signers else b""
        if not signers or b64(hmac.new(derived, b"kid", "sha256").digest()[:6]) != ticket["kid"]:
            return "other-key"
        head = request["ticket"].rpartition(";")[0]
        signed = b"osprofiler-ticket-v1\n" + info + b"\n" + head.encode()
        if b64(hmac.new(derived, signed, "sha256").digest()) != ticket["mac"]:
            return "bad-mac"
        now = int(request["now"])
        if ticket["iat"] > now + 30:
            return "not-yet"
        if ticket["exp"] < now - 30:
            return "expired"
        if ticket["iat"] < int(self.started):
            return "before-start"
        if ticket["aud"] and self.audience and ticket["aud"] not in self.audience:
            return "audience"
        over = [exp for _, exp in self.nonces if exp < now - 30]
        self.swept = max([self.swept, *over])
        self.nonces = [(nonce, exp) for nonce, exp in self.nonces if exp >= now - 30]
        if ticket["exp"] <= self.swept or any(nonce == ticket["nonce"] for nonce, _ in self.nonces):
            return "replayed"
        if len(self.nonces) >= self.capacity:
            return "busy"
        self.nonces.append((ticket["nonce"], ticket["exp"]))
        wants = list(dict.fromkeys(wish for wish in ticket["wants"] if is_known(wish)))
        return f"valid {ticket['points']} {','.join(wants)}"


verdicts = []
for scenario in json.load(sys.stdin):
    verifier = Verifier(scenario)
    verdicts.append([verifier.judge(request) for request in scenario["requests"]])
print(json.dumps(verdicts))

# SPDX-License-Identifier: Apache-2.0
"""An authenticator and the browser before it, as far as Web Authentication needs them: keys, client data,
authenticator data, CBOR. What a test wants to be wrong is said by a keyword."""
import base64
import hashlib
import json
import os

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(v):
    def head(major, n):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 256:
            return bytes([major << 5 | 24, n])
        return bytes([major << 5 | 25]) + n.to_bytes(2, "big")

    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    return head(5, len(v)) + b"".join(cbor(k) + cbor(x) for k, x in v.items())


class Passkey:
    """One credential. COUNT None: the authenticator does not count."""

    def __init__(self, algorithm=-7, count=None):
        self.algorithm, self.count = algorithm, count
        self.id = os.urandom(32)
        self.user = b""
        self.key = ec.generate_private_key(ec.SECP256R1()) if algorithm == -7 else ed25519.Ed25519PrivateKey.generate()

    def cose(self):
        if self.algorithm == -7:
            n = self.key.public_key().public_numbers()
            return {1: 2, 3: -7, -1: 1, -2: n.x.to_bytes(32, "big"), -3: n.y.to_bytes(32, "big")}
        raw = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {1: 1, 3: -8, -1: 6, -2: raw}

    def sign(self, message):
        return self.key.sign(message, ec.ECDSA(hashes.SHA256())) if self.algorithm == -7 else self.key.sign(message)

    @staticmethod
    def client(kind, challenge, origin, **more):
        return json.dumps(dict({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}, **more)).encode()

    def data(self, rp, flags, attested=b""):
        if self.count is not None:
            self.count += 1
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + (self.count or 0).to_bytes(4, "big") + attested

    def make(self, form, origin, rp, flags=0x45, kind="webauthn.create", challenge=None, fmt="none", more=None):
        """Fields of a registration; FORM has data-user and the state."""
        self.user = form.get("user", "").encode() if isinstance(form.get("user"), str) else b""
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor(self.cose())
        object_ = cbor({"fmt": fmt, "attStmt": {}, "authData": self.data(rp, flags, attested)})
        return {"client_data": b64(self.client(kind, challenge or form["state"], origin, **(more or {}))), "attestation": b64(object_)}

    def use(self, form, origin, rp, flags=0x05, kind="webauthn.get", challenge=None, signer=None, user=True, more=None):
        client = self.client(kind, challenge or form["state"], origin, **(more or {}))
        data = self.data(rp, flags)
        signature = (signer or self).sign(data + hashlib.sha256(client).digest())
        return {"id": b64(self.id), "client_data": b64(client), "authenticator_data": b64(data), "signature": b64(signature),
                "user": b64(self.user) if user else ""}

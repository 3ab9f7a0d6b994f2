"""Load a signing key, and refuse one that is exposed, unfit or not the certificate's."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, assert_never

from raudit.canonical import Sha256, sha256
from raudit.errors import KeyFileError
from raudit.extras import require
from raudit.signing.certificates import describe, read_certificates
from raudit.signing.names import common_name_of, names_itself, tolerate_names
from raudit.signing.sources import KeySource, PemFiles, Pkcs11Token, Pkcs12File

MIN_RSA_BITS = 2048
MAX_KEY_FILE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key ready to sign, and the certificate that speaks for it. Use as a context manager, or close it."""

    subject: str
    """Who the certificate says the signer is."""
    common_name: str
    """The same in short: the subject's common name."""
    fingerprint: Sha256
    """SHA-256 of the certificate's DER bytes."""
    certificate: bytes = field(repr=False)
    """The certificate, DER."""
    chain: tuple[bytes, ...] = field(repr=False)
    """Further certificates up to, but perhaps without, a root; DER."""
    algorithm: str
    """Such as ``ecdsa-secp256r1`` or ``rsa-3072``."""
    self_signed: bool
    """Whether the certificate vouches for itself, so that only its fingerprint identifies anyone."""
    signer: Any = field(repr=False, compare=False)
    """pyHanko's signer; holds or reaches the private key."""
    session: Any = field(default=None, repr=False, compare=False)
    """Open PKCS#11 session, if any."""

    def close(self) -> None:
        """Log out of the token, if there is one."""
        if self.session is not None:
            self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def load_signer(source: KeySource) -> SigningKey:
    """Open a key and check that it can sign reports.

    Raises
    ------
    KeyFileError
        If a private key file is readable by group or others, the passphrase is missing or wrong, the certificate is
        another key's, or the key's kind is one that PDF readers cannot check (Ed25519, short RSA).
    """
    tolerate_names()
    match source:
        case PemFiles():
            return _from_pem(source)
        case Pkcs12File():
            return _from_pkcs12(source)
        case Pkcs11Token():
            return _from_token(source)
        case _:
            assert_never(source)


def read_private_file(path: Path) -> bytes:
    """Read a file that holds a secret, unless group or others can read it too."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise KeyFileError(
            "the private key cannot be read",
            reference="key-unreadable",
            where=str(path),
            got=error.strerror or "",
        ) from error
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise KeyFileError(
            "the private key is open to other users of this machine",
            reference="key-exposed",
            where=str(path),
            got=f"mode {mode:04o}",
            expected="0600",
            hint=f"chmod 600 {path}; if others may have read it, make a new key",
        )
    if len(data) > MAX_KEY_FILE:
        raise KeyFileError(
            "this is too large for a key", reference="key-too-large", where=str(path)
        )
    return data


def _from_pem(source: PemFiles) -> SigningKey:
    from cryptography.hazmat.primitives import serialization

    data = read_private_file(source.key)
    password = source.passphrase.encode() if source.passphrase else None
    load = (
        serialization.load_pem_private_key
        if b"-----BEGIN" in data
        else serialization.load_der_private_key
    )
    try:
        private = load(data, password)
    except TypeError as error:  # encrypted and no passphrase, or a passphrase and not encrypted
        if password is not None:
            private = load(data, None)
        else:
            raise _passphrase_error("the private key is encrypted", source.key) from error
    except Exception as error:
        raise _passphrase_error("the private key cannot be opened", source.key) from error
    try:
        certificates = read_certificates(
            source.certificate.read_bytes(), where=str(source.certificate)
        )
    except OSError as error:
        raise KeyFileError(
            "the certificate cannot be read",
            reference="certificate-unreadable",
            where=str(source.certificate),
            got=error.strerror or "",
        ) from error
    return _in_memory(private, certificates, str(source.key))


def _from_pkcs12(source: Pkcs12File) -> SigningKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    data = read_private_file(source.path)
    try:
        bundle = pkcs12.load_pkcs12(data, source.passphrase.encode() if source.passphrase else None)
    except Exception as error:
        raise _passphrase_error("the PKCS#12 file cannot be opened", source.path) from error
    if bundle.key is None or bundle.cert is None:
        raise KeyFileError(
            "the PKCS#12 file holds no key with its certificate",
            reference="pkcs12-incomplete",
            where=str(source.path),
        )
    der = serialization.Encoding.DER
    certificates = (
        bundle.cert.certificate.public_bytes(der),
        *(other.certificate.public_bytes(der) for other in bundle.additional_certs),
    )
    return _in_memory(bundle.key, certificates, str(source.path))


def _in_memory(private: Any, certificates: tuple[bytes, ...], where: str) -> SigningKey:
    from asn1crypto import keys, x509
    from cryptography.hazmat.primitives import serialization
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    der, pkcs8 = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    algorithm = _algorithm(private.public_key(), where)
    parsed = [x509.Certificate.load(data) for data in certificates]
    spki = private.public_key().public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)
    _refuse_pss(parsed, where)
    own = next((cert for cert in parsed if cert.public_key.dump() == spki), None)
    if own is None:
        raise KeyFileError(
            "the certificate belongs to another key",
            reference="key-mismatch",
            where=where,
            got=describe(parsed[0]),
            hint="name the certificate that was issued for this key",
        )
    chain = [cert for cert in parsed if cert is not own]
    signer = SimpleSigner(
        signing_cert=own,
        signing_key=keys.PrivateKeyInfo.load(
            private.private_bytes(der, pkcs8, serialization.NoEncryption())
        ),
        embed_roots=False,  # whoever verifies brings the root; one inside the file proves nothing
        cert_registry=SimpleCertificateStore.from_certs(chain),  # type: ignore[no-untyped-call]
    )
    return _signing_key(own, chain, algorithm, signer, session=None, where=where)


def _refuse_pss(certificates: Sequence[Any], where: str) -> None:
    """Refuse a key that its certificate restricts to RSA-PSS: it looks like another key than the plain RSA one."""
    if any(cert.public_key.algorithm == "rsassa_pss" for cert in certificates[:1]):
        raise _key_kind_error("an RSA key that its certificate restricts to PSS (RFC 4055)", where)


def _from_token(source: Pkcs11Token) -> SigningKey:
    require("pkcs11", extra="pkcs11", purpose="sign with a PKCS#11 token")
    from asn1crypto import x509
    from cryptography.hazmat.primitives import serialization
    from pkcs11.exceptions import PKCS11Error as TokenError
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

    where = f"token '{source.token}', key '{source.key_label}'"
    try:
        session = open_pkcs11_session(
            str(source.module),
            token_criteria=TokenCriteria(label=source.token),
            user_pin=source.pin,
        )
    except (TokenError, RuntimeError, OSError) as error:
        raise _token_error(error, where) from error
    chain: list[Any] = []
    own = None
    if source.certificate is not None:
        own, *chain = (
            x509.Certificate.load(data)
            for data in read_certificates(
                source.certificate.read_bytes(), where=str(source.certificate)
            )
        )
    signer = PKCS11Signer(
        session,
        cert_label=source.certificate_label,
        key_label=source.key_label,
        signing_cert=own,
        ca_chain=chain,
        embed_roots=False,
        use_raw_mechanism=True,  # hash here: many tokens know ECDSA, few know ECDSA with a hash of its own
    )
    try:
        own = signer.signing_cert
    except Exception as error:
        session.close()
        raise _token_error(error, where) from error
    public = serialization.load_der_public_key(own.public_key.dump())
    return _signing_key(own, chain, _algorithm(public, where), signer, session=session, where=where)


def _signing_key(
    own: Any, chain: list[Any], algorithm: str, signer: Any, *, session: Any, where: str
) -> SigningKey:
    usage = own.key_usage_value.native if own.key_usage_value is not None else {"digital_signature"}
    if not usage & {"digital_signature", "non_repudiation"}:
        raise KeyFileError(
            "the certificate is not for signing documents",
            reference="key-usage",
            where=where,
            got=", ".join(sorted(usage)),
            expected="digital signature or non-repudiation among its key usages",
        )
    return SigningKey(
        subject=describe(own),
        common_name=common_name_of(own),
        fingerprint=sha256(own.dump()),
        certificate=own.dump(),
        chain=tuple(cert.dump() for cert in chain),
        algorithm=algorithm,
        self_signed=names_itself(own),
        signer=signer,
        session=session,
    )


def _algorithm(public: object, where: str) -> str:
    """Name the kind of a key, or say why PDF readers could not check its signatures."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    match public:
        case ec.EllipticCurvePublicKey() if public.curve.name in {
            "secp256r1",
            "secp384r1",
            "secp521r1",
        }:
            return f"ecdsa-{public.curve.name}"
        case rsa.RSAPublicKey() if public.key_size >= MIN_RSA_BITS:
            return f"rsa-{public.key_size}"
        case rsa.RSAPublicKey():
            got = f"RSA with {public.key_size} bits"
        case ec.EllipticCurvePublicKey():
            got = f"the curve {public.curve.name}"
        case _:
            got = type(public).__name__.removeprefix("_").removesuffix("PublicKey")
    raise _key_kind_error(got, where)


def _key_kind_error(got: str, where: str) -> KeyFileError:
    return KeyFileError(
        "common PDF readers cannot check, or no longer accept, this kind of key",
        reference="key-kind",
        where=where,
        got=got,
        expected=f"ECDSA on P-256, P-384 or P-521, or RSA with {MIN_RSA_BITS} bits or more",
        hint="raudit keys init makes an ECDSA P-256 key",
    )


def _passphrase_error(message: str, path: Path) -> KeyFileError:
    return KeyFileError(
        message,
        reference="key-passphrase",
        where=str(path),
        hint="set RAUDIT_KEY_PASSPHRASE to its passphrase (never pass it on the command line)",
    )


def _token_error(error: Exception, where: str) -> KeyFileError:
    return KeyFileError(
        "the PKCS#11 token cannot be used",
        reference="pkcs11",
        where=where,
        got=f"{type(error).__name__} {error}".strip()[:160],
        hint="check RAUDIT_PKCS11_MODULE, _TOKEN, _KEY, _CERT and _PIN",
    )

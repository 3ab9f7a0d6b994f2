"""Open the signing key that options and environment name; ask for its passphrase if a person is there."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raudit.errors import KeyFileError

if TYPE_CHECKING:
    from raudit.signing.keys import SigningKey


def open_key(key: Path | None, certificate: Path | None) -> SigningKey:
    """Load the key to sign with.

    Raises
    ------
    KeyFileError
        If no key is named, or the named one cannot be used.
    """
    from raudit.signing.keys import load_signer
    from raudit.signing.sources import PemFiles, Pkcs12File, source_from_environment

    source = source_from_environment(os.environ, key_file=key, certificate_file=certificate)
    if source is None:
        raise KeyFileError(
            "no signing key is named",
            reference="no-key",
            expected="--key, or RAUDIT_KEY_FILE, or RAUDIT_PKCS11_MODULE",
            hint="raudit keys init --name NAME makes a key for first use",
        )
    try:
        return load_signer(source)
    except KeyFileError as error:
        if error.reference != "key-passphrase" or not sys.stdin.isatty():
            raise
        if not isinstance(source, PemFiles | Pkcs12File) or source.passphrase is not None:
            raise
    passphrase: str = click.prompt("Passphrase of the key", hide_input=True, err=True)
    return load_signer(replace(source, passphrase=passphrase))

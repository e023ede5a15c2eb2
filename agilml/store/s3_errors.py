"""What S3's answers mean: wait and try again, refresh the credentials, or ask a person."""

from __future__ import annotations

import http.client
from typing import Any

import urllib3.exceptions
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from agilml.store.errors import Exists, Missing, RemoteRefused
from agilml.store.retry import Temporary
from agilml.text import safe_text

FAILURES = (
    boto.BotoCoreError,
    boto.ClientError,
    ResponseParserError,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)
"""Everything that a request can raise."""

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_CONFLICT = {"ConditionalRequestConflict", "OperationAborted"}
_TEMPORARY = {
    *("InternalError", "SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException"),
    *("RequestTimeout", "RequestTimeoutException", "BandwidthLimitExceeded", "TooManyRequests"),
    # Our bodies were digested before they were sent: these were hurt on the way.
    *("BadDigest", "InvalidDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"),
    *("XAmzContentChecksumMismatch", "408", "429", "500", "502", "503", "504"),
}
_ABSENT = {"NoSuchKey", "NoSuchVersion", "404", "NotFound"}
_ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "301", "307", "308"}
_REASONS = {
    "NoSuchBucket": ("the bucket is not there", "make it, or correct [remote] url in agil.toml"),
    "AccessDenied": (
        "the credentials may not do this",
        "compare their policy with docs/reference/remotes.md, and [remote] owner with the bucket's",
    ),
    "InvalidAccessKeyId": ("the access key is not known", "aws configure, or [remote] profile"),
    "SignatureDoesNotMatch": ("the secret key is not right", "aws configure, or [remote] profile"),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "set the clock: timedatectl"),
}
_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.NoAuthTokenError,
    boto.SSOError,
    boto.UnauthorizedSSOTokenError,
)
_ON_THE_WAY = (
    boto.HTTPClientError,
    boto.ConnectionError,
    boto.ChecksumError,
    boto.FlexibleChecksumError,
    boto.IncompleteReadError,
    ResponseParserError,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)


class Expired(Exception):
    """The credentials were good once."""


class Changed(Exception):
    """The object is another one than when its reading began."""


class NoUpload(Exception):
    """The multipart upload is over: completed, or aborted by somebody."""


class PastEnd(Exception):
    """The object ends before the range that was asked for."""


class Archived(Exception):
    """The object is there, and its bytes are where they must be asked back from."""


def _status_of(error: BaseException) -> tuple[str, int]:
    """Return S3's error code and HTTP status; empty and 0 for what is no answer of S3."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    code = str((response.get("Error") or {}).get("Code", ""))
    status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode", 0)
    return code, int(status or 0)


def meaning(error: BaseException, operation: str, key: str, where: str) -> Exception:
    """Return what to raise for an error of a request on ``key``."""
    if not isinstance(error, boto.ClientError):
        return _no_answer(error, where)
    code, status = _status_of(error)
    # A refused HEAD has no text in it; 400 is how it says that credentials have expired.
    if code in EXPIRED or (operation == "head_object" and code == "400"):
        return Expired(code)
    if status == 412 or code == "PreconditionFailed":
        return Changed(key) if operation == "get_object" else Exists(key, where)
    if code in _CONFLICT or status == 409:
        return Temporary(f"another writer of {safe_text(key)} is at work", ambiguous=False)
    if status == 416 or code == "InvalidRange":
        return PastEnd(key)
    if code == "InvalidObjectState" and operation == "get_object":
        return Archived(key)
    if code == "NoSuchUpload":
        return NoUpload(key)
    if code in _ABSENT:
        return Missing(key, where)
    if code in _TEMPORARY or status >= 500:
        return Temporary(f"{safe_text(where)} answers {safe_text(code or status)}")
    return _refusal(error, code or str(status), where)


def _refusal(error: BaseException, code: str, where: str) -> RemoteRefused:
    if code in _ELSEWHERE:
        why, then = "the bucket is in another region", "set [remote] region in agil.toml"
    else:
        response: dict[str, Any] = getattr(error, "response", {})
        message = safe_text((response.get("Error") or {}).get("Message", ""), 160)
        why, then = _REASONS.get(code, (message, "aws s3 ls " + where))
    return RemoteRefused(f"{safe_text(where)} refuses: {why} ({safe_text(code)})", next=then)


def _no_answer(error: BaseException, where: str) -> Exception:
    if isinstance(error, _CREDENTIALS):
        return no_credentials(where, safe_text(error))
    if isinstance(error, boto.SSLError) and "CERTIFICATE" in str(error):
        return RemoteRefused(
            f"{safe_text(where)} shows a certificate that this machine does not trust",
            next="look at [remote] endpoint in agil.toml, or set AWS_CA_BUNDLE",
        )
    if isinstance(error, _ON_THE_WAY):
        return Temporary(f"{safe_text(where)} does not answer ({type(error).__name__})")
    return RemoteRefused(
        f"{safe_text(where)} cannot be asked: {safe_text(error)}", next="edit [remote] in agil.toml"
    )


def no_credentials(where: str, why: str) -> RemoteRefused:
    """Return the one clear line for credentials that are missing or over."""
    return RemoteRefused(
        f"no valid credentials for {safe_text(where)}: {why}",
        next="aws sso login, or set [remote] profile in agil.toml",
    )

"""Tokens with a telling form: how those of the common services begin, and what they look like."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

Span = tuple[int, int]
"""Where a secret stands in a text: its first character, and the one behind its last."""

_WORD = r"[A-Za-z0-9]"

_FORMS = {
    # Clouds and hosting.
    "AKIA": r"\bAKIA[A-Z0-9]{16}\b",
    "ASIA": r"\bASIA[A-Z0-9]{16}\b",
    "AIza": r"\bAIza[\w-]{35}",
    "ya29.": r"\bya29\.[\w-]{20,512}",
    "GOCSPX-": r"\bGOCSPX-[\w-]{20,64}",
    "8Q~": r"(?<=8Q~)[\w.~-]{31,34}",
    "dop_v1_": r"\bdop_v1_[a-f0-9]{40,64}",
    "doo_v1_": r"\bdoo_v1_[a-f0-9]{40,64}",
    "dapi": r"\bdapi[a-f0-9]{32}\b",
    "HRKU-": r"\bHRKU-[\w-]{30,80}",
    "sbp_": r"\bsbp_[a-f0-9]{40}",
    "pscale_": r"\bpscale_(?:tkn|pw|oauth)_[\w.-]{30,64}",
    "fm2_": r"\bfm2_[\w+/=]{30,2048}",
    "nfp_": rf"\bnfp_{_WORD}{{36,64}}",
    "LTAI": r"\bLTAI[A-Za-z0-9]{16,24}\b",
    # Where code and packages are kept.
    "ghp_": rf"\bghp_{_WORD}{{36,255}}",
    "gho_": rf"\bgho_{_WORD}{{36,255}}",
    "ghu_": rf"\bghu_{_WORD}{{36,255}}",
    "ghs_": rf"\bghs_{_WORD}{{36,255}}",
    "ghr_": rf"\bghr_{_WORD}{{36,255}}",
    "github_pat_": r"\bgithub_pat_\w{22,255}",
    "glpat-": r"\bglpat-[\w.-]{20,255}",
    "gldt-": r"\bgldt-[\w-]{20,255}",
    "glrt-": r"\bglrt-[\w-]{20,255}",
    "glptt-": r"\bglptt-[a-f0-9]{40}",
    "ATBB": r"\bATBB[A-Za-z0-9]{24,64}",
    "ATATT3": r"\bATATT3[\w=-]{60,255}",
    "pypi-": r"\bpypi-[\w-]{50,512}",
    "npm_": r"\bnpm_[A-Za-z0-9]{36}",
    "rubygems_": r"\brubygems_[a-f0-9]{48}",
    "cio": r"\bcio[A-Za-z0-9]{32}\b",
    "oy2": r"\boy2[a-z0-9]{43}\b",
    "dckr_pat_": r"\bdckr_pat_[\w-]{20,64}",
    "CCIPAT_": r"\bCCIPAT_[\w-]{20,128}",
    "bkua_": r"\bbkua_[a-f0-9]{40}",
    # Models and experiments.
    "sk-": r"\bsk-(?=[A-Za-z_-]{0,80}\d)[\w-]{20,255}",
    "hf_": r"\bhf_[A-Za-z0-9]{30,255}",
    "api_org_": r"\bapi_org_[A-Za-z0-9]{30,255}",
    "r8_": rf"\br8_{_WORD}{{37}}",
    "gsk_": rf"\bgsk_{_WORD}{{40,80}}",
    "xai-": rf"\bxai-{_WORD}{{40,128}}",
    "pplx-": rf"\bpplx-{_WORD}{{40,64}}",
    "wandb_v1_": r"\bwandb_v1_[\w-]{40,128}",
    "nvapi-": r"\bnvapi-[\w-]{40,128}",
    # Chat, mail, payment.
    "xox": r"\bxox[abeoprs]-[\w-]{10,255}",
    "xapp-": r"\bxapp-[\w-]{20,255}",
    "hooks.slack.com/": r"(?<=hooks\.slack\.com/)(?:services|workflows)/[\w/]{20,255}",
    "/api/webhooks/": r"(?<=/api/webhooks/)\d{16,20}/[\w-]{40,128}",
    ":AA": r"\b\d{8,10}:AA[\w-]{32,33}\b",
    "SG.": r"\bSG\.[\w-]{20,64}\.[\w-]{20,64}",
    "SK": r"\bSK[a-f0-9]{32}\b",
    "key-": r"\bkey-[a-f0-9]{32}\b",
    "-us": r"\b[a-f0-9]{32}-us\d{1,2}\b",
    "sk_live_": r"\bsk_live_\w{16,255}",
    "rk_live_": r"\brk_live_\w{16,255}",
    "sk_test_": r"\bsk_test_\w{16,255}",
    "whsec_": r"\bwhsec_[\w+/=]{24,255}",
    "sq0": r"\bsq0(?:atp|csp)-[\w-]{22,60}",
    "shp": r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "access_token$production$": r"access_token\$production\$[a-z0-9]{16}\$[a-f0-9]{32}",
    "sl.": r"\bsl\.[A-Z][\w-]{60,1024}",
    # Work and watching.
    "lin_api_": r"\blin_api_[A-Za-z0-9]{32,64}",
    "ntn_": r"\bntn_[A-Za-z0-9]{40,64}",
    "figd_": r"\bfigd_[\w-]{30,64}",
    "glc_": r"\bglc_[\w+/=]{32,400}",
    "glsa_": r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}",
    "NRAK-": r"\bNRAK-[A-Z0-9]{27}",
    "sntrys_": r"\bsntrys_[\w+/=-]{40,400}",
    "sntryu_": r"\bsntryu_[a-f0-9]{64}",
    "PMAK-": r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}",
    # Where secrets are kept, and how passwords are hashed.
    "$apr1$": r"\$apr1\$[\w./]{1,16}\$[\w./]{16,64}",
    "$2b$": r"\$2b\$\d\d\$[\w./]{40,64}",
    "$6$": r"\$6\$[\w./=$]{40,160}",
    "$argon2": r"\$argon2(?:id|i|d)\$[\w+/=$.-]{1,64}(?:,[\w+/=$.-]{1,255}){0,8}",
    "hvs.": r"\bhvs\.[\w-]{24,255}",
    "hvb.": r"\bhvb\.[\w-]{24,512}",
    ".atlasv1.": r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,80}",
    "dp.": r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,80}",
    "ops_eyJ": r"\bops_eyJ[\w+/=-]{50,4096}",
    "pul-": r"\bpul-[a-f0-9]{40}",
    "AGE-SECRET-KEY-1": r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}",
    "eyJ": r"(?<![\w-])eyJ[\w-]{10,512}\.[\w-]{10,4096}\.[\w-]{10,1024}",
}
"""By what begins (or marks) it, the pattern of a token."""

_BEHIND = 40
"""A mark may stand so far behind the first character of its token."""

_MARKED_INSIDE = {":AA", "-us", ".atlasv1."}

# A key cut off before its end line is still a key: at most 16 KiB after its first line are taken.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]|-(?!----)){0,16384}"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
)
_PUTTY_KEY = re.compile(r"(?<=PuTTY-User-Key-File-)\d: [^\0]{0,16384}?Private-MAC: [a-f0-9]{40,64}")


_LONG_RUN = re.compile(r"[A-Za-z0-9_.:$~/+=-]{20,}")
"""No token is shorter, and none has another character in it."""


def tokens(text: str) -> Iterator[Span]:
    """Yield where a private key or a token with a telling form stands in ``text``."""
    # A tenth of a patch is long runs of such characters; the rest is not searched for seventy marks. And a
    # form that begins with a boundary would be tried at every character: its mark is looked for first.
    runs = [found.span() for found in _LONG_RUN.finditer(text)]
    joined = "\n".join([text[start:end] for start, end in runs])
    places = list(accumulate((end - start + 1 for start, end in runs), initial=0))
    for start, end in _in_runs(joined):
        run = bisect_right(places, start) - 1
        shift = runs[run][0] - places[run]
        yield start + shift, end + shift
    if "PRIVATE KEY" in text:
        yield from (found.span() for found in _PRIVATE_KEY.finditer(text))
    if "PuTTY-User-Key-File-" in text:
        yield from (found.span() for found in _PUTTY_KEY.finditer(text))


def _in_runs(text: str) -> Iterator[Span]:
    for mark in _FORMS:
        at = text.find(mark)
        while at >= 0:
            form = _compiled(mark)
            found = _inside(form, text, at) if mark in _MARKED_INSIDE else _at(form, text, at, mark)
            if found:
                yield found
            at = text.find(mark, max(at + 1, found[1] if found else 0))


@cache
def _compiled(mark: str) -> re.Pattern[str]:
    # When it is met: to compile all of them takes as long as planning a small sweep does otherwise.
    return re.compile(_FORMS[mark])


def _at(form: re.Pattern[str], text: str, at: int, mark: str) -> Span | None:
    # A form that begins with a look-behind takes what follows its mark, and keeps the mark.
    behind = form.pattern.startswith("(?<=")
    found = form.match(text, at + len(mark) if behind else at)
    return found.span() if found else None


def _inside(form: re.Pattern[str], text: str, at: int) -> Span | None:
    found = form.search(text, max(0, at - _BEHIND), at + 128)
    return found.span() if found and found.start() < at else None

"""Which addresses belong to the API that the job was told of. The token goes to them and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from reporter.errors import ForgeError

_PRINTABLE = re.compile(r"[!-\[\]-~]+")
"""No blanks, no control characters and no backslash, which some take for a slash and others do not."""

_PORTS = {"https": 443, "http": 80}
_HINT = "set it as GitHub Actions does, for example https://api.github.com or https://github.example.com/api/v3"


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """Where GitHub's API is, taken apart so that other addresses can be held against it."""

    scheme: str
    host: str
    """In lower case, with brackets around an IPv6 address."""
    port: int
    prefix: str
    """What every path begins with: empty, or `/api/v3` on GitHub Enterprise Server."""

    @classmethod
    def read(cls, text: str) -> Self:
        """The address that GITHUB_API_URL holds. Raises `ForgeError` where nothing can be sent there.

        The text itself is not repeated: it may hold a password.
        """
        parts = _split(text)
        if parts is None or not parts.hostname:
            raise ForgeError("GITHUB_API_URL is not the address of an API, as https://HOST is", _HINT)
        if parts.username is not None or parts.password is not None:
            raise ForgeError(
                "GITHUB_API_URL holds a user or a password", "take it out: the token is passed as GITHUB_TOKEN"
            )
        if parts.query or parts.fragment or _climbs(parts.path):
            raise ForgeError("GITHUB_API_URL has more than a host and a path", _HINT)
        scheme, host, port = _origin(parts)
        return cls(scheme, host, port, parts.path.rstrip("/"))

    @property
    def base(self) -> str:
        """Without a slash at its end."""
        return self._origin + self.prefix

    @property
    def _origin(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def url(self, path: str) -> str:
        """Where `path`, as the API's description writes it, is sent to."""
        if path == "/graphql":  # beside the other paths: /api/graphql
            return f"{self._origin}{self.prefix.removesuffix('/v3')}{path}"
        return self.base + path

    def path_of(self, address: str, since: str = "") -> str | None:
        """The path and query below the API's own address; None where `address` leads elsewhere or is none at all.

        `since` is the path that a relative address starts from. A request is made of the path alone, so no two
        readings of an odd address can ever disagree about its host.
        """
        parts = _split(address, self.url(since))
        if parts is None or _origin(parts) != (self.scheme, self.host, self.port):
            return None
        if _climbs(parts.path) or not parts.path.startswith(self.prefix + "/"):
            return None
        return parts.path.removeprefix(self.prefix) + (f"?{parts.query}" if parts.query else "")


def read_web_address(text: str, otherwise: str) -> str:
    """The address that GITHUB_SERVER_URL holds, for links that anybody may read; without what is no part of a link."""
    parts = _split(text if "://" in text else f"https://{text}")
    if parts is None or not parts.hostname:
        return otherwise
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def _split(text: str, since: str = "") -> SplitResult | None:
    """A web address taken apart; None for anything else."""
    if not _PRINTABLE.fullmatch(text):
        return None
    try:
        parts = urlsplit(urljoin(since, text))
        _ = parts.port, parts.hostname  # both are read only now, and may be nonsense
    except ValueError:
        return None
    return parts if parts.scheme in _PORTS else None


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    host = parts.hostname or ""
    return parts.scheme, f"[{host}]" if ":" in host else host, parts.port or _PORTS[parts.scheme]


def _climbs(path: str) -> bool:
    """Whether a path leads upwards, and so perhaps out of the API."""
    return any(part in (".", "..") for part in unquote(path).split("/"))

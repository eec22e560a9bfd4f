"""Which IMAP server an address belongs to, as far as it can be guessed."""

from __future__ import annotations

PORTS = {"tls": 993, "starttls": 143, "none": 143}
"""By the security of the connection; RFC 8314 asks for TLS from the first byte."""

# Where the server is not imap.DOMAIN.  From the providers' own help pages.
_ELSEWHERE = {
    "gmail.com": "imap.gmail.com",
    "googlemail.com": "imap.gmail.com",
    "outlook.com": "outlook.office365.com",
    "hotmail.com": "outlook.office365.com",
    "hotmail.fr": "outlook.office365.com",
    "live.com": "outlook.office365.com",
    "live.fr": "outlook.office365.com",
    "msn.com": "outlook.office365.com",
    "icloud.com": "imap.mail.me.com",
    "me.com": "imap.mail.me.com",
    "mac.com": "imap.mail.me.com",
    "yahoo.com": "imap.mail.yahoo.com",
    "yahoo.fr": "imap.mail.yahoo.com",
    "yahoo.co.uk": "imap.mail.yahoo.com",
    "ymail.com": "imap.mail.yahoo.com",
    "gmx.de": "imap.gmx.net",
    "gmx.net": "imap.gmx.net",
    "fastmail.com": "imap.fastmail.com",
    "fastmail.fm": "imap.fastmail.com",
    "wanadoo.fr": "imap.orange.fr",
    "neuf.fr": "imap.sfr.fr",
}


def guess(address: str) -> str:
    """The server for a mail address; empty where there is no domain in it yet."""
    domain = address.rpartition("@")[2].strip().casefold() if "@" in address else ""
    return _ELSEWHERE.get(domain, f"imap.{domain}" if domain else "")


SENDING_PORTS = {"tls": 465, "starttls": 587, "none": 25}
"""Of the server for outgoing mail, by the security of the connection; RFC 8314 and RFC 6409."""

# Where the server for outgoing mail is not smtp.DOMAIN, or speaks STARTTLS only.  From the providers' own help pages.
_SENDING = {
    "outlook.office365.com": ("smtp.office365.com", "starttls"),
    "imap.mail.me.com": ("smtp.mail.me.com", "starttls"),
    "imap.gmx.net": ("mail.gmx.net", "tls"),
}


def guess_sending(imap_host: str) -> tuple[str, str]:
    """The server for outgoing mail beside an IMAP server, and the security of the connection; ("", "tls") without."""
    host = imap_host.strip().casefold()
    if host in _SENDING:
        return _SENDING[host]
    return (f"smtp.{host.removeprefix('imap.')}" if host.startswith("imap.") else host), "tls"

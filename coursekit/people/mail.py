"""Send mail through the course's server: encrypted, at its pace, one team after the other."""

from __future__ import annotations

import contextlib
import os
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256

from coursekit.course.course import MailSettings
from litreview.errors import UserError

PASSWORD_VARIABLE = "COURSEKIT_MAIL_PASSWORD"  # noqa: S105  # the name, not the password
_TIMEOUT_SECONDS = 30.0


class MailError(UserError):
    """The mail server refused, or could not be reached."""


class RefusedError(MailError):
    """The server refused one message, and would take others."""


class Mailer:
    """A connection to the mail server, made when there is something to send; `close` it.

    Args:
        settings: The server.
        pause: Waits so many seconds; `time.sleep`.

    Raises:
        MailError: If a setting or the password is missing.
    """

    def __init__(self, settings: MailSettings, pause: Callable[[float], None] = time.sleep) -> None:
        if not settings.server:
            raise MailError(
                "course.toml names no mail server; write a section [mail] with server and sender"
            )
        self.settings = settings
        self._password = os.environ.get(PASSWORD_VARIABLE, "")
        if settings.user and not self._password:
            raise MailError(
                f"there is no password for {settings.user!r}; put it into the environment variable "
                f"{PASSWORD_VARIABLE}"
            )
        self._pause = pause
        self._before = 0.0
        self._server: smtplib.SMTP | None = None

    def close(self) -> None:
        """Say good-bye to the server."""
        if self._server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._server.quit()

    def send(self, to: Sequence[str], subject: str, text: str, occasion: str) -> tuple[str, ...]:
        """Send one message.

        Args:
            to: The addresses.
            subject: The subject.
            text: The text, in Markdown.
            occasion: What it is about; the same one gives the same Message-ID, so that mail
                programs show it once.

        Returns:
            The addresses that the server did not take.

        Raises:
            RefusedError: If the server takes it for nobody.
            MailError: If the server cannot be used at all.
        """
        settings = self.settings
        message = EmailMessage()
        message["From"] = settings.sender
        message["To"] = ", ".join(to)
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate(localtime=True)
        name = sha256("\0".join((occasion, *to)).encode()).hexdigest()[:32]
        message["Message-ID"] = f"<coursekit-{name}@{settings.sender.rpartition('@')[2]}>"
        # What answers with "out of office" stays silent.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        server = self._server or self.connect()
        try:
            return tuple(server.send_message(message, settings.sender, list(to)))
        except smtplib.SMTPRecipientsRefused as error:
            told = "; ".join(f"{who}: {_said(why[1])}" for who, why in error.recipients.items())
            raise RefusedError(f"the mail server refuses {told}") from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            raise RefusedError(
                f"the mail server refuses the message ({_said(error.smtp_error)})"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error) from error

    def _wait(self) -> None:
        wait = self._before + 60 / self.settings.per_minute - time.monotonic()
        if self._before and wait > 0:
            self._pause(wait)
        self._before = time.monotonic()

    def connect(self) -> smtplib.SMTP:
        """Wait for the next message's turn, and see to it that the server is there.

        Raises:
            MailError: If it is not, or does not let us in.
        """
        self._wait()
        try:
            return self._connected()
        except smtplib.SMTPAuthenticationError as error:
            raise MailError(
                f"{self.settings.server} does not accept the password of {self.settings.user!r}; "
                f"check {PASSWORD_VARIABLE} and user in course.toml"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> MailError:
        return MailError(
            f"{self.settings.server}, port {self.settings.port}: cannot be used "
            f"({type(error).__name__}); check [mail] in course.toml and the network, then run the "
            "command again to go on"
        )

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if self._server.noop()[0] == 250:
                    return self._server
        settings = self.settings
        context = ssl.create_default_context()
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.server, settings.port, timeout=_TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(settings.server, settings.port, timeout=_TIMEOUT_SECONDS)
        try:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, self._password)
        except BaseException:
            server.close()
            raise
        self._server = server
        return server


def _said(text: bytes | str) -> str:
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(told.split())[:200]

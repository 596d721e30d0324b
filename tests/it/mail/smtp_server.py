"""An SMTP server (aiosmtpd) that misbehaves as the recipient's name says, and keeps what it accepts.

usage: smtp_server.py FOLDER [starttls|tls CERTIFICATE KEY] [auth]

It prints `ready PORT` when it listens, and then `heard ADDRESS` for each recipient. A mail that is accepted is a file FOLDER/N.eml; the commands that were heard are
lines of FOLDER/heard. With `auth` the user is `anna` and the password `correct`.
"""

import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, syntax

folder = pathlib.Path(sys.argv[1])
way = sys.argv[2] if len(sys.argv) > 2 else "none"
auth = "auth" in sys.argv
seen = set()
accepted = 0


def first_time(name):
    """Whether this recipient is seen for the first time."""
    if name in seen:
        return False
    seen.add(name)
    return True


def name_of(address):
    return address.split("@")[0]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        with open(folder / "heard", "a") as heard:
            heard.write(f"RCPT {address}\n")
        print("heard", address, flush=True)
        name = name_of(address)
        if name == "refused":
            return "550 5.1.1 no such mailbox"
        if name == "greylisted" and first_time(name):
            return "451 4.7.1 greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global accepted
        name = name_of(envelope.rcpt_tos[0])
        if name.startswith("silent"):
            await asyncio.Event().wait()
        if name == "digits":
            text = envelope.content.decode("ascii")
            rows = [line for line in text.splitlines() if line.strip().startswith("PIN: ")]
            return "554 5.7.1 refused for " + rows[0].strip()
        accepted += 1
        (folder / f"{accepted}.eml").write_bytes(envelope.content)
        if name == "dies" and first_time(name):
            server.transport.abort()
            await asyncio.Event().wait()
        return "250 OK"


class Server(SMTP):
    @syntax("DATA")
    async def smtp_DATA(self, arg):
        if self.envelope.rcpt_tos and name_of(self.envelope.rcpt_tos[0]) == "dropped" and first_time("dropped"):
            await self.push("354 go on")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"anna", b"correct")
    return AuthResult(success=right, handled=right)


async def main():
    context = None
    if way in ("starttls", "tls"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    options = {"hostname": "localhost"}
    if way == "starttls":
        options.update(tls_context=context, require_starttls=True)
    if auth:
        # With TLS from the start aiosmtpd does not know that there is any.
        options.update(authenticator=authenticate, auth_required=True, auth_require_tls=way == "starttls")
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(Handler(), **options), "127.0.0.1", 0, ssl=context if way == "tls" else None
    )
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    # Its standard input closes when the test ends, however it ends.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())

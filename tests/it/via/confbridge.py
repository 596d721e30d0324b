"""A conference bridge that asks as Asterisk's ConfBridge does, over SIP and RTP, with nothing but Python's standard library.

It plays the sounds of Debian's asterisk-core-sounds-en-wav. Whoever is not the leader waits with music (`wait_marked`); who keys
* within three seconds is asked for the PIN. --early SOUND plays that before it answers. --fault plants one of five faults. Its
first line says where it listens.
"""
import argparse, random, selectors, socket, struct, time, wave

FRAME, RATE, EVENTS = 160, 8000, 101
SILENCE = b"\xff" * FRAME


def ulaw(sample):
    sign, sample = (0x80, -sample) if sample < 0 else (0, sample)
    sample = min(sample, 32635) + 132
    exponent = max(sample.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | (sample >> exponent + 3) & 15) & 255


def read(path):
    with wave.open(path) as file:
        samples = struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes()))
    return bytes(map(ulaw, samples))


class Conference:
    leaders, waiting, begun = 0, 0, None


class Call:
    def __init__(self, bridge, invite, source):
        self.bridge, self.source, self.headers = bridge, source, invite
        self.tag, self.sequence, self.stamp = f"{random.getrandbits(64):x}", random.getrandbits(15), random.getrandbits(31)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((source[0], 0))
        self.rtp.setblocking(False)
        lines = invite["body"].splitlines()
        port = next(line.split()[1] for line in lines if line.startswith("m=audio"))
        self.peer = (next(line.split()[-1] for line in lines if line.startswith("c=")), int(port))
        self.keys, self.pressed, self.sound, self.place, self.loops = [], None, b"", 0, False
        self.up, self.over, self.steps, self.answers = False, False, self.story(), lambda: None
        if bridge.early:
            self.steps = self.before()

    def say(self, *names, loops=False):
        """Plays these sounds, until a key is pressed."""
        self.sound, self.place, self.loops = b"".join(map(self.bridge.sound, names)), 0, loops
        while self.place < len(self.sound) and not self.keys:
            yield
        self.sound = b""

    def until(self, seconds):
        """Waits for a key, but no longer."""
        end = time.monotonic() + seconds
        while not self.keys and time.monotonic() < end:
            yield

    def stay(self, holds):
        """Stays while this holds; keys do nothing."""
        while holds():
            self.keys.clear()
            yield

    def number(self, prompt):
        yield from self.say(prompt)
        typed = ""
        while not typed.endswith("#"):
            yield from self.until(10)
            typed += self.keys.pop(0) if self.keys else "#"
        return typed.rstrip("#")

    def story(self):
        fault, conferences = self.bridge.fault, self.bridge.conferences
        for _ in range(3):
            conference = conferences.get((yield from self.number("conf-getconfno")))
            if conference:
                break
            yield from self.say("conf-invalid")
        if not conference:
            return self.hang_up()
        yield from self.until(3)
        if self.keys[:1] == ["*"]:
            self.keys.clear()
            for _ in range(3):
                pin = yield from self.number("conf-getconfno" if fault == "wrong-prompt" else "conf-getpin")
                if pin == self.bridge.pin or fault == "any-pin":
                    return (yield from self.lead(conference))
                yield from self.say("conf-invalidpin")
            return self.hang_up()
        yield from self.wait(conference)

    def lead(self, conference):
        conference.leaders += 1
        conference.begun = conference.begun or time.monotonic()
        yield from self.say("confbridge-conf-begin")
        try:
            yield from self.stay(lambda: True)
        finally:
            conference.leaders -= 1
            conference.begun = conference.begun if conference.leaders else None

    def wait(self, conference):
        fault, (conference.waiting, place) = self.bridge.fault, (conference.waiting + 1, conference.waiting)
        late = 4 if fault == "late-release" else 0
        forgotten = fault == "forgets-one" and place == 0
        yield from self.say("conf-waitforleader")
        self.sound, self.place, self.loops = b"" if fault == "no-music" else self.bridge.sound("music"), 0, True
        yield from self.stay(lambda: not conference.begun or time.monotonic() < conference.begun + late or forgotten)
        yield from self.say("conf-placeintoconf")
        yield from self.stay(lambda: conference.leaders)
        yield from self.say("conf-leaderhasleft")
        self.hang_up()

    def before(self):
        """Plays something before the answer."""
        yield from self.say(self.bridge.early)
        self.answers()
        yield from self.stay(lambda: not self.up)
        yield from self.story()

    def tick(self):
        if (self.up or self.bridge.early) and not self.over:
            try:
                next(self.steps)
            except StopIteration:
                pass
        payload = self.sound[self.place:self.place + FRAME]
        self.place += len(payload)
        if self.loops and self.place >= len(self.sound) > 0:
            self.place = 0
        payload += SILENCE[len(payload):]
        header = struct.pack(">BBHII", 128, 0, self.sequence & 65535, self.stamp & 0xFFFFFFFF, 4711)
        self.sequence, self.stamp = self.sequence + 1, self.stamp + FRAME
        if (self.up or self.bridge.early) and not self.over:
            self.rtp.sendto(header + payload, self.peer)

    def hear(self):
        packet = self.rtp.recv(2048)
        if packet[1] & 127 == EVENTS and packet[13] & 128 and packet[4:8] != self.pressed:
            self.pressed = packet[4:8]
            self.keys.append("0123456789*#ABCD"[packet[12]])

    def hang_up(self):
        self.over = True
        to = self.headers["contact"].strip("<>").split(";")[0]
        self.bridge.send(self.source, f"BYE {to} SIP/2.0", [
            ("Via", f"SIP/2.0/UDP {self.bridge.here};branch=z9hG4bK{random.getrandbits(64):x}"), ("Max-Forwards", "70"),
            ("From", f"{self.headers['to']};tag={self.tag}"), ("To", self.headers["from"]),
            ("Call-ID", self.headers["call-id"]), ("CSeq", "1 BYE"), ("Content-Length", "0")])


class Bridge:
    def __init__(self, arguments):
        self.folder, self.pin, self.fault = arguments.sounds, arguments.pin, arguments.fault
        self.early = arguments.early
        self.conferences = {number: Conference() for number in arguments.conference}
        self.sounds, self.calls = {"music": read(arguments.music)}, {}
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        self.here = "%s:%s" % self.sip.getsockname()
        self.waits = selectors.DefaultSelector()
        self.waits.register(self.sip, selectors.EVENT_READ, self.take)

    def sound(self, name):
        if name not in self.sounds:
            self.sounds[name] = read(f"{self.folder}/{name}.wav")
        return self.sounds[name]

    def send(self, to, first, headers, body=""):
        lines = [first] + [f"{name}: {value}" for name, value in headers]
        self.sip.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), to)

    def answer(self, request, source, status, tag, body=""):
        vias = [("Via", via) for via in request["vias"]]
        to = request["to"] if ";tag=" in request["to"] else f"{request['to']};tag={tag}"
        kind = [("Content-Type", "application/sdp")] if body else []
        self.send(source, f"SIP/2.0 {status}", vias + [
            ("From", request["from"]), ("To", to), ("Call-ID", request["call-id"]), ("CSeq", request["cseq"]),
            ("Contact", f"<sip:{self.here}>")] + kind + [("Content-Length", len(body))], body)

    def take(self):
        data, source = self.sip.recvfrom(65535)
        head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        request = {"body": body, "vias": [line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("via:")]}
        request.update((name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
        call = self.calls.get(request.get("call-id"))
        if first.startswith("INVITE "):
            if not call:
                call = self.calls[request["call-id"]] = Call(self, request, source)
                self.waits.register(call.rtp, selectors.EVENT_READ, call.hear)
            address, port = call.rtp.getsockname()
            description = "".join(line + "\r\n" for line in [
                "v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
                f"m=audio {port} RTP/AVP 0 {EVENTS}", "a=rtpmap:0 PCMU/8000", f"a=rtpmap:{EVENTS} telephone-event/8000",
                "a=ptime:20"])
            call.answers = lambda: self.answer(request, source, "200 OK", call.tag, description)
            if self.early:
                self.answer(request, source, "183 Session Progress", call.tag, description)
            else:
                call.answers()
        elif first.startswith("ACK ") and call:
            call.up = True
        elif first.startswith("BYE "):
            self.answer(request, source, "200 OK" if call else "481 Gone", "gone")
            if call and not call.over:
                call.over = True
                call.steps.close()

    def run(self):
        print(self.here, flush=True)
        due = time.monotonic()
        while True:
            for key, _ in self.waits.select(max(due - time.monotonic(), 0)):
                key.data()
            while due <= time.monotonic():
                due += FRAME / RATE
                for call in self.calls.values():
                    call.tick()


parser = argparse.ArgumentParser()
parser.add_argument("--sounds", help="the folder of the sounds")
parser.add_argument("--conference", action="append", default=[], help="a conference's number")
parser.add_argument("--pin", help="its leader's PIN")
parser.add_argument("--fault", choices=["no-music", "wrong-prompt", "late-release", "forgets-one", "any-pin"])
parser.add_argument("--early", help="what is played before the answer")
parser.add_argument("--music", help="the file with the music")
Bridge(parser.parse_args()).run()

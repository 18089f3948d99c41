"""A small WinRM service, made of the work of others where that matters.

  server.py DIRECTORY PLAIN_PORT SECURE_PORT

NTLM, its keys and the encryption of messages are those of impacket, or of
gss-ntlmssp by way of MIT's GSSAPI, as LOGIN says (impacket or gss); Kerberos
(kerberos) is that of MIT, over https only. TLS is that of
OpenSSL, HTTP that of http.server, XML that of lxml, and what a command does is
done by /bin/sh. Here are only the frame of MS-WSMV 2.2.9.1 and the messages of
DSP0226 and MS-WSMV, written from these documents, with other prefixes than Windows
has.

The user is DOMAIN\\NAME in PEER_USER, the password PEER_PASSWORD. What happens is
printed as JSON, an object a line; the first one says where it listens. It ends,
and kills what it started, when its standard input ends.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lxml import etree

from acceptors import DOMAIN, GSS, NAME, PASSWORD, USER, Impacket, Kerberos
from shells import DIRECTORY, Fault, Shells, say, unknown

SHELLS = Shells()

# ---- SOAP -------------------------------------------------------------------

NS = {
    "env": "http://www.w3.org/2003/05/soap-envelope",
    "wsa": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "wxf": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "wsman": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "wsmv": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "sh": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "flt": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
}
SHELL = NS["sh"]
ANONYMOUS = NS["wsa"] + "/role/anonymous"
UNDERSTOOD = {"wsa": "To ReplyTo Action MessageID", "wsman": "ResourceURI MaxEnvelopeSize OperationTimeout Locale SelectorSet OptionSet",
              "wsmv": "DataLocale SessionId"}


def q(name):
    prefix, local = name.split(":")
    return "{%s}%s" % (NS[prefix], local)


def sub(parent, name, text=None, **attributes):
    e = etree.SubElement(parent, q(name), **attributes)
    e.text = text
    return e


class Message:
    """A request, checked as DSP0226 and MS-WSMV ask a service to."""

    def __init__(self, data):
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        root = etree.fromstring(data, parser)
        if root.tag != q("env:Envelope") or [e.tag for e in root] != [q("env:Header"), q("env:Body")]:
            raise ValueError("no envelope")
        self.header, self.body = root
        known = {q("%s:%s" % (p, n)) for p, names in UNDERSTOOD.items() for n in names.split()}
        for e in self.header:
            if e.get(q("env:mustUnderstand")) in ("1", "true") and e.tag not in known:
                raise Fault("Sender", "env:MustUnderstand", 2150858768, "not understood: " + e.tag)
        self.id = self.want("wsa:MessageID")
        if not re.match(r"uuid:[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", self.id):
            raise Fault("Sender", "wsa:InvalidMessageInformationHeader", 2150858767, "MessageID")
        self.action = self.want("wsa:Action")
        if self.want("wsa:ReplyTo", "wsa:Address") != ANONYMOUS or not self.want("wsa:To").endswith("/wsman"):
            raise Fault("Sender", "wsa:InvalidMessageInformationHeader", 2150858767, "To or ReplyTo")
        if self.want("wsman:ResourceURI") != SHELL + "/cmd":
            raise Fault("Sender", "wsa:DestinationUnreachable", 2150858754, "ResourceURI")
        self.size = int(self.want("wsman:MaxEnvelopeSize"))
        if self.size < 8192:
            raise Fault("Sender", "wsman:EncodingLimit", 2150858823, "MaxEnvelopeSize")
        timeout = re.match(r"PT([0-9]+(?:\.[0-9]+)?)S$", self.want("wsman:OperationTimeout"))
        if not timeout:
            raise Fault("Sender", "wsa:InvalidMessageInformationHeader", 2150858767, "OperationTimeout")
        self.timeout = float(timeout.group(1))
        self.options = {o.get("Name"): o.text for o in self.header.iterfind(q("wsman:OptionSet") + "/" + q("wsman:Option"))}

    def want(self, *path):
        found = self.header.findall("/".join(q(p) for p in path))
        if len(found) != 1 or not (found[0].text or "").strip():
            raise Fault("Sender", "wsa:MessageInformationHeaderRequired", 2150858766, "%s is wanted once" % path[-1])
        return found[0].text.strip()

    def shell(self):
        selectors = self.header.findall(q("wsman:SelectorSet") + "/" + q("wsman:Selector"))
        if len(selectors) != 1 or selectors[0].get("Name") != "ShellId":
            raise unknown("one selector, ShellId, is wanted")
        return selectors[0].text

    def only(self, name):
        if len(self.body) != 1 or self.body[0].tag != q(name):
            raise Fault("Sender", "wsman:SchemaValidationError", 2150858817, "%s is wanted" % name)
        return self.body[0]

    def command(self, element):
        """The command of an element, and the shell that knows it."""
        shell, key = SHELLS.get(self.shell()), element.get("CommandId")
        if key not in shell:
            raise unknown("the request contained a command identifier that does not exist")
        return shell, shell[key]


def envelope(action, related):
    root = etree.Element(q("env:Envelope"), nsmap=NS)
    header, body = sub(root, "env:Header"), sub(root, "env:Body")
    sub(header, "wsa:To", ANONYMOUS)
    sub(header, "wsa:Action", action)
    sub(header, "wsa:MessageID", "uuid:" + str(uuid.uuid4()).upper())
    if related:
        sub(header, "wsa:RelatesTo", related)
    return root, body


def create(m, body):
    want = m.only("sh:Shell")
    streams = [want.findtext(q("sh:InputStreams")), want.findtext(q("sh:OutputStreams"))]
    if streams != ["stdin", "stdout stderr"] or m.options.get("WINRS_CODEPAGE") != "65001":
        raise Fault("Sender", "wsman:SchemaValidationError", 2150858817, "streams or code page")
    key = SHELLS.create()
    created = sub(body, "wxf:ResourceCreated")
    sub(created, "wsa:Address", m.want("wsa:To"))
    parameters = sub(created, "wsa:ReferenceParameters")
    sub(parameters, "wsman:ResourceURI", SHELL + "/cmd")
    sub(sub(parameters, "wsman:SelectorSet"), "wsman:Selector", key, Name="ShellId")


def command(m, body):
    want = m.only("sh:CommandLine")
    if m.options.get("WINRS_CONSOLEMODE_STDIN") != "FALSE" or m.options.get("WINRS_SKIP_CMD_SHELL") != "FALSE":
        raise Fault("Sender", "wsman:SchemaValidationError", 2150858817, "options")
    started = SHELLS.start(m.shell(), " ".join([want.findtext(q("sh:Command"))] + [a.text for a in want.findall(q("sh:Arguments"))]))
    sub(sub(body, "sh:CommandResponse"), "sh:CommandId", started.id)


def receive(m, body):
    desired = m.only("sh:Receive").find(q("sh:DesiredStream"))
    if desired is None or desired.text.split() != ["stdout", "stderr"]:
        raise Fault("Sender", "wsman:SchemaValidationError", 2150858817, "DesiredStream")
    _, c = m.command(desired)
    got = c.receive(m.timeout, (m.size - 8000) * 3 // 4 - 4096)
    if got is None:
        raise Fault("Receiver", "wsman:TimedOut", 2150858793, "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.")
    out, ended, code = got
    response = sub(body, "sh:ReceiveResponse")
    for name, data in out:
        sub(response, "sh:Stream", base64.b64encode(data).decode(), Name=name, CommandId=c.id)
    for name in ended:
        sub(response, "sh:Stream", Name=name, CommandId=c.id, End="true")
    state = sub(response, "sh:CommandState", CommandId=c.id, State=SHELL + "/CommandState/" + ("Running" if code is None else "Done"))
    if code is not None:
        sub(state, "sh:ExitCode", str(code))


def send(m, body):
    streams = m.only("sh:Send").findall(q("sh:Stream"))
    if not streams or any(s.get("Name") != "stdin" for s in streams):
        raise Fault("Sender", "wsman:SchemaValidationError", 2150858817, "Stream")
    for s in streams:
        _, c = m.command(s)
        c.send(base64.b64decode(s.text or "", validate=True), s.get("End") in ("true", "1"))
    sub(body, "sh:SendResponse")


def signalled(m, body):
    want = m.only("sh:Signal")
    shell, c = m.command(want)
    code = want.findtext(q("sh:Code"))
    say(event="signal", pid=c.process.pid)
    if code == SHELL + "/signal/terminate":
        c.kill()
        shell.pop(c.id, None)
    elif code == SHELL + "/signal/ctrl_c":
        c.kill(signal.SIGINT)
    else:
        raise Fault("Sender", "wsman:SchemaValidationError", 2150858817, "Code")
    sub(body, "sh:SignalResponse")


def delete(m, _):
    if len(m.body):
        raise Fault("Sender", "wsman:SchemaValidationError", 2150858817, "the body of Delete is empty")
    SHELLS.remove(m.shell())


OPERATIONS = {
    NS["wxf"] + "/Create": create, NS["wxf"] + "/Delete": delete, SHELL + "/Command": command,
    SHELL + "/Receive": receive, SHELL + "/Send": send, SHELL + "/Signal": signalled,
}


def serve(data):
    """One request: the HTTP status and the reply."""
    related = None
    try:
        m = Message(data)
        related = m.id
        if m.action not in OPERATIONS:
            raise Fault("Sender", "wsa:ActionNotSupported", 2150858751, m.action)
        root, body = envelope(m.action + "Response", related)
        OPERATIONS[m.action](m, body)
        status = 200
    except Fault as f:
        say(event="timeout" if f.number == 2150858793 else "fault", number=f.number, words=f.words)
        status = 500
        root, body = envelope("http://schemas.dmtf.org/wbem/wsman/1/wsman/fault", related)
        fault = sub(body, "env:Fault")
        code = sub(fault, "env:Code")
        sub(code, "env:Value", "env:" + f.code)
        sub(sub(code, "env:Subcode"), "env:Value", f.subcode)
        reason = sub(sub(fault, "env:Reason"), "env:Text", f.words)
        reason.set("{http://www.w3.org/XML/1998/namespace}lang", "en-US")
        detail = sub(sub(fault, "env:Detail"), "flt:WSManFault", Code=str(f.number), Machine="peer")
        sub(detail, "flt:Message", f.words)
    return status, etree.tostring(root, encoding="UTF-8", xml_declaration=True)


# ---- HTTP -------------------------------------------------------------------

SEALED = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
FRAME = re.compile(rb"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
                   rb"\tOriginalContent: type=application/soap\+xml;charset=UTF-8;Length=(\d+)\r\n"
                   rb"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\x10\0\0\0(.{16})(.*)--Encrypted Boundary--\r\n\Z", re.DOTALL)


def frame(login, plain):
    signature, sealed = login.wrap(plain)
    return (b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n"
            b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\x10\0\0\0" % len(plain)
            + signature + sealed + b"--Encrypted Boundary--\r\n")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version, server_version = "HTTP/1.1", "peer"
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self):
        self.login, self.trusted = None, False
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, values in headers.items():
            for value in values if isinstance(values, list) else [values]:
                self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def offer(self, why):
        say(event="401", why=why)
        self.reply(401, WWW_Authenticate=["Negotiate"] + (['Basic realm="WSMAN"'] if self.server.tls else []))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/wsman":
            return self.reply(404)
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Negotiate":
            return self.negotiate(base64.b64decode(token, validate=True), body)
        if scheme == "Basic" and self.server.tls:
            if not hmac.compare_digest(base64.b64decode(token), ("%s:%s" % (USER, PASSWORD)).encode()):
                return self.offer("basic")
            return self.soap(body)
        if not self.trusted:
            return self.offer("no login")
        if self.server.tls:
            return self.soap(body)
        self.sealed(body)

    def ticket(self, token, body):
        """Each request has a ticket of its own, as http.sys takes them."""
        good, reply = Kerberos(self.server.bindings).accept(token) if self.server.tls else (False, None)
        said = "Negotiate" + (" " + base64.b64encode(reply).decode() if reply else "")
        if good:
            return self.soap(body, WWW_Authenticate=said)
        say(event="401", why="kerberos")
        self.reply(401, WWW_Authenticate=[said, 'Basic realm="WSMAN"'])

    def negotiate(self, token, body):
        if self.server.acceptor is Kerberos:
            return self.ticket(token, body)
        if body or self.trusted:
            return self.reply(400)
        if token[8:12] == b"\1\0\0\0":
            self.login = self.server.acceptor(self.server.bindings)
            return self.reply(401, WWW_Authenticate="Negotiate " + base64.b64encode(self.login.challenge(token)).decode())
        if not self.login or not self.login.accept(token):
            self.login = None
            return self.offer("ntlm")
        self.trusted = True
        say(event="login", by=type(self.login).__name__)
        self.reply(200)

    def soap(self, body, **headers):
        if self.headers["Content-Type"] != "application/soap+xml;charset=UTF-8":
            return self.reply(415)
        status, reply = serve(body)
        self.reply(status, reply, Content_Type="application/soap+xml;charset=UTF-8", **headers)

    def sealed(self, body):
        found = FRAME.match(body)
        if self.headers["Content-Type"] != SEALED or not found:
            return self.offer("a message that is not encrypted")
        plain = self.login.unwrap(found.group(2), found.group(3))
        if len(plain) != int(found.group(1)):
            return self.reply(400)
        say(event="sealed")
        status, reply = serve(plain)
        self.reply(status, frame(self.login, reply), Content_Type=SEALED)


class Listener(ThreadingHTTPServer):
    daemon_threads, allow_reuse_address = True, True

    def handle_error(self, request, client_address):
        kind, error, _ = sys.exc_info()
        if not isinstance(error, (ConnectionError, ssl.SSLError)):
            say(event="error", kind=kind.__name__, words=str(error))


def listen(port, tls=None, bindings=None):
    server = Listener(("127.0.0.1", port), Handler)
    server.tls, server.bindings = tls, bindings
    server.acceptor = {"impacket": Impacket, "gss": GSS, "kerberos": Kerberos}[os.environ["LOGIN"]]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    users = os.path.join(DIRECTORY, "users")
    with open(os.open(users, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as f:
        f.write("%s:%s:%s\n" % (DOMAIN, NAME, PASSWORD))
    os.environ["NTLM_USER_FILE"] = users
    cert, key = os.path.join(DIRECTORY, "cert.pem"), os.path.join(DIRECTORY, "key.pem")
    if not os.path.exists(cert):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256", "-days", "2",
                        "-subj", "/CN=peer", "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    digest = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True, text=True)
    fingerprint = digest.stdout.split("=")[1].strip().replace(":", "").lower()
    bound = binascii.unhexlify(fingerprint)
    if os.environ.get("BINDINGS") == "other":
        bound = hashlib.sha256(b"the certificate of somebody in between").digest()
    plain = listen(int(sys.argv[2]))
    secure = listen(int(sys.argv[3]), tls, b"tls-server-end-point:" + bound)
    say(event="listening", plain=plain, secure=secure, fingerprint=fingerprint)
    sys.stdin.buffer.read()
    for key in list(SHELLS.all):
        SHELLS.remove(key)


main()

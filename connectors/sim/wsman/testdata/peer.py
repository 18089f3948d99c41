"""Drives a simulated WinRM service with pywinrm as Debian ships it.

  peer.py HTTP_URL HTTPS_URL CA_FILE CERT KEY

The name and the password of the user come in the environment. Each check prints a
line; the first one that fails ends the program.
"""

import os
import sys
import uuid

import winrm
from winrm.exceptions import InvalidCredentialsError, WinRMError, WinRMOperationTimeoutError
from winrm.protocol import Protocol

HTTP, HTTPS, CA, CERT, KEY = sys.argv[1:]
NAME, SECRET = os.environ["PEER_USER"], os.environ["PEER_PASSWORD"]
WAYS = {
    "ntlm, sealed, http": dict(endpoint=HTTP, transport="ntlm", message_encryption="always"),
    "ntlm, sealed, https": dict(endpoint=HTTPS, transport="ntlm", message_encryption="always", ca_trust_path=CA),
    "ntlm, https": dict(endpoint=HTTPS, transport="ntlm", ca_trust_path=CA),
    "basic, https": dict(endpoint=HTTPS, transport="basic", ca_trust_path=CA),
    "certificate, https": dict(endpoint=HTTPS, transport="certificate", ca_trust_path=CA, cert_pem=CERT, cert_key_pem=KEY),
}


def check(way, what, ok, got):
    print("%s: %s: %s" % (way, what, "ok" if ok else "FAILED"), repr(got)[:160], flush=True)
    if not ok:
        sys.exit(1)


def session(way, **more):
    options = dict(WAYS[way], **more)
    secret = options.pop("password", SECRET)
    endpoint = options.pop("endpoint")
    return winrm.Session(endpoint, auth=(NAME, secret), **options)


def protocol(way, **more):
    return Protocol(username=NAME, password=SECRET, **dict(WAYS[way], **more))


def send(p, shell, command, data, end):
    """One Send, as ansible's connection plugin builds it: pywinrm 0.3 has none."""
    import base64
    import xmltodict

    rq = {"env:Envelope": p._get_soap_header(
        resource_uri="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd",
        action="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send", shell_id=shell)}
    stream = rq["env:Envelope"].setdefault("env:Body", {}).setdefault("rsp:Send", {}).setdefault("rsp:Stream", {})
    stream["@Name"] = "stdin"
    stream["@CommandId"] = command
    stream["#text"] = base64.b64encode(data)
    if end:
        stream["@End"] = "true"
    p.send_message(xmltodict.unparse(rq))


for way in WAYS:
    s = session(way)
    r = s.run_cmd("do:echo", ["one", "two & <three>"])
    check(way, "run_cmd", (r.status_code, r.std_out, r.std_err) == (0, b"one two & <three>\r\n", b""), r.std_out)
    text = "Gr\u00fc\u00dfe, \u65e5\u672c\u8a9e, \U0001f600"
    r = s.run_ps("do:echo " + text)
    check(way, "run_ps, unicode", r.std_out.decode("utf-8") == text + "\r\n", r.std_out.decode("utf-8"))
    for code in (1, 3010, 3221225477):
        check(way, "exit code", s.run_ps("do:exit %d" % code).status_code == code, code)
    r = s.run_cmd("nonsense")
    check(way, "unknown command", r.status_code == 9009 and b"'nonsense' is not recognized" in r.std_err, r.std_err)
    r = s.run_cmd("do:clixml", ["it broke"])
    check(way, "stderr CLIXML", r.status_code == 0 and r.std_err.startswith(b"#< CLIXML\r\n") and b"it broke" in r.std_err, r.std_err)
    r = s.run_cmd("do:big", ["20000"])
    check(way, "much output", len(r.std_out) == 20000 * 64 and r.std_out[-6:] == b"19999\n", len(r.std_out))

    p = protocol(way, operation_timeout_sec=1, read_timeout_sec=3)
    shell = p.open_shell(codepage=65001, env_vars={"WHO": "me & you"}, working_directory="C:\\Windows")
    command = p.run_command(shell, "do:env", ["WHO"])
    out = p.get_command_output(shell, command)
    check(way, "environment", out[0] == b"me & you|C:\\Windows|65001", out)
    p.cleanup_command(shell, command)

    command = p.run_command(shell, "do:slow", ["2500"])
    try:
        p._raw_get_command_output(shell, command)
        check(way, "operation timeout", False, "it answered")
    except WinRMOperationTimeoutError as e:
        check(way, "operation timeout", True, type(e).__name__)
    out = p.get_command_output(shell, command)
    check(way, "output after it", out == (b"waited\r\n", b"", 0), out)
    p.cleanup_command(shell, command)

    command = p.run_command(shell, "do:cat", console_mode_stdin=False)
    send(p, shell, command, b"a" * 100000, False)
    send(p, shell, command, b"b" * 50000, True)
    out = p.get_command_output(shell, command)
    check(way, "stdin", out[0].startswith(b"150000 bytes: aaa") and out[2] == 0, out[0][:20])
    p.cleanup_command(shell, command)

    try:
        p.get_command_output(shell, str(uuid.uuid4()).upper())
        check(way, "unknown command id", False, "it answered")
    except WinRMError as e:
        check(way, "unknown command id", "'wsmanfault_code': '2150858843'" in str(e), e)
    try:
        p.run_command(shell, "x" * 9000)
        check(way, "long command line", False, "it answered")
    except WinRMError as e:
        check(way, "long command line", "'wsmanfault_code': '2147942606'" in str(e), e)
    p.close_shell(shell)
    try:
        p.run_command(shell, "do:echo")
        check(way, "shell that is gone", False, "it answered")
    except WinRMError as e:
        check(way, "shell that is gone", "'wsmanfault_code': '2150858843'" in str(e), e)

    if "certificate" not in way:
        try:
            session(way, password="wrong").run_cmd("do:echo")
            check(way, "wrong password", False, "it answered")
        except InvalidCredentialsError as e:
            check(way, "wrong password", True, e)

try:
    Protocol(HTTP, transport="basic", username=NAME, password=SECRET).open_shell()
    check("basic, http", "unencrypted", False, "it answered")
except InvalidCredentialsError as e:
    check("basic, http", "unencrypted", True, e)
try:
    protocol("basic, https", ca_trust_path=CERT).open_shell()
    check("basic, https", "another authority", False, "it answered")
except Exception as e:  # the class is that of requests
    check("basic, https", "another authority", "CERTIFICATE_VERIFY_FAILED" in str(e), type(e).__name__)
print("pywinrm is content")

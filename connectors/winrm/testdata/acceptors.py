"""The acceptors of NTLM and Kerberos of the service in server.py: those of others."""

import hmac
import os
import time

from shells import say

USER, PASSWORD = os.environ["PEER_USER"], os.environ["PEER_PASSWORD"]
DOMAIN, NAME = USER.split("\\")


class Impacket:
    """The acceptor of one connection, of the parts that impacket's SMB server uses."""

    def __init__(self, bindings):
        self.key = None  # channel bindings are not looked at here

    def challenge(self, token):
        from impacket import ntlm

        self.first = ntlm.NTLMAuthNegotiate()
        self.first.fromString(token)
        flags = self.first["flags"] | ntlm.NTLMSSP_NEGOTIATE_TARGET_INFO | ntlm.NTLMSSP_REQUEST_TARGET
        pairs = ntlm.AV_PAIRS()
        domain = DOMAIN.upper().encode("utf-16le")
        for kind in (ntlm.NTLMSSP_AV_HOSTNAME, ntlm.NTLMSSP_AV_DNS_HOSTNAME, ntlm.NTLMSSP_AV_DOMAINNAME, ntlm.NTLMSSP_AV_DNS_DOMAINNAME):
            pairs[kind] = domain
        pairs[ntlm.NTLMSSP_AV_TIME] = (116444736000000000 + int(time.time()) * 10000000).to_bytes(8, "little")
        m = ntlm.NTLMAuthChallenge()
        m["flags"] = flags & ~(ntlm.NTLM_NEGOTIATE_OEM | ntlm.NTLMSSP_NEGOTIATE_DATAGRAM | ntlm.NTLMSSP_NEGOTIATE_LM_KEY)
        m["challenge"] = os.urandom(8)
        m["domain_len"] = m["domain_max_len"] = len(domain)
        m["domain_offset"] = 40 + 16
        m["domain_name"] = domain
        m["TargetInfoFields_len"] = m["TargetInfoFields_max_len"] = len(pairs)
        m["TargetInfoFields"] = pairs
        m["TargetInfoFields_offset"] = 40 + 16 + len(domain)
        m["Version"] = b"\xff" * 8
        m["VersionLen"] = 8
        self.offered = m
        return m.getData()

    def accept(self, token):
        from Cryptodome.Cipher import ARC4
        from impacket import ntlm, smbserver

        answer = ntlm.NTLMAuthChallengeResponse()
        answer.fromString(token)
        at, size = answer["session_key_offset"], answer["session_key_len"]
        answer["session_key"] = token[at:at + size]  # impacket 0.10 takes it for the last part of the message
        name = answer["user_name"].decode("utf-16le")
        if name.lower() != NAME.lower():
            return False
        known = ntlm.compute_nthash(PASSWORD)
        status, key = smbserver.computeNTLMv2(name, known, known, self.offered["challenge"], answer, self.offered, self.first)
        if status != 0:
            return False
        self.flags, self.key = answer["flags"], key
        self.sign = {side: ntlm.SIGNKEY(self.flags, key, side) for side in ("Client", "Server")}
        self.seal = {side: ntlm.SEALKEY(self.flags, key, side) for side in ("Client", "Server")}
        self.stream = {side: ARC4.new(k).encrypt for side, k in self.seal.items()}
        self.count = {"Client": 0, "Server": 0}
        return True

    def unwrap(self, signature, sealed):
        from impacket import ntlm

        plain = self.stream["Client"](sealed)
        want = ntlm.MAC(self.flags, self.stream["Client"], self.sign["Client"], self.count["Client"], plain)
        self.count["Client"] += 1
        if not hmac.compare_digest(want.getData(), signature):
            raise ValueError("the signature is wrong")
        return plain

    def wrap(self, plain):
        from impacket import ntlm

        sealed, signature = ntlm.SEAL(self.flags, self.sign["Server"], self.seal["Server"], plain, plain,
                                      self.count["Server"], self.stream["Server"])
        self.count["Server"] += 1
        return signature.getData(), sealed


class GSS:
    """The acceptor of one connection: RFC 2743 alone, with the mechanism NTLMSSP."""

    def __init__(self, bindings):
        import gssapi

        mech = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
        credentials = gssapi.Credentials(usage="accept", mechs=[mech])
        kw = {"channel_bindings": gssapi.raw.ChannelBindings(application_data=bindings)} if bindings else {}
        self.context = gssapi.SecurityContext(creds=credentials, usage="accept", **kw)

    def challenge(self, token):
        return self.context.step(token)

    def accept(self, token):
        import gssapi

        try:
            self.context.step(token)
        except gssapi.exceptions.GSSError as e:
            say(event="refused", why=" ".join(str(e).split()))
            return False
        return self.context.complete and str(self.context.initiator_name).rstrip("\0 ").lower() == USER.lower()

    def unwrap(self, signature, sealed):
        return self.context.unwrap(signature + sealed).message

    def wrap(self, plain):
        token = self.context.wrap(plain, True).message
        return token[:16], token[16:]


class Kerberos:
    """The acceptor of one request: SPNEGO and Kerberos of MIT, with the keytab in
    KRB5_KTNAME. It keeps what it has seen, and refuses it the second time."""

    def __init__(self, bindings):
        import gssapi

        kw = {"channel_bindings": gssapi.raw.ChannelBindings(application_data=bindings)} if bindings else {}
        self.context = gssapi.SecurityContext(creds=gssapi.Credentials(usage="accept"), usage="accept", **kw)

    def accept(self, token):
        """Whether to let it in, and what to say to it."""
        import gssapi

        try:
            reply = self.context.step(token)
            why = self.context._last_err  # kept there when there is a token to send
        except gssapi.exceptions.GSSError as e:
            reply, why = None, e
        if why is None and self.context.complete:
            say(event="ticket", who=str(self.context.initiator_name), spn=str(self.context.target_name), mech=self.context.mech.dotted_form)
            return True, reply
        say(event="refused", why=" ".join(str(why).split()))
        return False, reply

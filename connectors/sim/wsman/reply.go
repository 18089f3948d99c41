package wsman

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// reply is the answer to a request: a body for an action, or a fault.
type reply struct {
	action string
	body   string // XML
	fault  *Fault
	// settle, if there is one, is called once, with whether the reply has reached the
	// client.
	settle func(arrived bool)
}

// settled calls settle.
func (r *reply) settled(arrived bool) {
	if r != nil && r.settle != nil {
		r.settle(arrived)
	}
}

// status is the HTTP status of a reply.
func (r *reply) status() int {
	if r.fault != nil {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

const faultAction = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"

// envelope is a reply as it goes over the wire.
func (r *reply) envelope(relatesTo string, words words) []byte {
	action, body := r.action, r.body
	if r.fault != nil {
		action, body = faultAction, r.fault.xml(words)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<s:Envelope xml:lang="%s" xmlns:s="%s" xmlns:a="%s" xmlns:x="%s" xmlns:w="%s" xmlns:rsp="%s" xmlns:p="%s">`,
		escape(words.language()), nsEnvelope, nsAddressing, nsTransfer, nsWSMan, nsShell, nsMicrosoft)
	fmt.Fprintf(&b, `<s:Header><a:Action>%s</a:Action><a:MessageID>uuid:%s</a:MessageID><p:ActivityId>%s</p:ActivityId><a:To>%s</a:To><a:RelatesTo>%s</a:RelatesTo></s:Header>`,
		action, newID(), newID(), anonymous, escape(relatesTo))
	fmt.Fprintf(&b, `<s:Body>%s</s:Body></s:Envelope>`, body)
	return []byte(b.String())
}

// identified answers Identify (DSP0226, chapter 11). It has no addressing.
func identified(version string) []byte {
	return fmt.Appendf(nil, `<s:Envelope xml:lang="en-US" xmlns:s="%s"><s:Header/><s:Body><wsmid:IdentifyResponse xmlns:wsmid="%s">`+
		`<wsmid:ProtocolVersion>%s</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>`+
		`<wsmid:ProductVersion>OS: %s SP: 0.0 Stack: 3.0</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>`,
		nsEnvelope, nsIdentify, nsWSMan, escape(version))
}

// created answers Create.
func created(s *shell, address, client string) *reply {
	id := fmt.Sprintf(`<x:ResourceCreated><a:Address>%s</a:Address><a:ReferenceParameters><w:ResourceURI>%s</w:ResourceURI>`+
		`<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>`,
		escape(address), shellURI, s.about.ID)
	about := fmt.Sprintf(`<rsp:Shell xmlns:rsp="%s"><rsp:ShellId>%s</rsp:ShellId><rsp:ResourceUri>%s</rsp:ResourceUri><rsp:Owner>%s</rsp:Owner>`+
		`<rsp:ClientIP>%s</rsp:ClientIP><rsp:IdleTimeOut>PT%.3fS</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams>`+
		`<rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell>`,
		nsShell, s.about.ID, shellURI, escape(s.about.User), escape(client), s.idle.Seconds())
	return &reply{action: nsTransfer + "/CreateResponse", body: id + about}
}

// started answers Command.
func started(id string) *reply {
	return &reply{
		action: nsShell + "/CommandResponse",
		body:   `<rsp:CommandResponse><rsp:CommandId>` + id + `</rsp:CommandId></rsp:CommandResponse>`,
	}
}

// empty answers Send, Signal and Delete.
func empty(operation Operation) *reply {
	if operation == OpDelete {
		return &reply{action: nsTransfer + "/DeleteResponse"}
	}
	return &reply{
		action: nsShell + "/" + string(operation) + "Response",
		body:   "<rsp:" + string(operation) + "Response/>",
	}
}

// received answers Receive.
func received(id string, b batch) *reply {
	var x strings.Builder
	x.WriteString("<rsp:ReceiveResponse>")
	for _, s := range b.segments {
		fmt.Fprintf(&x, `<rsp:Stream Name="%s" CommandId="%s">%s</rsp:Stream>`, s.stream, id, base64.StdEncoding.EncodeToString(s.data))
	}
	state := "Running"
	if b.done {
		state = "Done"
		for _, stream := range [...]string{stdout, stderr} {
			fmt.Fprintf(&x, `<rsp:Stream Name="%s" CommandId="%s" End="true"></rsp:Stream>`, stream, id)
		}
	}
	fmt.Fprintf(&x, `<rsp:CommandState CommandId="%s" State="%s/CommandState/%s">`, id, nsShell, state)
	if b.done {
		fmt.Fprintf(&x, `<rsp:ExitCode>%d</rsp:ExitCode>`, b.code)
	}
	x.WriteString("</rsp:CommandState></rsp:ReceiveResponse>")
	return &reply{action: nsShell + "/ReceiveResponse", body: x.String()}
}

// escape makes text that can stand in an element or an attribute.
func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a strings.Builder takes everything
	}
	return b.String()
}

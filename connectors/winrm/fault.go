package winrm

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// faultCode is what a host says went wrong. It is compared by number: the words
// are in the language of the host.
type faultCode uint32

// The codes that mean something here (MS-WSMV, WinError.h, ERROR_WSMAN_*).
const (
	faultTimedOut        faultCode = 2150858793 // the operation timed out: there is nothing yet
	faultSelectors       faultCode = 2150858843 // no such shell, or no such command
	faultQuotaShells     faultCode = 2150859173
	faultQuotaOperations faultCode = 2150859174
	faultQuotaUser       faultCode = 2150859175
	faultQuotaUsers      faultCode = 2150859179
	faultNoRemoteShells  faultCode = 2150859180
	faultQuotaLimit      faultCode = 2150858815
	faultPluginFirst     faultCode = 2150859236 // to faultPluginLast: quotas of the plug-in
	faultPluginLast      faultCode = 2150859242
	faultEnvelope        faultCode = 2150858823
	faultServerEnvelope  faultCode = 2150858825
	faultRegistryDeleted faultCode = 2147943418
	faultTooLong         faultCode = 2147942606
	faultAccessDenied    faultCode = 5
	faultAccessDenied2   faultCode = 2147942405
	faultBrokenPipe      faultCode = 109
	faultBrokenPipe2     faultCode = 2147942509
	faultNoData          faultCode = 2147942632
	faultBusy            faultCode = 170
	faultAborted         faultCode = 995
	faultAborted2        faultCode = 2147943395
)

// faultError is a SOAP fault.
type faultError struct {
	status  int
	code    faultCode
	subcode string
	// reason is what the host says, in its language: hostile, shortened.
	reason string
}

func (e *faultError) Error() string {
	s := fmt.Sprintf("fault %d", e.code)
	if e.code == 0 {
		s = "fault " + e.subcode
	}
	if e.reason != "" {
		s += fmt.Sprintf(" (%q)", e.reason)
	}
	return s
}

func (e *faultError) quota() bool {
	switch e.code {
	case faultQuotaShells, faultQuotaOperations, faultQuotaUser, faultQuotaUsers, faultQuotaLimit:
		return true
	default:
		return e.code >= faultPluginFirst && e.code <= faultPluginLast || e.subcode == "QuotaLimit"
	}
}

// stale says that a new shell may do what this one did not.
func (e *faultError) stale() bool {
	return e.code == faultSelectors || e.code == faultRegistryDeleted || e.code == faultQuotaOperations
}

// unread says that the command does not read its input any more.
func (e *faultError) unread() bool {
	switch e.code {
	case faultSelectors, faultBrokenPipe, faultBrokenPipe2, faultNoData, faultAborted, faultAborted2:
		return true
	default:
		return false
	}
}

func (e *faultError) denied() bool {
	return e.code == faultAccessDenied || e.code == faultAccessDenied2 || e.subcode == "AccessDenied"
}

// faultBody is s:Fault (SOAP 1.2, 5.4) with the detail of MS-WSMV, 2.2.4.
type faultBody struct {
	Code struct {
		Subcode struct {
			Value string `xml:"http://www.w3.org/2003/05/soap-envelope Value"`
		} `xml:"http://www.w3.org/2003/05/soap-envelope Subcode"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Code"`
	Reason struct {
		Text []string `xml:"http://www.w3.org/2003/05/soap-envelope Text"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Reason"`
	Detail struct {
		WSMan struct {
			Code    string `xml:"Code,attr"`
			Message struct {
				Text     string `xml:",chardata"`
				Provider struct {
					Text string `xml:",chardata"`
				} `xml:"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault ProviderFault"`
			} `xml:"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault Message"`
		} `xml:"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault WSManFault"`
		// WMI is of a namespace that depends on the provider. Quota faults have it.
		WMI struct {
			Code    string `xml:"error_Code"`
			Message string `xml:"Message"`
		} `xml:"MSFT_WmiError"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Detail"`
}

// mostReason bounds the words of a host in a message, in bytes.
const mostReason = 300

// fault makes an error of what the host says.
func (b *faultBody) fault(status int) *faultError {
	e := &faultError{status: status, subcode: localName(b.Code.Subcode.Value)}
	for _, code := range []string{b.Detail.WSMan.Code, b.Detail.WMI.Code} {
		if n, err := strconv.ParseInt(strings.TrimSpace(code), 10, 64); err == nil && e.code == 0 {
			e.code = faultCode(uint32(n)) // some hosts write them signed
		}
	}
	if e.code == 0 && e.subcode == "TimedOut" {
		e.code = faultTimedOut
	}
	m := b.Detail.WSMan.Message
	for _, text := range append([]string{m.Provider.Text, m.Text, b.Detail.WMI.Message}, b.Reason.Text...) {
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			e.reason = strings.ToValidUTF8(text[:min(len(text), mostReason)], "")
			break
		}
	}
	return e
}

// localName is the part of a qualified name after its prefix.
func localName(qname string) string {
	qname = strings.TrimSpace(qname)
	if at := strings.LastIndexByte(qname, ':'); at >= 0 {
		qname = qname[at+1:]
	}
	return qname[:min(len(qname), 64)]
}

// notSOAPError is a reply that is no SOAP envelope, or not the one asked for.
type notSOAPError struct {
	status int
	why    string
}

func (e *notSOAPError) Error() string {
	return fmt.Sprintf("HTTP status %d: %s", e.status, e.why)
}

// envelope is s:Envelope with the bodies of MS-WSMV that are read here.
type envelope struct {
	XMLName xml.Name `xml:"http://www.w3.org/2003/05/soap-envelope Envelope"`
	// texts are those of cutStreams.
	texts  [][]byte
	Header struct {
		Action string `xml:"http://schemas.xmlsoap.org/ws/2004/08/addressing Action"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Header"`
	Body struct {
		Fault   *faultBody `xml:"http://www.w3.org/2003/05/soap-envelope Fault"`
		Created *struct {
			Parameters struct {
				Selectors []selector `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd SelectorSet>Selector"`
			} `xml:"http://schemas.xmlsoap.org/ws/2004/08/addressing ReferenceParameters"`
		} `xml:"http://schemas.xmlsoap.org/ws/2004/09/transfer ResourceCreated"`
		Shell *struct {
			ID string `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell ShellId"`
		} `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Shell"`
		Command *struct {
			ID string `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell CommandId"`
		} `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell CommandResponse"`
		Receive *received `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell ReceiveResponse"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Body"`
}

type selector struct {
	Name  string `xml:"Name,attr"`
	Value string `xml:",chardata"`
}

// received is rsp:ReceiveResponse.
type received struct {
	Streams []struct {
		Name    string `xml:"Name,attr"`
		Command string `xml:"CommandId,attr"`
		Data    string `xml:",chardata"`
	} `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Stream"`
	State *struct {
		Command  string  `xml:"CommandId,attr"`
		State    string  `xml:"State,attr"`
		ExitCode *string `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell ExitCode"`
	} `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell CommandState"`
}

// parse reads a reply. The error is a *faultError or a *notSOAPError.
func parse(status int, body []byte) (*envelope, error) {
	var e envelope
	body, e.texts = cutStreams(body, leastCut)
	if err := xml.Unmarshal(body, &e); err != nil {
		return nil, &notSOAPError{status: status, why: "the reply is not SOAP"}
	}
	if e.Body.Fault != nil {
		return nil, e.Body.Fault.fault(status)
	}
	if status != 200 {
		return nil, &notSOAPError{status: status, why: "the reply says no reason"}
	}
	return &e, nil
}

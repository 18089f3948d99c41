package wsman

import (
	"fmt"
	"strings"
)

// Codes of faults (wsmerror.h and winerror.h), as they stand in a reply.
const (
	// CodeTimedOut is for a Receive that has nothing to say in its time; the client
	// asks again.
	CodeTimedOut uint32 = 2150858793
	// CodeNotFound is for a shell or a command that is not there.
	CodeNotFound uint32 = 2150858843
	// CodeSchema is for a body that is not as the schema wants it.
	CodeSchema uint32 = 2150858817
	// CodeHeader is for a header with a value that makes no sense.
	CodeHeader uint32 = 2150858767
	// CodeHeaderMissing is for a header that is not there.
	CodeHeaderMissing uint32 = 2150858769
	// CodeResource is for a resource that is not there.
	CodeResource uint32 = 2150858770
	// CodeAction is for an action that is not supported.
	CodeAction uint32 = 2150858771
	// CodeEnvelopeSize is for a MaxEnvelopeSize above that of the server.
	CodeEnvelopeSize uint32 = 2150858823
	// CodeMaxShells, CodeMaxOperations, CodeUserQuota and CodeMaxShellUsers are for
	// what is too much of one user, or too many users.
	CodeMaxShells     uint32 = 2150859173
	CodeMaxOperations uint32 = 2150859174
	CodeUserQuota     uint32 = 2150859175
	CodeMaxShellUsers uint32 = 2150859179
	// CodeTooLong is for a command line that is too long.
	CodeTooLong uint32 = 2147942606
	// CodeProfile is for a profile that is being unloaded: try with a new shell.
	CodeProfile uint32 = 2147943418
	// CodePipeEnded is for input to a command that has ended.
	CodePipeEnded uint32 = 109
	// CodeBusy is for a Send while the one before is still being worked on.
	CodeBusy uint32 = 170
	// CodeAborted is for a Receive whose command is taken away.
	CodeAborted uint32 = 995
	// CodeDenied is for a user who may not.
	CodeDenied uint32 = 5
)

// Fault is a SOAP fault.
type Fault struct {
	// Code is the code of the fault.
	Code uint32
	// Sender says that the client is to blame; else the server is.
	Sender bool
	// Subcode is a qualified name with the prefixes of DSP0226 ("w:TimedOut").
	Subcode string
	// Detail is a URI that says more, or "".
	Detail string
	// Reason is a sentence, Message a longer one; "" means the same.
	Reason, Message string
	// WMI puts the code into an MSFT_WmiError instead of a WSManFault, as newer
	// systems do for quotas.
	WMI bool
}

// words is how a machine words its faults.
type words struct {
	machine string
	lang    string // "" is en-US
	text    string // "" is what the fault says
}

func (w words) language() string {
	if w.lang == "" {
		return "en-US"
	}
	return w.lang
}

const faultDetail = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"

// senderFault is a fault of the client.
func senderFault(subcode, reason string) Fault {
	return Fault{Sender: true, Subcode: subcode, Reason: reason}
}

// internalFault is one of the system below the server.
func internalFault(reason string) Fault { return Fault{Subcode: "w:InternalError", Reason: reason} }

// quotaFault is for what is too much of one user, or too many users.
func quotaFault(reason string) Fault {
	f := senderFault("w:QuotaLimit", reason)
	f.WMI = true
	return f
}

// faults are the faults that this server knows.
var faults = map[uint32]Fault{
	CodeTimedOut: {
		Subcode: "w:TimedOut",
		Reason:  "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ",
	},
	CodeNotFound:      {Sender: true, Subcode: "w:InvalidSelectors", Detail: faultDetail + "UnexpectedSelectors", Reason: "The WS-Management service cannot process the request because the request contained invalid selectors for the resource. "},
	CodeSchema:        senderFault("w:SchemaValidationError", "The SOAP XML in the message does not match the corresponding XML schema definition. Change the XML and retry. "),
	CodeHeader:        senderFault("a:InvalidMessageInformationHeader", "The WS-Management service cannot process a SOAP header in the request that is marked as mustUnderstand by the client. "),
	CodeHeaderMissing: senderFault("a:MessageInformationHeaderRequired", "A header is missing in the request. "),
	CodeResource:      {Sender: true, Subcode: "a:DestinationUnreachable", Detail: faultDetail + "InvalidResourceURI", Reason: "The WS-Management service cannot process the request because no resource has the URI of the request. "},
	CodeAction:        senderFault("a:ActionNotSupported", "The WS-Management service does not support the action specified in the request. "),
	CodeEnvelopeSize:  {Sender: true, Subcode: "w:EncodingLimit", Detail: faultDetail + "MaxEnvelopeSize", Reason: "The maximum envelope size in the request is too large. Change the maximum envelope size and try the request again. "},
	CodeMaxShells:     quotaFault("The WS-Management service cannot process the request. This user is allowed a maximum number of concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. "),
	CodeMaxOperations: quotaFault("The WS-Management service cannot process the request. This user has exceeded the maximum number of concurrent operations. Close existing operations for this user, or raise the quota for this user. "),
	CodeUserQuota:     quotaFault("The WS-Management service cannot process the request. The load quota for the current user has been exceeded. "),
	CodeMaxShellUsers: quotaFault("The WS-Management service cannot process the request. The maximum number of concurrent users has been exceeded. "),
	CodeTooLong:       internalFault("The filename or extension is too long. "),
	CodeProfile:       internalFault("Illegal operation attempted on a registry key that has been marked for deletion. "),
	CodePipeEnded:     internalFault("The pipe has been ended. "),
	CodeBusy:          internalFault("The requested resource is in use. "),
	CodeAborted:       internalFault("The I/O operation has been aborted because of either a thread exit or an application request. "),
	CodeDenied:        senderFault("w:AccessDenied", "Access is denied. "),
}

// FaultOf is the fault with a code as this server would word it. A code that it
// does not know is an internal error.
func FaultOf(code uint32) *Fault {
	f, ok := faults[code]
	if !ok {
		f = internalFault(fmt.Sprintf("An unexpected error 0x%08x has occurred. ", code))
	}
	f.Code = code
	return &f
}

// because is a fault with a longer message.
func because(code uint32, message string) *Fault {
	f := FaultOf(code)
	f.Message = message
	return f
}

const (
	noCommand = "The Windows Remote Shell received a request to perform an operation on a command identifier that does not exist. Either the command has completed execution or the client specified an invalid command identifier. "
	noShell   = "The request for the Windows Remote Shell with ShellId %s failed because the shell was not found on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. Provide the correct ShellId or create a new shell and retry the operation. "
)

// xml is the fault as it stands in a body (DSP0226, chapter 14, and MS-WSMV 2.2.4.43).
func (f *Fault) xml(w words) string {
	side, reason, message := "s:Receiver", f.Reason, f.Message
	if f.Sender {
		side = "s:Sender"
	}
	if message == "" {
		message = reason
	}
	if w.text != "" {
		reason, message = w.text, w.text
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<s:Fault><s:Code><s:Value>%s</s:Value><s:Subcode><s:Value>%s</s:Value></s:Subcode></s:Code>`, side, escape(f.Subcode))
	fmt.Fprintf(&b, `<s:Reason><s:Text xml:lang="%s">%s</s:Text></s:Reason><s:Detail>`, escape(w.language()), escape(reason))
	if f.Detail != "" {
		fmt.Fprintf(&b, `<w:FaultDetail>%s</w:FaultDetail>`, escape(f.Detail))
	}
	if f.WMI {
		b.WriteString(f.wmi(message))
	} else {
		fmt.Fprintf(&b, `<f:WSManFault xmlns:f="%s" Code="%d" Machine="%s"><f:Message>%s</f:Message></f:WSManFault>`,
			nsFault, f.Code, escape(w.machine), escape(message))
	}
	b.WriteString("</s:Detail></s:Fault>")
	return b.String()
}

// wmi is the detail of a fault as an instance of MSFT_WmiError.
func (f *Fault) wmi(message string) string {
	return fmt.Sprintf(`<p:MSFT_WmiError b:IsCIM_Error="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" `+
		`xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd" xmlns:p="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError" `+
		`xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" xsi:type="p:MSFT_WmiError_Type">`+
		`<p:CIMStatusCode xsi:type="cim:cimUnsignedInt">27</p:CIMStatusCode><p:Message xsi:type="cim:cimString">%s</p:Message>`+
		`<p:MessageID xsi:type="cim:cimString">HRESULT 0x%08x</p:MessageID><p:error_Category xsi:type="cim:cimUnsignedInt">30</p:error_Category>`+
		`<p:error_Code xsi:type="cim:cimUnsignedInt">%d</p:error_Code><p:error_Type xsi:type="cim:cimString">HRESULT</p:error_Type>`+
		`<p:error_WindowsErrorMessage xsi:type="cim:cimString">%s</p:error_WindowsErrorMessage></p:MSFT_WmiError>`,
		escape(message), f.Code, f.Code, escape(message))
}

package wsman_test

import (
	"net/http"
	"strings"
	"testing"

	"patchwave/connectors/sim/wsman"
)

func TestFaults(t *testing.T) {
	w := open(t, wsman.Options{})
	sh := w.shell()
	id := w.command(sh, "do:hang")
	with := func(a ask, change func(*ask)) ask { change(&a); return a }
	for what, tt := range map[string]struct {
		ask  ask
		code uint32
	}{
		"unknown shell":       {commandAsk("7A", "x"), wsman.CodeNotFound},
		"no shell":            {commandAsk("", "x"), wsman.CodeNotFound},
		"delete unknown":      {deleteAsk("7A"), wsman.CodeNotFound},
		"unknown command":     {receiveAsk(sh, "7A"), wsman.CodeNotFound},
		"send to unknown":     {sendAsk(sh, "7A", "x", true), wsman.CodeNotFound},
		"signal unknown":      {signalAsk(sh, "7A", terminate), wsman.CodeNotFound},
		"unknown action":      {ask{action: "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate"}, wsman.CodeAction},
		"get":                 {ask{action: transfer + "/Get"}, wsman.CodeAction},
		"no action":           {ask{}, wsman.CodeHeaderMissing},
		"another resource":    {with(createAsk(), func(a *ask) { a.resource = shellURI + "/Microsoft.PowerShell" }), wsman.CodeResource},
		"negative timeout":    {with(createAsk(), func(a *ask) { a.timeout = "PT-1S" }), wsman.CodeHeader},
		"tiny envelope":       {with(createAsk(), func(a *ask) { a.envelope = "100" }), wsman.CodeHeader},
		"huge envelope":       {with(createAsk(), func(a *ask) { a.envelope = "1000000" }), wsman.CodeEnvelopeSize},
		"create nothing":      {with(createAsk(), func(a *ask) { a.body = "" }), wsman.CodeSchema},
		"unknown stream":      {with(createAsk(), func(a *ask) { a.body = strings.Replace(a.body, "stderr", "pr", 1) }), wsman.CodeSchema},
		"no command":          {commandAsk(sh, ""), wsman.CodeSchema},
		"receive of a stream": {with(receiveAsk(sh, id), func(a *ask) { a.body = strings.Replace(a.body, "stderr", "pr", 1) }), wsman.CodeSchema},
		"no base64":           {with(sendAsk(sh, id, "x", true), func(a *ask) { a.body = strings.Replace(a.body, "eA==", "e", 1) }), wsman.CodeSchema},
		"send nothing":        {with(sendAsk(sh, id, "x", true), func(a *ask) { a.body = "" }), wsman.CodeSchema},
		"unknown signal":      {signalAsk(sh, id, shellURI+"/signal/hangup"), wsman.CodeSchema},
		"long line":           {commandAsk(sh, strings.Repeat("x", 8192)), wsman.CodeTooLong},
	} {
		if a := w.ask(tt.ask); a.status != 500 || a.code != tt.code || a.text == "" || a.subcode == "" {
			t.Errorf("%s: %d, code %d, want %d", what, a.status, a.code, tt.code)
		}
	}
	if a := w.ask(commandAsk(sh, "do:exit "+strings.Repeat("0", 8183))); a.status != http.StatusOK {
		t.Errorf("a line of 8191: %d, %d", a.status, a.code)
	}
	if a := w.ask(receiveAsk(sh, "7A")); a.side != "s:Sender" || a.subcode != "w:InvalidSelectors" || !strings.HasSuffix(a.detail, "/UnexpectedSelectors") {
		t.Errorf("%+v", a)
	}
}

func TestQuotas(t *testing.T) {
	w := open(t, wsman.Options{MaxShells: 2, MaxOperations: 2})
	sh := w.shell()
	w.shell()
	if a := w.ask(createAsk()); a.status != 500 || a.wmi != wsman.CodeMaxShells || a.code != 0 || a.subcode != "w:QuotaLimit" {
		t.Errorf("a third shell: %+v", a)
	}
	for range 2 {
		id := w.command(sh, "do:exit 0")
		w.ask(signalAsk(sh, id, terminate))
	}
	if a := w.ask(commandAsk(sh, "do:exit 0")); a.wmi != wsman.CodeMaxOperations {
		t.Errorf("a third command: %+v", a)
	}
	w.ask(deleteAsk(sh))
	w.command(w.shell(), "do:exit 0")
}

func TestHTTP(t *testing.T) {
	w := open(t, wsman.Options{MaxEnvelope: 20000})
	post := func(method, path, body string) (int, http.Header) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, strings.TrimSuffix(w.s.URL(), "/wsman")+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(user, password)
		resp, err := w.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode, resp.Header
	}
	good, _ := w.xml(createAsk())
	_, header := post("POST", "/wsman", strings.Replace(good, ">153600<", ">20000<", 1))
	if got := header.Get("Server"); got != "Microsoft-HTTPAPI/2.0" {
		t.Errorf("server %q", got)
	}
	for what, tt := range map[string]struct {
		method, path, body string
		status             int
	}{
		"another path":   {"POST", "/other", good, http.StatusNotFound},
		"another method": {"GET", "/wsman", "", http.StatusMethodNotAllowed},
		"no XML":         {"POST", "/wsman", "<x", http.StatusBadRequest},
		"nothing":        {"POST", "/wsman", "", http.StatusBadRequest},
		"too large":      {"POST", "/wsman", strings.Repeat("x", 30000), http.StatusRequestEntityTooLarge},
		"another case":   {"POST", "/WSMAN", "<x", http.StatusBadRequest},
	} {
		if status, _ := post(tt.method, tt.path, tt.body); status != tt.status {
			t.Errorf("%s: %d, want %d", what, status, tt.status)
		}
	}
	if n := w.s.Counters(); n.LiveShells != 1 {
		t.Errorf("%+v", n)
	}
}

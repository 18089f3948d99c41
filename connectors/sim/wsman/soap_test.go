package wsman

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

// soap is an envelope with prefixes that nobody uses.
func soap(header, body string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><q:Envelope xmlns:q="%s" xmlns:ad="%s" xmlns:m="%s" xmlns="%s"><q:Header>%s</q:Header><q:Body>%s</q:Body></q:Envelope>`,
		nsEnvelope, nsAddressing, nsWSMan, nsShell, header, body)
}

func TestParseRequest(t *testing.T) {
	r, err := parseRequest([]byte(soap(
		`<ad:Action q:mustUnderstand="true">act</ad:Action><ad:MessageID>uuid:1</ad:MessageID><Action>another</Action>`+
			`<m:SelectorSet><m:Selector Name="SHELLID"> ID </m:Selector></m:SelectorSet>`+
			`<m:OptionSet><m:Option Name="WINRS_NOPROFILE">True</m:Option><m:Option Name="WINRS_CODEPAGE">437</m:Option></m:OptionSet>`,
		`<CommandLine><Command><![CDATA[a & b]]></Command><Arguments>c</Arguments><Arguments>&lt;d&gt;</Arguments></CommandLine>`)))
	if err != nil {
		t.Fatal(err)
	}
	if r.Header.Action != "act" || r.Header.MessageID != "uuid:1" || r.selector("ShellId") != "ID" {
		t.Errorf("header: %+v", r.Header)
	}
	if !r.option("winrs_noprofile") || r.option("WINRS_CODEPAGE") || r.optionText("WINRS_CODEPAGE") != "437" {
		t.Errorf("options: %+v", r.Header.Options)
	}
	if r.Body.Command == nil || r.Body.Command.line() != "a & b c <d>" {
		t.Errorf("command: %+v", r.Body.Command)
	}
}

func TestParseRequestRefuses(t *testing.T) {
	good := soap("", "")
	for what, body := range map[string]string{
		"nothing":           "",
		"text":              "hello",
		"cut":               good[:len(good)-3],
		"another namespace": strings.Replace(good, nsEnvelope, "http://schemas.xmlsoap.org/soap/envelope/", 1),
		"a document type":   `<!DOCTYPE x [<!ENTITY e "e">]>` + soap("", ""),
		"an entity":         soap("<ad:Action>&e;</ad:Action>", ""),
		"two roots":         good + good,
		"text after it":     good + "x",
		"wrong ends":        soap("<ad:Action></ad:MessageID>", ""),
		"deep":              soap(strings.Repeat("<x>", 1000)+strings.Repeat("</x>", 1000), ""),
		"another charset":   strings.Replace(good, "UTF-8", "EBCDIC", 1),
	} {
		if _, err := parseRequest([]byte(body)); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

// Long input is what it was, however it is written.
func TestLongInput(t *testing.T) {
	want := strings.Repeat("input\x00\xff", longText)
	text := base64.StdEncoding.EncodeToString([]byte(want))
	r, err := parseRequest([]byte(soap("", `<Send><Stream Name="stdin" a=">">`+text+"</Stream><Stream>\r\n"+text[:longText]+"\n"+text[longText:]+" </Stream>"+
		`<Stream><![CDATA[`+text+`]]></Stream><Stream>`+text[:4]+`<!-- x -->`+text[4:]+`</Stream><Stream>&#65;`+text[1:]+`</Stream><Stream/></Send>`)))
	if err != nil || len(r.Body.Send.Streams) != 6 {
		t.Fatalf("%v: %+v", err, r)
	}
	if len(r.lifted) != 1 {
		t.Errorf("%d texts were lifted, want 1", len(r.lifted))
	}
	for i, s := range r.Body.Send.Streams {
		got, err := r.data(s.Data)
		if err != nil || string(got) != want && (i < 4 || i == 5 && len(got) > 0) {
			t.Errorf("stream %d: %d bytes, %v", i, len(got), err)
		}
	}
	for _, bad := range []string{"#", "#1", "#-1", "#x", "#0 #0"} {
		if got, err := r.data(bad); err == nil {
			t.Errorf("%s is %d bytes", bad, len(got))
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT60S": time.Minute, "PT1.5S": 1500 * time.Millisecond, "PT0S": 0, "P1D": 24 * time.Hour,
		"P0DT1H2M3.000S": time.Hour + 2*time.Minute + 3*time.Second, " PT20S ": 20 * time.Second, "PT7200.000S": 2 * time.Hour,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%q = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "PT-1S", "-PT1S", "60", "PTS", "PT1X", "P1Y", "PT1S1M", "PT1ST1S", "P1DT", "PT1", "PTNaNS", "PT9999999999S", "PT1e3S"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q = %v", text, got)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(soap(`<ad:MessageID>uuid:1</ad:MessageID><m:OperationTimeout>PT1S</m:OperationTimeout>`, `<Signal CommandId="1"><Code>x</Code></Signal>`)))
	f.Add([]byte(soap(`<m:SelectorSet><m:Selector Name="ShellId">1</m:Selector></m:SelectorSet>`, `<Send><Stream Name="stdin" End="true">QQ==</Stream></Send>`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseRequest(body)
		if err != nil {
			return
		}
		if d, err := parseDuration(r.Header.OperationTimeout); err == nil && (d < 0 || d > 1000*24*time.Hour) {
			t.Errorf("%q is %v", r.Header.OperationTimeout, d)
		}
		// Whatever a client says can be said back.
		for _, rep := range []*reply{{fault: because(CodeNotFound, r.selector("ShellId"))}, {body: "<x:y/>", action: "z"}} {
			if _, err := parseRequest(rep.envelope(r.Header.MessageID, words{machine: r.Header.Action, lang: r.Header.Action})); err != nil {
				t.Errorf("the answer is no envelope: %v", err)
			}
		}
	})
}

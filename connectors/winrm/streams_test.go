package winrm

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
)

// receiveReply is a reply to a request for output.
func receiveReply(streams string) []byte {
	return []byte(fakeReply(`<rsp:ReceiveResponse>` + streams + `</rsp:ReceiveResponse>`))
}

// Long output is what it was, however the host writes it.
func TestLongOutput(t *testing.T) {
	want := bytes.Repeat([]byte("output\x00\xff"), 1000)
	text := base64.StdEncoding.EncodeToString(want)
	for _, c := range []struct {
		streams string
		cut     int
	}{
		{`<rsp:Stream Name="stdout" CommandId="C">` + text + `</rsp:Stream>`, 1},
		{`<rsp:Stream Name="stdout">` + text[:4000] + `</rsp:Stream><rsp:Stream Name="stdout">` + text[4000:] + `</rsp:Stream >`, 2},
		{"<rsp:Stream\r\n\tName='stdout' rsp:a='>' >\r\n" + text[:4000] + "\r\n" + text[4000:] + " \n</rsp:Stream>", 0},
		{"<rsp:Stream\r\n\tName='stdout' >\r\n" + text[:4000] + "\r\n" + text[4000:] + " \n</rsp:Stream>", 1},
		{`<Stream xmlns="` + fakeNS + `" Name="stdout">` + text + `</Stream>`, 1},
		{`<x:Stream xmlns:x="urn:other" Name="stdout">` + text + `</x:Stream><rsp:Stream Name="stdout">` + text + `</rsp:Stream>`, 2},
		{`<rsp:Stream Name="stdout"><![CDATA[` + text + `]]></rsp:Stream>`, 0},
		{`<rsp:Stream Name="stdout">` + text[:4000] + `<!-- x -->` + text[4000:] + `</rsp:Stream>`, 0},
		{`<rsp:Stream Name="stdout">&#x` + "62;" + text[1:] + `</rsp:Stream>`, 0},
		{`<!--<rsp:Stream Name="stdout">` + text + `</rsp:Stream>--><rsp:Stream Name="stdout">` + text + `</rsp:Stream>`, 2},
		{`<rsp:Stream Name="stdout"/><rsp:Stream Name="stdout">` + text + `</rsp:Stream><rsp:Stream Name="stderr"></rsp:Stream>`, 1},
	} {
		e, err := parse(200, receiveReply(c.streams))
		if err != nil {
			t.Errorf("%.60s: %v", c.streams, err)
			continue
		}
		out, err := e.output("C")
		if err != nil || !bytes.Equal(out.stdout, want) || len(out.stderr) > 0 {
			t.Errorf("%.60s: %d and %d bytes, %v", c.streams, len(out.stdout), len(out.stderr), err)
		}
		if len(e.texts) != c.cut {
			t.Errorf("%.60s: %d texts were cut out, want %d", c.streams, len(e.texts), c.cut)
		}
	}
}

// A host that writes names of texts itself gets nothing for it.
func TestForgedTexts(t *testing.T) {
	long := `<rsp:Stream Name="stderr">` + strings.Repeat("QUFB", 100) + `</rsp:Stream>`
	for _, forged := range []string{"!0", "!1", "!", "!x", "!-1", "!99999999999999999999", "!0!0"} {
		e, err := parse(200, receiveReply(long+`<rsp:Stream Name="stdout">`+forged+`</rsp:Stream>`))
		if err != nil {
			t.Fatal(err)
		}
		if out, err := e.output("C"); !errors.Is(err, errReply) {
			t.Errorf("%s: %+v, %v", forged, out, err)
		}
	}
}

// What is cut out is read as encoding/xml would.
func FuzzCutStreams(f *testing.F) {
	for _, s := range []string{
		`<rsp:Stream Name="stdout">aGk=</rsp:Stream>`, `<rsp:Stream Name="stdout" CommandId="C"> aG` + "\r\n" + `k= </rsp:Stream><rsp:Stream Name="stderr">aGk=</rsp:Stream>`,
		`<rsp:Stream Name="stdout">aG<!-- -->k=</rsp:Stream>`, `<rsp:Stream Name="stdout"><![CDATA[aGk=]]></rsp:Stream>`, `<rsp:Stream Name="stdout"><rsp:Stream>aGk=</rsp:Stream></rsp:Stream>`,
		`<!--<rsp:Stream>aGk=</rsp:Stream>--><rsp:Stream Name='stdout' a='>'>aGk=</rsp:Stream>`, `<rsp:Stream Name="stdout">&#97;Gk=</rsp:Stream>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, streams string) {
		body := receiveReply(streams)
		if strings.ContainsRune(streams, cutMark) || strings.Contains(streams, "&") {
			return // forged names are another test's
		}
		var plain, cut envelope
		if xml.Unmarshal(body, &plain) != nil || plain.Body.Fault != nil {
			return
		}
		short, texts := cutStreams(body, 1)
		if err := xml.Unmarshal(short, &cut); err != nil {
			t.Fatalf("%q became %q, which is no XML: %v", body, short, err)
		}
		cut.texts = texts
		want, err := plain.output("C")
		got, cutErr := cut.output("C")
		if (err == nil) != (cutErr == nil) {
			t.Fatalf("%q: %v, %v without cutting", body, cutErr, err)
		}
		if err == nil && (!bytes.Equal(want.stdout, got.stdout) || !bytes.Equal(want.stderr, got.stderr) || want.done != got.done || want.exit != got.exit) {
			t.Fatalf("%q: %+v, %+v without cutting", body, got, want)
		}
	})
}

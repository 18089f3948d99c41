package notify

import (
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"patchwave/engine/report/safe"
)

// about is a message with a host and its words.
func about(host, why string) Message {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	return Message{Receiver: "ops", Event: EventFailed, At: at, Policies: []string{"web-prod"},
		Run: &Run{ID: "r1", Kind: "apply", State: "finished", Started: at, Actor: "root", Totals: map[string]int{"hosts": 3, "failed": 1, "done": 2},
			Hosts: []Host{{Name: host, State: "failed", Why: why}}}}.sealed("r1")
}

func TestRender(t *testing.T) {
	m := about("db-01", "apt said <b>no</b>: see http://evil.example/?x=`id` @here")
	for f, want := range map[Format]string{
		Plain:    "- db-01 failed: apt said <b>no</b>: see http{:}//evil.example/?x=`id` @here",
		Strict:   "- db-01 failed: apt said ·b·no·/b·: see http{:}//evil.example/·x=·id· ·here",
		Slack:    "- `db-01` failed: `apt said &lt;b&gt;no&lt;/b&gt;: see http{:}//evil.example/?x='id' {at}here`",
		Markdown: "- `db-01` failed: `apt said ‹b›no‹/b›: see http{:}//evil.example/?x='id' {at}here`",
		HTML:     "- <code>db-01</code> failed: <code>apt said &lt;b&gt;no&lt;/b&gt;: see http{:}//evil.example/?x=`id` {at}here</code>",
		Teams: "- db-01 failed: apt said &#60;b&#62;no&#60;&#47;b&#62;: see http&#123;:&#125;&#47;&#47;evil.example&#47;&#63;x&#61;&#96;id&#96; " +
			"&#123;at&#125;here",
	} {
		if got := strings.Split(Render(f, m).Body, "\n"); !slices.Contains(got, want) {
			t.Errorf("format %d: no line %q in\n%s", f, want, strings.Join(got, "\n"))
		}
	}
	if got := Render(Plain, m).Title; got != "patchwave: web-prod: 1 host failed" {
		t.Errorf("title %q", got)
	}
}

// TestRenderBounded: what is long is cut, and the id is there all the same.
func TestRenderBounded(t *testing.T) {
	m := about("h", "")
	for range MaxHosts {
		m.Run.Hosts = append(m.Run.Hosts, Host{strings.Repeat("n", 5000), "failed", strings.Repeat("*", 5000)})
	}
	for _, f := range Formats() {
		body := Render(f, m).Body
		if len(body) > maxBody || !strings.Contains(body, cut) || !strings.Contains(body[strings.LastIndex(body, "\n"):], "failed") {
			t.Errorf("format %d: %d bytes, ends with %q", f, len(body), body[max(0, len(body)-80):])
		}
	}
}

// hostile draws words that mean something to some receiver.
func hostile() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`[<>&@!#*_~\x60\[\]()|\\:/.w\n\r\x00-]{0,40}`),
		rapid.SampledFrom([]string{"@here", "@everyone", "<!channel>", "<@U024BE7LH>", "<https://evil.example|click>", "[a](http://evil.example)",
			"![x](http://evil.example/i.png)", "www.evil.example", "WwW.evil.example", "</code><a href=\"http://evil.example\">x</a>", "&#64;here", "`@all`",
			"x\r\nBcc: everybody@example.net", "\u202etxt.exe", "http://evil.example", "tg://user?id=1", "*bold*", "# head", "javascript://x"}))
}

func TestForeignTextMeansNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		harmless(t, rapid.SampledFrom(Formats()).Draw(t, "format"), hostile().Draw(t, "text"))
	})
}

func FuzzForeign(f *testing.F) {
	for _, s := range []string{"@here", "<!channel>", "`x`@all", "[a](http://b)", "www.x.example", "x\r\nBcc: y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, format := range Formats() {
			harmless(t, format, s)
		}
	})
}

// harmless holds a message with hostile words against the rules of a format: each is
// about the whole message, so that a word cannot break out of its place.
func harmless(t interface{ Fatalf(string, ...any) }, f Format, s string) {
	text := Render(f, about(s, s))
	all := text.Title + "\n" + text.Body
	calm := len(strings.Split(Render(f, about("x", "x")).Body, "\n"))
	switch {
	case !utf8.ValidString(all), safe.Block(all) != all, strings.ContainsAny(text.Title, "\r\n"):
		t.Fatalf("format %d of %q is not harmless text: %q", f, s, all)
	case len(strings.Split(text.Body, "\n")) != calm:
		t.Fatalf("format %d of %q has other lines: %q", f, s, text.Body)
	case strings.Contains(all, "://"), regexp.MustCompile(`(?i)www\.`).MatchString(all):
		t.Fatalf("format %d of %q has a link: %q", f, s, all)
	}
	ours := "patchwave: web-prod" // what surrounds is there once
	if strings.Count(text.Body, ours) > 1+strings.Count(s, ours)*2 {
		t.Fatalf("format %d of %q: %q", f, s, text.Body)
	}
	switch f {
	case Slack, Markdown:
		outside := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(text.Body, "")
		if strings.ContainsAny(text.Body, "<>@") || strings.ContainsAny(outside, "`*_~[]|\\@<>") {
			t.Fatalf("format %d of %q: outside of code spans %q", f, s, outside)
		}
		if f == Slack && regexp.MustCompile(`&(?:[^alg]|$)`).MatchString(text.Body) {
			t.Fatalf("%q is not escaped: %q", s, text.Body)
		}
	case HTML:
		tags := regexp.MustCompile(`<[^>]*>`).FindAllString(text.Body, -1)
		for i, tag := range tags {
			if want := []string{"<code>", "</code>"}[i%2]; tag != want {
				t.Fatalf("%q makes the tag %q: %q", s, tag, text.Body)
			}
		}
		if plain := regexp.MustCompile(`</?code>`).ReplaceAllString(text.Body, ""); strings.ContainsAny(plain, "<>") || strings.Contains(html.UnescapeString(plain), "@") {
			t.Fatalf("%q: %q", s, text.Body)
		}
	case Teams, Strict:
		if plain := regexp.MustCompile(`&#\d+;`).ReplaceAllString(text.Body, ""); strings.ContainsAny(plain, "<>&@*_~`[]#|\\!") {
			t.Fatalf("format %d of %q: %q", f, s, plain)
		}
	case Plain:
	}
}

// TestDocument: a webhook gets the words as they are, in JSON.
func TestDocument(t *testing.T) {
	const words = "</script>\u202e\n@here"
	var m Message
	if err := json.Unmarshal([]byte(document(about("h", words))), &m); err != nil {
		t.Fatal(err)
	}
	if m.Schema != Schema || m.ID != "r1/failed/ops" || m.Run.Hosts[0].Why != words || strings.Contains(m.Text, "\u202e") {
		t.Errorf("%+v", m)
	}
	if strings.ContainsAny(document(about("h", words)), "<\n") {
		t.Errorf("not escaped: %s", document(about("h", words)))
	}
}

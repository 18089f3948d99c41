package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchwave/connectors"
)

// wire stands for the internet: what goes to a name of wireHosts goes to its handler,
// everything else over the network.
type wire struct {
	mu       sync.Mutex
	handlers map[string]http.HandlerFunc
	network  http.RoundTripper
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	h := w.handlers[req.URL.Host]
	w.mu.Unlock()
	if h == nil {
		return w.network.RoundTrip(req)
	}
	if req.URL.Scheme != "https" {
		return nil, errors.New("not over TLS")
	}
	rec := httptest.NewRecorder()
	h(rec, req)
	return rec.Result(), nil
}

func (w *wire) set(t *testing.T, host string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handlers[host] = h
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.handlers, host)
	})
}

// The first Post of a process decides what is behind http.DefaultClient: here it is
// made once for all tests.
var (
	internet = &wire{handlers: map[string]http.HandlerFunc{}, network: newTransport()}
	quick    = newPost(Options{Tries: 2, Pause: 5 * time.Millisecond}, internet)
)

func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		_ = os.Setenv(name, "http://127.0.0.1:1") // nobody asks it
	}
	goleak.VerifyTestMain(m)
}

// secret is an address as tests know it.
type secret string

func (s secret) Reveal(context.Context) ([]byte, error) { return []byte(s), nil }
func (s secret) Ref() string                            { return "file:ops" }
func (s secret) String() string                         { return "(sensitive)" }

var _ connectors.Secret = secret("")

const canary = "canary-7f3a-0123456789abcdef"

// kindsOfURL are addresses with a canary in each of their secret places.
func kindsOfURL(host string) map[string]string {
	return map[string]string{
		"generic":     "generic://" + host + "/hook/" + canary + "?disabletls=yes",
		"generic url": "generic+http://" + host + "/hook/" + canary,
		"template":    "generic://" + host + "/hook/" + canary + "?disabletls=yes&template=json&@authorization=" + canary,
		"mattermost":  "mattermost://bot@" + host + "/" + canary + "?disabletls=yes",
		"gotify":      "gotify://" + host + "/Acanary7f3a0123?disabletls=yes",
		"ntfy":        "ntfy://user:" + canary + "@" + host + "/" + canary + "?scheme=http",
	}
}

// TestDeadReceivers: whatever a receiver does, the sender comes back in its time, and
// says what happened without a word of the address or of the answer.
func TestDeadReceivers(t *testing.T) {
	ended := make(chan struct{})
	dead := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	for name, tc := range map[string]struct {
		host string
		want string
	}{
		"hangs":  {dead(func(http.ResponseWriter, *http.Request) { <-ended }), "it did not answer in time"},
		"drips":  {dead(func(w http.ResponseWriter, _ *http.Request) { drip(w, ended) }), "it did not answer in time"},
		"closes": {dead(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "it closed the connection"},
		"500": {dead(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.URL.String(), http.StatusInternalServerError)
		}), "it answered with status 500"},
		"401": {dead(func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.String(), http.StatusUnauthorized) }), "it answered with status 401; is its url still right?"},
		"redirects": {dead(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere"+r.URL.Path, http.StatusTemporaryRedirect)
		}), "it answered with a redirection, which is not followed; put the final address into its url"},
		"floods":  {dead(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(w, zeros{}, 10<<20) }), "its answer is too long for one that takes notifications; is the url right?"},
		"refuses": {"127.0.0.1:1", "the connection was refused"},
	} {
		for kind, addr := range kindsOfURL(tc.host) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				post := quick
				if name == "hangs" || name == "drips" { // nobody waits ten seconds here
					post = newPost(Options{Timeout: 100 * time.Millisecond, Tries: 1}, internet)
				}
				err := post.Send(t.Context(), secret(addr), about("h", "no"))
				var f *SendError
				if !errors.As(err, &f) || f.Reason != tc.want {
					t.Errorf("%v, not %q", err, tc.want)
				}
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "7f3a") || strings.Contains(text, tc.host) {
					t.Errorf("it shows the address: %s", text)
				}
			})
		}
	}
	t.Cleanup(func() { close(ended) })
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// drip answers a byte at a time, for ever.
func drip(w http.ResponseWriter, ended <-chan struct{}) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			if _, err := w.Write([]byte(" ")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}
}

// TestTold: what a receiver gets, over the wire of its kind.
func TestTold(t *testing.T) {
	got := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type") + "\n" + string(b)
		_, _ = io.WriteString(w, "{}")
	}))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	for kind, want := range map[string]string{
		"generic":     "application/json\n{\"schema\":\"patchwave/notification/v1\",\"id\":\"r1/failed/ops\"",
		"generic url": "application/json\n{\"schema\":\"patchwave/notification/v1\",\"id\":\"r1/failed/ops\"",
		"template":    `"title":"patchwave: web-prod: 1 host failed"`,
		"mattermost":  "{\"text\":\"patchwave: `web-prod`: 1 host failed\\n",
		"gotify":      `"title": "patchwave: web-prod: 1 host failed"`,
		"ntfy":        "text/plain; charset=utf-8\nrun r1 (apply by root)",
	} {
		if err := quick.Send(t.Context(), secret(kindsOfURL(host)[kind]+"\n"), about("h", "@here")); err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if all := <-got; !strings.Contains(all, want) {
			t.Errorf("%s: no %q in %s", kind, want, all)
		}
	}
}

// TestLoud: that a host could not be taken back is told with the priority that wakes
// somebody.
func TestLoud(t *testing.T) {
	got := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- "Priority: " + r.Header.Get("Priority") + " " + string(b)
		_, _ = io.WriteString(w, "{}")
	}))
	defer s.Close()
	m := about("h", "no")
	m.Event = EventRollbackFailed
	m = m.sealed("r1")
	for kind, want := range map[string]string{"ntfy": "Priority: Max ", "gotify": `"priority": 8`} {
		if err := quick.Send(t.Context(), secret(kindsOfURL(strings.TrimPrefix(s.URL, "http://"))[kind]), m); err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if all := <-got; !strings.Contains(all, want) || !strings.Contains(all, "ROLLBACK FAILED") && kind != "ntfy" {
			t.Errorf("%s: no %q in %s", kind, want, all)
		}
	}
	l, err := mail.ReadMessage(strings.NewReader(written(t, m)))
	if err != nil {
		t.Fatal(err)
	}
	if l.Header.Get("Importance") != "high" || l.Header.Get("Subject") != "patchwave: ROLLBACK FAILED: web-prod: 1 host could not be taken back and must be looked at" {
		t.Errorf("%v", l.Header)
	}
}

// TestNoProxy: Slack's webhooks go over http.DefaultTransport, which asks no proxy of
// the environment once there is a Post.
func TestNoProxy(t *testing.T) {
	tr, ok := http.DefaultTransport.(*http.Transport)
	if !ok || tr.Proxy != nil {
		t.Errorf("%T asks a proxy", http.DefaultTransport)
	}
	text, _ := quick.chat.compose("slack", mustURL(t, "slack://hook:a-b-c@webhook"), about("h", "<!channel>"))
	if !strings.Contains(text, "`&lt;!channel&gt;`") {
		t.Errorf("%s", text)
	}
}

// TestHosted: receivers with an address of their own on the internet. Of some the
// library says that all is well whatever comes back.
func TestHosted(t *testing.T) {
	urls := map[string]struct{ url, host, fine, body string }{
		"telegram": {"telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=@ops", "api.telegram.org", `{"ok":true,"result":{}}`,
			`"text": "\u003cb\u003epatchwave: web-prod: 1 host failed\u003c/b\u003e\nrun \u003ccode`},
		"discord": {"discord://token7f3a@123456789012345678", "discord.com", "", "{\"content\":\"patchwave: `web-prod`: 1 host failed\\n"},
		"teams": {"teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=test.webhook.office.com",
			"test.webhook.office.com", "1", `"text":"patchwave: web&#45;prod`},
	}
	for kind, tc := range urls {
		t.Run(kind, func(t *testing.T) {
			var body string
			internet.set(t, tc.host, func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				body = string(b)
				if kind == "discord" {
					w.WriteHeader(http.StatusNoContent)
				}
				_, _ = io.WriteString(w, tc.fine)
			})
			if err := quick.Send(t.Context(), secret(tc.url), about("h", "no")); err != nil {
				t.Errorf("%v", err)
			}
			if !strings.Contains(body, strings.ReplaceAll(tc.body, "&#45;", "-")) {
				t.Errorf("no %q in %s", tc.body, body)
			}
			for what, h := range map[string]http.HandlerFunc{
				"an error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusNotFound) },
				"no JSON": func(w http.ResponseWriter, _ *http.Request) {
					_, _ = io.WriteString(w, "<html>delivery failed with error</html>")
				},
			} {
				if kind == "discord" && what == "no JSON" {
					continue // its status says all
				}
				internet.set(t, tc.host, h)
				err := quick.Send(t.Context(), secret(tc.url), about("h", "no"))
				if err == nil {
					t.Errorf("%s is taken for success", what)
				} else if strings.Contains(err.Error(), "AAHdq") || strings.Contains(err.Error(), "V2ESyij") {
					t.Errorf("it shows the token: %v", err)
				}
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for addr, want := range map[string]string{
		"":                                   "its url is none; it looks like slack://…, smtp://… or generic://…",
		canary:                               "its url is none; it looks like slack://…, smtp://… or generic://…",
		"carrier-pigeon://" + canary + "@x":  "the kind of its url is none that is known",
		"smtp://u:" + canary + "@127.0.0.1/": "its url has no valid from=ADDRESS",
		"smtp://u:" + canary + "@127.0.0.1/?from=a@example.net":                               "its url has no valid to=ADDRESS",
		"smtp://u:" + canary + "@127.0.0.1/?from=a@example.net&to=b@example.net&encryption=x": "the encryption in its url is not Auto, ExplicitTLS, ImplicitTLS or None",
		"slack://" + canary: "its url is not complete for its kind",
	} {
		err := quick.Send(t.Context(), secret(addr), about("h", "no"))
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, not %q", addr, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := quick.Send(ctx, secret("generic://127.0.0.1:1/x?disabletls=yes"), about("h", "no")); err == nil {
		t.Error("a context that has ended is no failure")
	}
}

func mustURL(t interface{ Fatalf(string, ...any) }, s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return u
}

package health

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"patchwave/connectors/framing"
	"patchwave/inventory"
	"patchwave/policies"
)

// text is a text that names the host in place of a star.
type text string

func (x text) Render(s policies.Subject) (string, error) {
	if s.Host == nil && strings.Contains(string(x), "*") {
		return "", fmt.Errorf("write out %q: it has no value", string(x))
	}
	if s.Host == nil {
		return string(x), nil
	}
	return strings.ReplaceAll(string(x), "*", s.Host.Name), nil
}
func (x text) Constant() (string, bool) { return string(x), !strings.Contains(string(x), "*") }
func (x text) String() string           { return string(x) }

// say writes; a client that has had enough does not matter.
func say(w io.Writer, s string) { _, _ = io.WriteString(w, s) }

// site is a web server with one page of each kind.
func site() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/well", func(w http.ResponseWriter, _ *http.Request) { say(w, "all is well") })
	mux.HandleFunc("/ill", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "\x1b[2Jill", http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/well", http.StatusFound) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		say(w, strings.Repeat("x", 2*maxBody))
		say(w, "end")
	})
	return mux
}

func TestHTTPFromHere(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	plain, secure := httptest.NewServer(site()), httptest.NewTLSServer(site())
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	pool := x509.NewCertPool()
	pool.AddCert(secure.Certificate())
	tests := []struct {
		name, url, body string
		status          []int
		roots           *x509.CertPool
		ok              bool
		detail          string
	}{
		{"well", plain.URL + "/well", "well", []int{200}, nil, true, "status 200"},
		{"any page", plain.URL + "/well", "", []int{204, 200}, nil, true, "status 200"},
		{"another page", plain.URL + "/well", "wonderful", []int{200}, nil, false, "status 200, and the page does not contain what it must"},
		{"a bad status", plain.URL + "/ill", "", []int{200, 204}, nil, false, "status 503, and 200, 204 is good"},
		{"that status is wanted", plain.URL + "/ill", "", []int{503}, nil, true, "status 503"},
		{"a redirect is not followed", plain.URL + "/away", "", []int{200}, nil, false, "status 302, and 200 is good; redirects are not followed"},
		{"a redirect is wanted", plain.URL + "/away", "", []int{302}, nil, true, "status 302"},
		{"the end of a long page is not looked at", plain.URL + "/long", "end", []int{200}, nil, false, "does not contain"},
		{"an authority that is trusted", secure.URL + "/well", "well", []int{200}, pool, true, "status 200"},
		{"one that is not", secure.URL + "/well", "well", []int{200}, nil, false, "no answer: tls: failed to verify certificate"},
		{"nobody there", "http://127.0.0.1:1/", "", []int{200}, nil, false, "no answer: dial tcp 127.0.0.1:1: "},
		{"no URL", "http://[::1", "", []int{200}, nil, false, "the URL cannot be asked for: "},
		{"no value", "http://*/", "", []int{200}, nil, false, "it has no value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Prober{Roots: tt.roots}
			res, err := p.Run(t.Context(), policies.Probe{Kind: policies.ProbeHTTP, Name: "front", URL: text(tt.url), Status: tt.status, Body: tt.body, On: policies.OnController})
			if err != nil || res.OK != tt.ok || !strings.Contains(res.Detail, tt.detail) || strings.Contains(res.Detail, plain.URL) {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
	res, err := Prober{Subject: policies.Subject{Host: &inventory.Host{Name: "well"}}}.Run(t.Context(),
		policies.Probe{Kind: policies.ProbeHTTP, URL: text(plain.URL + "/*"), Status: []int{200}, On: policies.OnController})
	if err != nil || !res.OK {
		t.Errorf("with the host in it: %+v, %v", res, err)
	}
}

// TestHTTPBecomesTrue: a page is asked for until it is good.
func TestHTTPBecomesTrue(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 2 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(s.Close)
	res, err := Prober{}.Run(t.Context(), policies.Probe{Kind: policies.ProbeHTTP, URL: text(s.URL), Status: []int{200}, Within: time.Minute, On: policies.OnController})
	if err != nil || !res.OK || asked != 2 {
		t.Errorf("%+v after %d, %v", res, asked, err)
	}
}

// TestHTTPThatHangs ends, and an operator who has had enough is told nothing false.
func TestHTTPThatHangs(t *testing.T) {
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(stop) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	res, err := Prober{}.Run(ctx, policies.Probe{Kind: policies.ProbeHTTP, URL: text(s.URL), Status: []int{200}, On: policies.OnController})
	if err == nil || res.Detail != "" {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestAnswer reads what curl and wget show.
func TestAnswer(t *testing.T) {
	tests := []struct {
		name, out, err string
		status         int
		body           string
		ok             bool
	}{
		{"curl", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nall is well", "", 200, "all is well", true},
		{"curl, HTTP/2", "HTTP/2 204 \r\n\r\n", "", 204, "", true},
		{"curl, a first answer that is none", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nA: b\r\n\r\nno", "", 404, "no", true},
		{"curl, a head that breaks off", "HTTP/1.1 200 OK\r\nA: b", "curl: (18) transfer closed", 200, "", true},
		{"curl, nobody there", "", "curl: (7) Failed to connect", 0, "", false},
		{"wget", "all is well", "  HTTP/1.1 200 OK\n  A: b\n", 200, "all is well", true},
		{"wget, not followed", "", "  HTTP/1.1 302 Found\n  Location: /x\n0 redirections exceeded.\n", 302, "", true},
		{"a page that looks like a head", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 500 No\r\n\r\n", "", 200, "HTTP/1.1 500 No\r\n\r\n", true},
		{"a page that is none", "<html>HTTP/1.1 200 OK</html>", "", 0, "", false},
	}
	for _, tt := range tests {
		status, body, ok := answer(framing.Frame{Out: []byte(tt.out), Err: []byte(tt.err)})
		if status != tt.status || string(body) != tt.body || ok != tt.ok {
			t.Errorf("%s: %d %q %v", tt.name, status, body, ok)
		}
	}
}

// TestHTTPFromThere: with whatever client this machine has.
func TestHTTPFromThere(t *testing.T) {
	s := httptest.NewServer(site())
	t.Cleanup(s.Close)
	for name, argv := range shells(t) {
		for _, client := range []string{"curl", "wget", "none"} {
			// only that client is there
			only := "pw_has() { [ \"$1\" = " + client + " ] && command -v \"$1\" >/dev/null 2>&1; }\nexport http_proxy=http://127.0.0.1:1\n"
			p := Prober{Session: shell{t: t, argv: argv, override: only}, Host: "a"}
			for path, want := range map[string]string{"/well?a=$(id)&b='": "status 200", "/ill": "status 503, and 200 is good", "/away": "status 302, and 200 is good; redirects are not followed"} {
				res, err := p.Run(t.Context(), policies.Probe{Kind: policies.ProbeHTTP, URL: text(s.URL + path), Status: []int{200}, Body: "", On: policies.OnHost})
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(res.Detail, "neither curl nor wget is there") {
					t.Logf("%s has no %s", name, client)
					continue
				}
				if res.Detail != want || res.OK != (want == "status 200") {
					t.Errorf("%s, %s, %s: %+v", name, client, path, res)
				}
			}
		}
	}
	res, err := Prober{Session: shell{t: t, argv: []string{"sh", "-s"}}}.Run(t.Context(), policies.Probe{Kind: policies.ProbeHTTP, URL: text("http://*/"), On: policies.OnHost})
	if err != nil || res.OK || !strings.Contains(res.Detail, "no value") {
		t.Errorf("%+v, %v", res, err)
	}
}

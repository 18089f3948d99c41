package health

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors/framing"
	"patchwave/policies"
)

const (
	// maxBody is how much of a page is looked at, in bytes.
	maxBody = 1 << 20
	// pageTimeout bounds one request.
	pageTimeout = 20 * time.Second
)

// get asks for a page from the controller. No proxy of the environment is used, no
// redirect is followed, and certificates are verified: what is asked is this host,
// not what stands before it.
func (p Prober) get(ctx context.Context, probe policies.Probe) (bool, string, error) {
	to, err := probe.URL.Render(p.Subject)
	if err != nil {
		return untrue(err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to, nil)
	if err != nil {
		return untrue("the URL cannot be asked for: " + cause(err))
	}
	req.Header.Set("User-Agent", "patchwave")
	dial := p.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	transport := &http.Transport{Proxy: nil, DialContext: dial, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig: &tls.Config{RootCAs: p.Roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return untrue("no answer: " + cause(err))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return false, fmt.Sprintf("status %d, and the page breaks off: %s", resp.StatusCode, cause(err)), nil
	}
	ok, detail := page(probe, resp.StatusCode, body)
	return ok, detail, nil
}

// cause is an error of the network without the URL, which the operator knows.
func cause(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return clean(err.Error())
}

// page says whether an answer is good. What a page says is not repeated: it may be
// long, and it may be anything.
func page(probe policies.Probe, status int, body []byte) (bool, string) {
	said := fmt.Sprintf("status %d", status)
	switch {
	case !slices.Contains(probe.Status, status):
		var good []string
		for _, s := range probe.Status {
			good = append(good, strconv.Itoa(s))
		}
		said += ", and " + strings.Join(good, ", ") + " is good"
		if status >= 300 && status < 400 {
			said += "; redirects are not followed"
		}
		return false, said
	case !bytes.Contains(body, []byte(probe.Body)):
		return false, said + ", and the page does not contain what it must"
	default:
		return true, said
	}
}

// statusLine begins an answer, as curl and wget show it.
var statusLine = regexp.MustCompile(`(?m)^ *HTTP/[0-9.]+ ([1-5][0-9]{2})\b`)

// getThere asks for a page from the host itself.
func (p Prober) getThere(ctx context.Context, probe policies.Probe) (bool, string, error) {
	to, err := probe.URL.Render(p.Subject)
	if err != nil {
		return untrue(err.Error())
	}
	f, why, err := p.frame(ctx, map[string]string{"kind": string(probe.Kind), "name": probe.Name, "url": to}, false, 2<<20)
	if err != nil || why != "" {
		return false, why, err
	}
	status, body, ok := answer(f)
	if !ok {
		said := f.ErrLines()
		if f.RC != 0 { // PowerShell has no second stream
			said = append(said, f.Lines()...)
		}
		return false, "no answer: " + clean(strings.TrimSpace(strings.Join(said, " "))), nil
	}
	good, detail := page(probe, status, body)
	return good, detail, nil
}

// answer reads a page that curl or wget brought. The head is on standard output
// before the page, or on standard error.
func answer(f framing.Frame) (status int, body []byte, ok bool) {
	body = f.Out
	for {
		m := statusLine.FindSubmatchIndex(body)
		if m == nil || m[0] != 0 {
			break
		}
		status, _ = strconv.Atoi(string(body[m[2]:m[3]])) // three digits
		head := bytes.Index(body, []byte("\r\n\r\n"))
		if head < 0 {
			return status, nil, true
		}
		body = body[head+4:]
		if status >= 200 {
			return status, body[:min(len(body), maxBody)], true
		}
	}
	if m := statusLine.FindAllSubmatch(f.Err, -1); m != nil {
		status, _ = strconv.Atoi(string(m[len(m)-1][1])) // as above
		return status, body[:min(len(body), maxBody)], true
	}
	return 0, nil, false
}

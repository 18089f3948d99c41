package proxmox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/engine/restore"
)

// How much is read of an answer, and how long one may take.
const (
	maxBody     = 4 << 20
	requestTime = 60 * time.Second
)

// apiError is an answer that is none: its status, and what it says.
type apiError struct {
	status int
	why    string
}

func (e *apiError) Error() string { return e.why }

// client asks the API. Nothing of the token is in its errors.
type client struct {
	base  *url.URL
	token connectors.Secret
	http  *http.Client
}

// newClient makes a client of its own for an operation; close ends its connections.
func newClient(s Settings) (*client, error) {
	base, err := url.Parse(s.URL)
	if err != nil || base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("url of provider %q is not that of a Proxmox API: write it as https://pve1.example.net:8006", s.Name)
	}
	if s.Token == nil {
		return nil, fmt.Errorf("provider %q has no token: give it one of the form USER@REALM!NAME=UUID", s.Name)
	}
	trusted, err := trust(s)
	if err != nil {
		return nil, err
	}
	return &client{base: base, token: s.Token, http: &http.Client{
		Transport: &http.Transport{TLSClientConfig: trusted, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
			TLSHandshakeTimeout: requestTime, ResponseHeaderTimeout: requestTime}, // and no proxy
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       requestTime,
	}}, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// trust is whom the client believes to be the API.
func trust(s Settings) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	switch {
	case s.Fingerprint != "":
		want, err := hex.DecodeString(strings.TrimPrefix(strings.ToLower(s.Fingerprint), "sha256:"))
		if err != nil || len(want) != sha256.Size {
			return nil, fmt.Errorf("server_fingerprint of provider %q is not sha256: and 64 hex digits", s.Name)
		}
		c.InsecureSkipVerify = true // verified below: the pinned certificate alone is trusted
		c.VerifyConnection = func(state tls.ConnectionState) error {
			got := sha256.Sum256(state.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare(got[:], want) == 0 {
				return fmt.Errorf("its certificate is sha256:%s, which is not the server_fingerprint of the configuration", hex.EncodeToString(got[:]))
			}
			return nil
		}
	case s.CAFile != "":
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file of provider %q: %w", s.Name, err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file of provider %q, %s, holds no certificate", s.Name, s.CAFile)
		}
	}
	return c, nil
}

// do asks one thing. path has its parts escaped; into is what "data" is read into.
func (c *client) do(ctx context.Context, method, path string, form url.Values, into any) error {
	target := strings.TrimSuffix(c.base.String(), "/") + "/api2/json" + path
	var body io.Reader
	if len(form) > 0 && method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return errors.New("the request cannot be written")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if err := c.login(ctx, req); err != nil {
		return err
	}
	res, err := c.http.Do(req)
	req.Header.Del("Authorization")
	if err != nil {
		return c.lost(ctx, err)
	}
	defer func() { _ = res.Body.Close() }() // all that counts has been read
	text, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return c.lost(ctx, err)
	}
	if len(text) > maxBody {
		return &apiError{why: fmt.Sprintf("%s answers with more than %d MiB", c.base.Host, maxBody>>20)}
	}
	if res.StatusCode != http.StatusOK {
		return c.refused(res, text)
	}
	answer := struct {
		Data json.RawMessage `json:"data"`
	}{}
	if err := json.Unmarshal(text, &answer); err != nil {
		return &apiError{why: c.base.Host + " does not answer as the API of Proxmox VE does"}
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		return &apiError{why: c.base.Host + " answers with something else than the API of Proxmox VE has there"}
	}
	return nil
}

// login sets the header that says who asks.
func (c *client) login(ctx context.Context, req *http.Request) error {
	token, err := c.token.Reveal(ctx)
	if err != nil {
		return fmt.Errorf("token of the Proxmox API: %w", err)
	}
	defer clear(token)
	trimmed := bytes.TrimSpace(token)
	if bytes.IndexByte(trimmed, '!') < 1 || bytes.IndexByte(trimmed, '=') < 1 || bytes.ContainsFunc(trimmed, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("the token %s is not of the form USER@REALM!NAME=UUID", c.token.Ref())
	}
	req.Header.Set("Authorization", "PVEAPIToken="+string(trimmed))
	return nil
}

// lost is an answer that did not come.
func (c *client) lost(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		err = inner.Err // without the address, which is named already
	}
	return &lostError{fmt.Sprintf("%s cannot be asked: %s", c.base.Host, restore.Line(err.Error()))}
}

// lostError says that nothing is known of what came of a request.
type lostError struct{ why string }

func (e *lostError) Error() string { return e.why }

// refused is an answer with another status than that of success.
func (c *client) refused(res *http.Response, text []byte) error {
	e := &apiError{status: res.StatusCode}
	said := reason(res, text)
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400:
		e.why = c.base.Host + " sends on to another address, which is never followed with a token; write the address of the API itself in url"
	case res.StatusCode == http.StatusUnauthorized:
		e.why = fmt.Sprintf("%s does not accept the token %s: %s", c.base.Host, c.token.Ref(), said)
	case res.StatusCode == http.StatusForbidden:
		e.why = fmt.Sprintf("the token %s may not do that on %s: %s; it needs VM.Audit, VM.Snapshot, VM.Snapshot.Rollback and VM.PowerMgmt on the machine, also where its privileges are separated", c.token.Ref(), c.base.Host, said)
	default:
		e.why = said
	}
	return e
}

// reason is what the API says of an error: its words stand in the status line, those
// about parameters in the body.
func reason(res *http.Response, text []byte) string {
	said := restore.Line(strings.TrimSpace(res.Status))
	body := struct {
		Errors map[string]string `json:"errors"`
	}{}
	if json.Unmarshal(text, &body) == nil {
		for name, why := range body.Errors {
			return restore.Line(said + " (" + name + ": " + strings.TrimSpace(why) + ")")
		}
	}
	return said
}

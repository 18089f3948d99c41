package notify

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"

	"patchwave/engine/report/safe"
)

// mailer tells receivers by mail. The URL is that of shoutrrr's smtp service:
// smtp://USER:PASSWORD@HOST:PORT/?from=ADDRESS&to=ADDRESS,ADDRESS; encryption is
// ExplicitTLS (STARTTLS, which must succeed), ImplicitTLS, None or Auto: implicit on
// port 465, else explicit.
type mailer struct {
	timeout time.Duration
	// roots are the authorities that are trusted; nil is those of the system.
	roots *x509.CertPool
}

// The ports of mail.
const (
	portSubmission = 587
	portImplicit   = 465
)

func (s *mailer) send(ctx context.Context, u *url.URL, m Message) error {
	msg, err := letter(u, m)
	if err != nil {
		return err
	}
	var line held
	defer line.close()
	defer context.AfterFunc(ctx, line.close)()
	c, err := s.client(u, &line)
	if err != nil {
		return err
	}
	return c.DialAndSendWithContext(ctx, msg)
}

// held is the connection to a mail server: the library leaves it open when something
// goes wrong, and does not look at the context once it is made.
type held struct {
	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (h *held) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.conn != nil {
		_ = h.conn.Close() // nothing is written any more
	}
}

// dial connects; with a configuration it speaks TLS from the first byte.
func (h *held) dial(config *tls.Config) mail.DialContextFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		h.mu.Lock()
		h.conn = c
		closed := h.closed
		h.mu.Unlock()
		if closed {
			h.close()
			return nil, context.Canceled
		}
		if config == nil {
			return c, nil
		}
		t := tls.Client(c, config)
		return t, t.HandshakeContext(ctx)
	}
}

// letter writes the mail. What goes into a header is one line of harmless text.
func letter(u *url.URL, m Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	from := value(u, "fromaddress", "from")
	if err := msg.FromFormat(safe.Text(value(u, "fromname")), from); err != nil {
		return nil, final("its url has no valid from=ADDRESS")
	}
	if err := msg.To(strings.Split(value(u, "toaddresses", "to"), ",")...); err != nil {
		return nil, final("its url has no valid to=ADDRESS")
	}
	sum := sha256.Sum256([]byte(m.ID))
	_, domain, _ := strings.Cut(from, "@")
	msg.SetMessageIDWithValue("patchwave-" + hex.EncodeToString(sum[:16]) + "@" + domain) // the same each time, so that it is shown once
	msg.SetDateWithValue(m.At)
	msg.SetUserAgent("patchwave")
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Patchwave-Notification", safe.Text(m.ID))
	if m.Event == EventRollbackFailed {
		msg.SetImportance(mail.ImportanceHigh)
	}
	msg.Subject(m.Title)
	msg.SetBodyString(mail.TypeTextPlain, Render(Plain, m).Body+"\n")
	return msg, nil
}

func (s *mailer) client(u *url.URL, line *held) (*mail.Client, error) {
	port := portSubmission
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, final("the port in its url is none")
		}
		port = n
	}
	config := &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, RootCAs: s.roots}
	opts := []mail.Option{mail.WithPort(port), mail.WithTimeout(s.timeout), mail.WithoutNoop(), mail.WithTLSConfig(config)}
	if name := value(u, "clienthost"); name != "" {
		opts = append(opts, mail.WithHELO(name))
	}
	switch enc := strings.ToLower(value(u, "encryption")); {
	case enc == "implicittls", (enc == "" || enc == "auto") && port == portImplicit:
		// the connection is TLS already, and the server offers no other
		opts = append(opts, mail.WithTLSPolicy(mail.TLSOpportunistic), mail.WithDialContextFunc(line.dial(config)))
	case enc == "none":
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS), mail.WithDialContextFunc(line.dial(nil)))
	case enc == "", enc == "auto", enc == "explicittls":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithDialContextFunc(line.dial(nil)))
	default:
		return nil, final("the encryption in its url is not Auto, ExplicitTLS, ImplicitTLS or None")
	}
	if u.User != nil && u.User.Username() != "" {
		password, _ := u.User.Password()
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	c, err := mail.NewClient(u.Hostname(), opts...)
	if err != nil {
		return nil, final("its url is not complete for a mail server")
	}
	return c, nil
}

// value is an argument of a URL by any of its names, which are in lower case.
func value(u *url.URL, names ...string) string {
	for key, values := range u.Query() {
		for _, n := range names {
			if strings.EqualFold(key, n) && len(values) > 0 {
				return strings.TrimSpace(values[0])
			}
		}
	}
	return ""
}

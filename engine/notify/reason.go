package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/wneessen/go-mail"
)

// SendError is why a receiver was not told. It is safe to print and to store: it has
// no word of the receiver's, of its address or of a library.
type SendError struct {
	// Reason says what happened and, where there is something, what to do.
	Reason string
	// Final says that it makes no sense to try again at once; it may later, when
	// somebody has mended it.
	Final bool
}

func (f *SendError) Error() string { return f.Reason }

func final(reason string) *SendError { return &SendError{Reason: reason, Final: true} }
func again(reason string) *SendError { return &SendError{Reason: reason} }

// What the ways to a receiver find out themselves.
var (
	errRedirected = errors.New("redirected")
	errTooMuch    = errors.New("too much")
	errNotTaken   = errors.New("not taken")
)

// Reason turns any error into a SendError. Libraries put the address, and with it the
// secret, into their errors, and some of them the receiver's answer: so what is said
// is chosen here and nothing is copied.
func Reason(err error) *SendError {
	var f *SendError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	}
	if f := byType(err); f != nil {
		return f
	}
	return byText(err.Error())
}

// byType knows errors that kept their type.
func byType(err error) *SendError {
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var dns *net.DNSError
	var sent *mail.SendError
	var said *textproto.Error
	switch {
	case errors.As(err, &sent) && sent.ErrorCode() >= 400:
		return byCode(sent.ErrorCode())
	case errors.As(err, &said):
		return byCode(said.Code)
	case errors.Is(err, errRedirected):
		return final("it answered with a redirection, which is not followed; put the final address into its url")
	case errors.Is(err, errTooMuch):
		return final("its answer is too long for one that takes notifications; is the url right?")
	case errors.Is(err, errNotTaken):
		return again("it answered, and did not take the message")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return again("it did not answer in time")
	case errors.Is(err, context.Canceled):
		return again("there was no time left to tell it")
	case errors.Is(err, syscall.ECONNREFUSED):
		return again("the connection was refused")
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid), errors.As(err, &verify):
		return final("its certificate cannot be verified")
	case errors.As(err, &dns):
		return again("its name cannot be resolved")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		return again("it closed the connection")
	default:
		return nil
	}
}

// byText knows the words of errors that some libraries make text of.
func byText(text string) *SendError {
	for _, known := range []struct {
		words   string
		failure *SendError
	}{
		{errRedirected.Error(), byType(errRedirected)},
		{errTooMuch.Error(), byType(errTooMuch)},
		{"connection refused", again("the connection was refused")},
		{"connection reset", again("it closed the connection")},
		{"EOF", again("it closed the connection")},
		{"no such host", again("its name cannot be resolved")},
		{"certificate", final("its certificate cannot be verified")},
		{"STARTTLS", final("it offers no STARTTLS; a mail server without it needs encryption=None in its url")},
		{"request canceled", again("it did not answer in time")},
		{"context canceled", again("it did not answer in time")},
		{"deadline exceeded", again("it did not answer in time")},
		{"timeout", again("it did not answer in time")},
		{"timed out", again("it did not answer in time")},
		{"unknown service", final("the kind of its url is none that is known")},
		{"failed to initialize service", final("its url is not complete for its kind")},
		{"invalid webhook", final("its url is not complete for its kind")},
	} {
		if strings.Contains(text, known.words) {
			return known.failure
		}
	}
	if status := regexp.MustCompile(`\b([345]\d\d) [A-Z][A-Za-z-]+`).FindStringSubmatch(text); status != nil {
		return byStatus(status[1])
	}
	return again("it was not told; the library's words are not shown, because they may hold its address")
}

// byCode says what a code of SMTP means.
func byCode(code int) *SendError {
	switch {
	case code == 535 || code == 534 || code == 530:
		return final("the mail server refused the login (" + strconv.Itoa(code) + ")")
	case code < 500:
		return again("the mail server put it off (" + strconv.Itoa(code) + ")")
	default:
		return final("the mail server refused it (" + strconv.Itoa(code) + "); are the addresses in its url right?")
	}
}

// byStatus says what a status of HTTP means; it has three digits.
func byStatus(code string) *SendError {
	reason := "it answered with status " + code
	switch {
	case code == "401" || code == "403" || code == "404" || code == "410":
		return final(reason + "; is its url still right?")
	case code == "408" || code == "429" || code[0] == '5':
		return again(reason)
	default:
		return final(reason)
	}
}

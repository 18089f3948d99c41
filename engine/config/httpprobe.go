package config

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchwave/policies"
)

// httpProbe reads a request and what its answer must be: status 200 unless it
// says otherwise.
func (b *block) httpProbe(p *policies.Probe) {
	in := hostScope
	if p.On == policies.OnController {
		in = declaredScope("this request")
	}
	if t, ok := b.template("url", in); ok {
		p.URL = t
		b.checkURL(t)
	}
	p.Status = b.statuses()
	p.Body, _ = b.nonEmpty("body")
}

// checkURL looks at as much of a URL as is known now.
func (b *block) checkURL(t policies.Text) {
	s, constant := t.Constant()
	if !constant {
		s = t.String()
	}
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		if constant || !strings.HasPrefix(s, "${") {
			b.l.fail(b.place("url"), "url begins with neither http:// nor https://", "Write it whole: \"https://${host.address}/healthz\".")
		}
		return
	}
	if !constant {
		return
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		b.l.fail(b.place("url"), fmt.Sprintf("%q is no URL", s), "Write it whole: \"https://${host.address}/healthz\".")
		return
	}
	if _, password := u.User.Password(); password {
		b.l.failSecret(b.place("url"), "a password stands in the URL", "A secret never stands in the configuration.")
	}
}

// statuses reads the status codes that are good.
func (b *block) statuses() []int {
	values, ok := b.list("status")
	if !ok {
		return []int{http.StatusOK}
	}
	if len(values) == 0 {
		b.l.fail(b.place("status"), "status is empty", "No answer would be good; leave the argument out.")
	}
	var out []int
	for _, v := range values {
		n, ok := wholeNumber(v.value)
		if !ok || n < 100 || n > 599 {
			b.l.fail(v.at, "each element of status must be a status code", "Write a number from 100 to 599.")
			continue
		}
		out = append(out, n)
	}
	return out
}

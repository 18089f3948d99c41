package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// chat tells receivers through shoutrrr.
type chat struct {
	guard *guard
	// shared is the guard behind http.DefaultClient.
	shared *guard
}

// once guards http.DefaultClient, which several of shoutrrr's services use and which
// they let nobody choose.
var once sync.Once //nolint:gochecknoglobals // what it protects is global

// newChat makes http.DefaultClient of this process speak through the guard; nothing
// else in patchwave uses it. Slack's webhooks go over http.DefaultTransport, which
// is made to take no proxy from the environment.
func newChat(g *guard) *chat {
	once.Do(func() {
		*http.DefaultClient = *g.client()
		if t, ok := http.DefaultTransport.(*http.Transport); ok {
			t.Proxy = nil
		}
	})
	shared, ok := http.DefaultClient.Transport.(*guard)
	if !ok {
		shared = g // somebody took it away; what it watched over is then not believed
	}
	return &chat{g, shared}
}

// send tells one receiver. shoutrrr takes no context: the guard's timeout ends it.
func (c *chat) send(u *url.URL, m Message) error {
	kind := kindOf(u)
	text, params := c.compose(kind, u, m)
	service, err := (&router.ServiceRouter{}).Locate(u.String())
	if err != nil {
		return err
	}
	c.outfit(service)
	w := watchOf(kind, u)
	if w != nil {
		c.shared.add(w)
		defer c.shared.remove(w)
	}
	if err := service.Send(text, &params); err != nil {
		return err
	}
	if w != nil {
		return c.shared.outcome(w)
	}
	return nil
}

// compose writes the message for a kind of receiver, and completes its URL. The
// parameters win over what the URL says, so that no URL can switch a format on that
// the text was not written for.
func (c *chat) compose(kind string, u *url.URL, m Message) (string, types.Params) {
	q := u.Query()
	defer func() { u.RawQuery = q.Encode() }()
	switch kind {
	case "generic":
		if q.Get("template") != "" {
			return Render(Plain, m).Body, types.Params{"title": m.Title}
		}
		q.Set("@Content-Type", "application/json")
		q.Set("@Accept", "*/*")
		return document(m), types.Params{}
	case "slack":
		return Render(Slack, m).Body, types.Params{}
	case "mattermost":
		return Render(Markdown, m).Body, types.Params{}
	case "discord":
		return Render(Markdown, m).Body, types.Params{"splitLines": "No", "json": "No"}
	case "teams":
		return Render(Teams, m).Body, types.Params{}
	case "telegram":
		// it puts a title of its own above the text, and escapes that itself
		title, _, _ := strings.Cut(Render(Strict, m).Body, "\n")
		_, body, _ := strings.Cut(Render(HTML, m).Body, "\n")
		return body, types.Params{"parsemode": "HTML", "preview": "No", "title": title}
	case "ntfy":
		return Render(Plain, m).Body, loud(m, types.Params{"title": m.Title}, "max")
	case "gotify":
		if q.Has("extras") { // they can make Markdown of it
			return Render(Strict, m).Body, loud(m, types.Params{"title": m.Title}, "8")
		}
		return Render(Plain, m).Body, loud(m, types.Params{"title": m.Title}, "8")
	default:
		return Render(Strict, m).Body, types.Params{}
	}
}

// loud gives the loudest event the priority that wakes somebody.
func loud(m Message, p types.Params, priority string) types.Params {
	if m.Event == EventRollbackFailed {
		p["priority"] = priority
	}
	return p
}

// document is what a generic webhook gets.
func document(m Message) string {
	b, err := json.Marshal(m)
	if err != nil {
		return "{}" // strings, numbers and times
	}
	return string(b)
}

// outfit makes a service that has a client of its own use ours.
func (c *chat) outfit(s types.Service) {
	if d, ok := s.(*discord.Service); ok {
		d.HTTPClient = c.guard.client()
	}
	if o, ok := s.(interface{ SetHTTPClient(*http.Client) }); ok {
		o.SetHTTPClient(c.guard.client())
	}
	if o, ok := s.(interface{ GetHTTPClient() *http.Client }); ok {
		if own := o.GetHTTPClient(); own != nil {
			*own = *c.guard.client()
		}
	}
}

// watchOf watches the answers of services whose library does not.
func watchOf(kind string, u *url.URL) *watch {
	switch kind {
	case "telegram":
		// it reports success where there was no answer, or none that it can read
		token := u.User.String()
		return &watch{fragment: "/bot" + token + "/", check: func(status int, body []byte) error {
			var answer struct {
				OK bool `json:"ok"`
			}
			if err := json.Unmarshal(body, &answer); err != nil || !answer.OK {
				if status >= 400 {
					return byStatus(fmt.Sprint(status))
				}
				return errNotTaken
			}
			return nil
		}}
	case "teams":
		// it says with status 200 that a message was not delivered
		last := u.Path[strings.LastIndex(u.Path, "/")+1:]
		return &watch{fragment: "/" + last, check: func(status int, body []byte) error {
			if strings.Contains(string(body), "failed") {
				return errNotTaken
			}
			return accepted(status, body)
		}}
	default:
		return nil
	}
}

// kindOf is the kind of receiver that a URL names: "generic" for generic+https too.
func kindOf(u *url.URL) string {
	kind, _, _ := strings.Cut(strings.ToLower(u.Scheme), "+")
	return kind
}

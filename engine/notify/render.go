package notify

import (
	"html"
	"slices"
	"strconv"
	"strings"

	"patchwave/engine/report/safe"
)

// Format is how a kind of receiver reads a text.
type Format int

// The formats.
const (
	// Plain is text that is shown as it is: mail, ntfy, gotify.
	Plain Format = iota
	// Strict is for receivers whose rules are not known here: foreign text is cut down
	// to characters that mean nothing anywhere.
	Strict
	// Slack is its mrkdwn, with the three characters that it wants escaped.
	Slack
	// Markdown is that of Mattermost and Discord.
	Markdown
	// Teams is the Markdown of a message card, which also reads HTML.
	Teams
	// HTML is Telegram's.
	HTML
)

// Formats are all of them.
func Formats() []Format { return []Format{Plain, Strict, Slack, Markdown, Teams, HTML} }

// maxForeign bounds a foreign piece, in columns.
const maxForeign = 200

// maxBody bounds a body in bytes: Telegram takes 4,096 and Discord 2,000 characters.
// Lines that do not fit are left out, but for the last, which has the id.
const maxBody = 1900

// Text is a message as one receiver reads it.
type Text struct {
	// Title is plain text on one line, for a subject or a header.
	Title string
	// Body ends without a line feed. In formats for chats it begins with the title.
	Body string
}

// Render writes a message in a format.
func Render(f Format, m Message) Text {
	t := Text{Title: safe.Truncate(render(Plain, m.head()), maxForeign)}
	lines := m.lines()
	if f != Plain {
		lines = slices.Insert(lines, 0, m.head())
	}
	last := render(f, lines[len(lines)-1])
	room := maxBody - len(last) - len(cut)
	var out []string
	for i, l := range lines {
		s := render(f, l)
		if i == len(lines)-1 {
			out = append(out, s)
			break
		}
		if room -= len(s) + 1; room < 0 {
			out = append(out, cut, last)
			break
		}
		out = append(out, s)
	}
	t.Body = strings.Join(out, "\n")
	return t
}

// cut stands for lines that were left out.
const cut = "(cut short)"

func render(f Format, l line) string {
	var b strings.Builder
	for _, p := range l {
		if p.foreign {
			b.WriteString(f.foreign(p.text))
		} else {
			b.WriteString(f.own(p.text))
		}
	}
	return b.String()
}

// own writes our own words: they have no Markdown in them, but may have a character
// that a format wants escaped.
func (f Format) own(s string) string {
	switch f {
	case Slack:
		return slack(s)
	case HTML, Teams:
		return html.EscapeString(s)
	default:
		return s
	}
}

// foreign writes what was said by somebody else.
func (f Format) foreign(s string) string {
	s = tame(safe.Truncate(s, maxForeign))
	if s == "" {
		s = "-"
	}
	switch f {
	case Strict:
		return strict(s)
	case Slack:
		return code(slack(unmention(s)))
	case Markdown:
		// Mattermost turns Slack's <!channel> into a mention before it reads Markdown
		return code(strings.NewReplacer("<", "‹", ">", "›").Replace(unmention(s)))
	case Teams:
		return entities(unmention(s))
	case HTML:
		return "<code>" + html.EscapeString(unmention(s)) + "</code>"
	default:
		return s
	}
}

// tame breaks what programs make into a link by themselves.
func tame(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "://"):
			b.WriteString("{:}")
		case s[i] == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"):
			b.WriteString("{.}")
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// unmention breaks what calls people.
func unmention(s string) string { return strings.ReplaceAll(s, "@", "{at}") }

// slack escapes the three characters that Slack reads, and no others: it knows no
// other references.
func slack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// code is a span in which Markdown means nothing; it ends with the first backtick.
func code(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" }

// strict keeps letters, digits and the little that names and versions need.
func strict(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,:;+-/={}%", r):
			return r
		case r > 0x7f:
			return r // safe.Text left letters and signs
		default:
			return '·'
		}
	}, s)
}

// entities writes every sign of ASCII as a character reference, which never is
// Markdown and never is HTML. Letters, digits, blanks and .,:- stay.
func entities(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > ' ' && r < 0x7f && !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-", r) {
			b.WriteString("&#")
			b.WriteString(strconv.Itoa(int(r)))
			b.WriteByte(';')
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

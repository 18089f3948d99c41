package winupdate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxList bounds the frame winupdate.list in bytes, maxUpdates what is read of it.
const (
	maxList    = 16 << 20
	maxUpdates = 2000
)

// answer is the frame winupdate.list.
type answer struct {
	Version        number        `json:"v"`
	Source         text          `json:"source"`
	Code           number        `json:"code"`
	Warnings       list[warning] `json:"warnings"`
	Error          *fault        `json:"error"`
	Hollow         number        `json:"hollow"`
	Cut            number        `json:"cut"`
	RebootRequired *flag         `json:"reboot_required"`
	BootID         text          `json:"boot_id"`
	LanguageMode   text          `json:"language_mode"`
	Updates        list[offer]   `json:"updates"`
	Choco          list[parcel]  `json:"choco"`
	ChocoError     text          `json:"choco_error"`
	Winget         *wingetSaid   `json:"winget"`
}

type warning struct {
	HResult text `json:"hresult"`
	Message text `json:"message"`
}

// fault is what the frame error, and a search that failed, say.
type fault struct {
	Phase   text `json:"phase"`
	HResult text `json:"hresult"`
	Message text `json:"message"`
}

// offer is one update as the update agent describes it.
type offer struct {
	ID            text           `json:"id"`
	Revision      number         `json:"rev"`
	Title         text           `json:"title"`
	KBs           list[text]     `json:"kb"`
	CVEs          list[text]     `json:"cve"`
	Severity      text           `json:"severity"`
	Categories    list[category] `json:"cats"`
	Size          number         `json:"size"`
	Published     text           `json:"published"`
	Type          number         `json:"type"`
	Hidden        flag           `json:"hidden"`
	Optional      flag           `json:"optional"`
	Beta          flag           `json:"beta"`
	Uninstallable flag           `json:"uninstallable"`
	EULA          *flag          `json:"eula"`
	Reboot        number         `json:"reboot"`
	Input         flag           `json:"input"`
	Supersedes    list[text]     `json:"supersedes"`
	Awaiting      flag           `json:"awaiting_reboot"`
}

type category struct {
	ID   text `json:"id"`
	Type text `json:"type"`
}

// parcel is a package of Chocolatey that is outdated.
type parcel struct {
	Name   text `json:"name"`
	From   text `json:"from"`
	To     text `json:"to"`
	Pinned flag `json:"pinned"`
}

// decode reads one line of JSON as Windows PowerShell writes it.
func decode(b []byte, into any) error {
	b = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(b), []byte("\xef\xbb\xbf")))
	return unmarshal(b, into)
}

func unmarshal(b []byte, into any) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("no JSON of its kind: %w", err)
	}
	return nil
}

// number is a whole number, or a string of one; what is none is 0.
type number int64

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (n *number) UnmarshalJSON(b []byte) error {
	*n = 0
	s := strings.TrimSpace(unquoted(b))
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = number(v)
	} else if f, err := strconv.ParseFloat(s, 64); err == nil && f > -1e15 && f < 1e15 {
		*n = number(f)
	}
	return nil
}

// flag is a truth, however it is written; what is none is false.
type flag bool

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (f *flag) UnmarshalJSON(b []byte) error {
	s := strings.TrimSpace(unquoted(b))
	*f = flag(strings.EqualFold(s, "true") || s == "1")
	return nil
}

// text is a string, or a number or truth in its place; what is none is "".
type text string

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	*t = text(unquoted(b))
	if len(b) > 0 && (b[0] == '{' || b[0] == '[' || b[0] == 'n') {
		*t = ""
	}
	return nil
}

func unquoted(b []byte) string {
	var s string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return ""
		}
		return s
	}
	return string(b)
}

// list is a list, one thing in its place, or the object with value and Count into
// which PowerShell 5.1 may turn a list.
type list[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *list[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	switch b = bytes.TrimSpace(b); {
	case len(b) == 0 || b[0] == 'n':
		return nil
	case b[0] == '[':
		var items []T
		if err := unmarshal(b, &items); err != nil {
			return err
		}
		*l = items
		return nil
	case b[0] == '{':
		var wrapped struct {
			Value json.RawMessage `json:"value"`
			Count *number         `json:"Count"`
		}
		if err := json.Unmarshal(b, &wrapped); err == nil && wrapped.Count != nil && len(wrapped.Value) > 0 && wrapped.Value[0] == '[' {
			return l.UnmarshalJSON(wrapped.Value)
		}
	}
	var one T
	if err := unmarshal(b, &one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

var ticks = regexp.MustCompile(`^/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/$`)

// moment reads a time as we, or PowerShell by itself, write it; else it is zero.
func moment(s text) time.Time {
	if m := ticks.FindStringSubmatch(string(s)); m != nil {
		if ms, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			return time.UnixMilli(ms).UTC()
		}
	}
	t, err := time.Parse(time.RFC3339, string(s))
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}
	}
	return t.UTC()
}

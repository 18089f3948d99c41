package wsman

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// The namespaces of requests and replies.
const (
	nsEnvelope   = "http://www.w3.org/2003/05/soap-envelope"
	nsAddressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	nsTransfer   = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
	nsWSMan      = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
	nsMicrosoft  = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
	nsShell      = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
	nsFault      = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
	nsIdentify   = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
)

const (
	anonymous = nsAddressing + "/role/anonymous"
	shellURI  = nsShell + "/cmd"
)

// maxDepth bounds the nesting of a request.
const maxDepth = 32

// request is what is read of an envelope. Elements are found by their namespace;
// how a client calls it does not matter.
type request struct {
	XMLName xml.Name `xml:"http://www.w3.org/2003/05/soap-envelope Envelope"`
	// lifted is what was in Stream elements; see lift.
	lifted [][]byte
	Header struct {
		Action           string     `xml:"http://schemas.xmlsoap.org/ws/2004/08/addressing Action"`
		MessageID        string     `xml:"http://schemas.xmlsoap.org/ws/2004/08/addressing MessageID"`
		ResourceURI      string     `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd ResourceURI"`
		MaxEnvelopeSize  string     `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd MaxEnvelopeSize"`
		OperationTimeout string     `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd OperationTimeout"`
		Selectors        []nameText `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd SelectorSet>Selector"`
		Options          []nameText `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd OptionSet>Option"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Header"`
	Body struct {
		Shell    *shellBody   `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Shell"`
		Command  *commandBody `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell CommandLine"`
		Receive  *receiveBody `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Receive"`
		Send     *sendBody    `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Send"`
		Signal   *signalBody  `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Signal"`
		Identify *struct{}    `xml:"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd Identify"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Body"`
}

// nameText is an element with a name: an option, a selector, a variable.
type nameText struct {
	Name string `xml:"Name,attr"`
	Text string `xml:",chardata"`
}

type shellBody struct {
	Input            string     `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell InputStreams"`
	Output           string     `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell OutputStreams"`
	WorkingDirectory string     `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell WorkingDirectory"`
	IdleTimeOut      string     `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell IdleTimeOut"`
	Environment      []nameText `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Environment>Variable"`
}

type commandBody struct {
	ID        string   `xml:"CommandId,attr"`
	Command   string   `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Command"`
	Arguments []string `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Arguments"`
}

type receiveBody struct {
	Desired struct {
		CommandID string `xml:"CommandId,attr"`
		Streams   string `xml:",chardata"`
	} `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell DesiredStream"`
}

type sendBody struct {
	Streams []struct {
		Name      string `xml:"Name,attr"`
		CommandID string `xml:"CommandId,attr"`
		End       string `xml:"End,attr"`
		Data      string `xml:",chardata"`
	} `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Stream"`
}

type signalBody struct {
	CommandID string `xml:"CommandId,attr"`
	Code      string `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Code"`
}

var errXML = errors.New("the request is no XML document of one SOAP envelope")

// parseRequest reads an envelope. A document type, a second root and deep
// nesting are refused.
func parseRequest(body []byte) (*request, error) {
	body, lifted := lift(body)
	d := xml.NewTokenDecoder(&plainXML{d: xml.NewDecoder(bytes.NewReader(body))})
	r := &request{lifted: lifted}
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("%w: %w", errXML, err)
	}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if text, ok := t.(xml.CharData); err != nil || !ok || len(bytes.TrimSpace(text)) > 0 {
			return nil, fmt.Errorf("%w: something follows it", errXML)
		}
	}
}

// plainXML lets through what an envelope may have.
type plainXML struct {
	d     *xml.Decoder
	depth int
}

// Token implements xml.TokenReader. The decoder above it resolves namespaces and
// matches ends with beginnings.
func (p *plainXML) Token() (xml.Token, error) {
	t, err := p.d.RawToken()
	if err != nil {
		return nil, err
	}
	switch t.(type) {
	case xml.Directive:
		return nil, errors.New("it has a document type")
	case xml.StartElement:
		p.depth++
	case xml.EndElement:
		p.depth--
	}
	if p.depth > maxDepth {
		return nil, errors.New("its elements are nested too deep")
	}
	return t, nil
}

// selector is the value of a selector. Its name may be written in any case.
func (r *request) selector(name string) string {
	for _, s := range r.Header.Selectors {
		if strings.EqualFold(s.Name, name) {
			return strings.TrimSpace(s.Text)
		}
	}
	return ""
}

// option reports whether an option is set to TRUE.
func (r *request) option(name string) bool {
	for _, o := range r.Header.Options {
		if strings.EqualFold(o.Name, name) {
			return isTrue(o.Text)
		}
	}
	return false
}

// optionText is the value of an option, or "".
func (r *request) optionText(name string) string {
	for _, o := range r.Header.Options {
		if strings.EqualFold(o.Name, name) {
			return strings.TrimSpace(o.Text)
		}
	}
	return ""
}

// isTrue reads an xs:boolean, in any case.
func isTrue(s string) bool {
	s = strings.TrimSpace(s)
	return strings.EqualFold(s, "true") || s == "1"
}

var errDuration = errors.New("not a duration of days or less")

// parseDuration reads an xs:duration without years and months, to a microsecond
// and up to 1000 days (XML Schema 1.1 part 2, 3.3.6). None may be negative.
func parseDuration(s string) (time.Duration, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), "P")
	if !ok || rest == "" || strings.HasSuffix(rest, "T") {
		return 0, errDuration
	}
	var sum float64
	units := "D"
	scale := map[byte]float64{'D': 86400}
	for rest != "" {
		if rest[0] == 'T' && scale['D'] != 0 {
			units, scale, rest = "HMS", map[byte]float64{'H': 3600, 'M': 60, 'S': 1}, rest[1:]
			continue
		}
		end := strings.IndexAny(rest, units)
		if end < 1 || strings.Trim(rest[:end], "0123456789.") != "" {
			return 0, errDuration
		}
		n, err := strconv.ParseFloat(rest[:end], 64)
		if err != nil {
			return 0, errDuration
		}
		unit := rest[end]
		sum += n * scale[unit]
		units, rest = units[strings.IndexByte(units, unit)+1:], rest[end+1:]
	}
	if sum > 1000*86400 {
		return 0, errDuration
	}
	return time.Duration(sum * float64(time.Second)).Round(time.Microsecond), nil
}

package zypper

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Bounds of what is read of one answer.
const (
	maxXML   = 32 << 20 // bytes
	maxDepth = 32
	maxNodes = 500_000
)

// node is an element of zypper's XML.
type node struct {
	name     string
	attrs    map[string]string
	text     string
	children []*node
}

func (n *node) attr(name string) string { return n.attrs[name] }

// each calls f for every element of a name below n.
func (n *node) each(name string, f func(*node)) {
	for _, c := range n.children {
		if c.name == name {
			f(c)
		}
		c.each(name, f)
	}
}

// child returns the first child of a name, or an empty node.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return &node{}
}

var (
	errNoStream  = errors.New("zypper printed no XML")
	errTruncated = errors.New("zypper's XML is not whole")
	errTooLarge  = errors.New("zypper's XML is too large or too deep")
)

// parseXML reads the <stream> element of out. What stands before and after it is
// passed over, and so is text between its elements: programs that zypper starts
// print there. The nodes that were read are returned with the error, too.
func parseXML(out []byte) (*node, error) {
	root := &node{}
	if len(out) > maxXML {
		return root, errTooLarge
	}
	// Descriptions may hold control characters, which XML does not admit.
	text := strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(out), "\uFFFD"))
	start := strings.Index(text, "<stream")
	if start < 0 {
		return root, errNoStream
	}
	d := xml.NewDecoder(strings.NewReader(text[start:]))
	d.Strict = false
	return root, fill(root, d)
}

// fill reads elements until the first one is closed.
func fill(root *node, d *xml.Decoder) error {
	open := []*node{root}
	for count := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return errTruncated
		}
		if err != nil {
			return errors.Join(errTruncated, err)
		}
		last := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if count++; count > maxNodes || len(open) > maxDepth {
				return errTooLarge
			}
			n := &node{name: t.Name.Local, attrs: make(map[string]string, len(t.Attr))}
			for _, a := range t.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			last.children = append(last.children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
			if len(open) <= 1 {
				return nil
			}
		case xml.CharData:
			last.text += string(t)
		}
	}
}

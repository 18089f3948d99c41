package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns the canonical form of a file in native syntax; name is used in
// messages. A file that cannot be parsed is returned as it is, with the errors;
// so is JSON, whose layout is that of the program that wrote it.
func Format(src []byte, name string) ([]byte, Diagnostics) {
	if strings.HasSuffix(name, ".json") {
		return src, nil
	}
	l := newLoader(Options{})
	l.text.bytes[name] = src
	if len(src) > maxFileSize {
		l.failFile(name, "a file cannot be formatted", errTooLarge)
		return src, l.finish()
	}
	if d := guardText(src, name); d != nil {
		l.adopt(hcl.Diagnostics{d})
		return src, l.finish()
	}
	_, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	l.adopt(diags)
	if diags.HasErrors() {
		return src, l.finish()
	}
	out := hclwrite.Format(src)
	// A second pass settles what the first one moved; more never change anything.
	return hclwrite.Format(out), l.finish()
}

// FormatFiles returns the paths of all files in native syntax of a configuration
// directory, tests included, in the order of their names: what fmt works on where
// it is given a directory.
func FormatFiles(dir string) ([]string, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("list the files to format: %w", err)
	} else if !info.IsDir() {
		return []string{dir}, nil
	}
	l := newLoader(Options{Dir: dir})
	var out []string
	l.walk("", func(rel string) {
		if strings.HasSuffix(rel, ".hcl") {
			out = append(out, filepath.Join(dir, filepath.FromSlash(rel)))
		}
	})
	if l.diags.HasErrors() {
		return nil, fmt.Errorf("list the files to format: %w", errors.New(l.diags[0].String()))
	}
	return out, nil
}

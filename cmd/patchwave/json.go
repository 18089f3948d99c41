package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"patchwave/engine/report/safe"
)

// json prints one document: on many lines, or with -o jsonl on one.
func (a *app) json(doc any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if a.flags.output == "json" {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	if _, err := a.out.Write(visible(b.Bytes())); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// visible escapes in a JSON text what JSON lets through and a terminal would act
// on or hide: C1 controls, text that turns round, what has no width. Beyond ASCII
// there is nothing in JSON but strings, so that the text means the same.
func visible(text []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		if s := string(r); r >= 0x7f && safe.Text(s) != s {
			out = append(out, text[done:i]...)
			if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
				out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
			} else {
				out = fmt.Appendf(out, `\u%04x`, r)
			}
			done = i + size
		}
		i += size
	}
	if out == nil {
		return text
	}
	return append(out, text[done:]...)
}

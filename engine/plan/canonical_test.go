package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anything fills a value with what is drawn: members that a plan gets some day
// are among them.
func anything(t *rapid.T, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(noon().Add(time.Duration(rapid.IntRange(0, 1e6).Draw(t, "seconds")) * time.Second)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		odd := []string{"", "labtool", "\"", "\\", "a\x00\x1f\b\t\n\f\r\x7f", "\xff\xc0a", "\u2028<&>", "\U0001f600"}
		v.SetString(rapid.OneOf(rapid.String(), rapid.SampledFrom(odd)).Draw(t, "text"))
	case reflect.Int64:
		v.SetInt(rapid.Int64Range(0, 1<<53-1).Draw(t, "number"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			anything(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 2).Draw(t, "length"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				anything(t, v.Index(i))
			}
		}
	case reflect.Struct:
		for _, f := range v.Fields() {
			anything(t, f)
		}
	default:
		t.Fatalf("a plan has a member of kind %s, which the digest does not know", v.Kind())
	}
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// TestDigestIsOfTheCanonicalForm: whatever is in a plan, the digest is that of the
// canonical form of its JSON, made another way.
func TestDigestIsOfTheCanonicalForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Plan
		anything(t, reflect.ValueOf(&p).Elem())
		text, err := reference(&p)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.ComputeDigest(), sumOf(text); got != want {
			t.Fatalf("%s, want %s of %s", got, want, text)
		}
	})
}

// TestDigestOfALargePlan is of more than is hashed at once.
func TestDigestOfALargePlan(t *testing.T) {
	p := sample()
	hosts := p.Waves[0].Batches[0].Hosts
	for i := range 3000 {
		h := hosts[0]
		h.Name = fmt.Sprint("web-", i)
		hosts = append(hosts, h)
	}
	p.Waves[0].Batches[0].Hosts = hosts
	text, err := reference(p)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.ComputeDigest(), sumOf(text); len(text) < 4*flushAt || got != want {
		t.Errorf("%s, want %s of %d bytes", got, want, len(text))
	}
}

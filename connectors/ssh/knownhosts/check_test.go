package knownhosts

import (
	"crypto/elliptic"
	"errors"
	"net"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// verdict is the outcome of a check in one word.
func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	if _, ok := errors.AsType[*RevokedError](err); ok {
		return "revoked"
	}
	if _, ok := errors.AsType[*ChangedError](err); ok {
		return "changed"
	}
	if e, ok := errors.AsType[*CertError](err); ok {
		return "cert: " + string(e.Reason)
	}
	if _, ok := errors.AsType[*UnknownError](err); ok {
		return "unknown"
	}
	return "error"
}

func TestCheck(t *testing.T) {
	k1, k2, k3 := testKey(1).PublicKey(), testKey(2).PublicKey(), testKey(3).PublicKey()
	p256 := ecdsaKey(t, elliptic.P256()).PublicKey()
	a, b := text(k1), text(k2)
	for _, tc := range []struct {
		name  string
		lines []string
		addr  string
		key   ssh.PublicKey
		want  string
	}{
		{"plain", []string{"web " + a}, "web:22", k1, "ok"},
		{"empty file", nil, "web:22", k1, "unknown"},
		{"other host", []string{"web " + a}, "db:22", k1, "unknown"},
		{"changed", []string{"web " + a}, "web:22", k2, "changed"},
		{"another algorithm is changed", []string{"web " + a}, "web:22", p256, "changed"},
		{"letter case of the address", []string{"web " + a}, "WEB:22", k1, "ok"},
		{"letter case of the line", []string{"Web.Example " + a}, "web.example:22", k1, "ok"},
		{"list", []string{"web,10.0.0.1,fe80::1 " + a}, "10.0.0.1:22", k1, "ok"},
		{"empty items of a list", []string{",web,, " + a}, "web:22", k1, "ok"},
		{"several keys, first", []string{"web " + a, "web " + b}, "web:22", k1, "ok"},
		{"several keys, second", []string{"web " + a, "web " + b}, "web:22", k2, "ok"},
		{"several keys, none", []string{"web " + a, "web " + b}, "web:22", k3, "changed"},
		{"several algorithms", []string{"web " + a, "web " + text(p256)}, "web:22", p256, "ok"},
		{"port", []string{"[web]:2222 " + a}, "web:2222", k1, "ok"},
		{"port, other", []string{"[web]:2222 " + a}, "web:2223", k1, "unknown"},
		{"port, default", []string{"[web]:2222 " + a}, "web:22", k1, "unknown"},
		{"no port on the line", []string{"web " + a}, "web:2222", k1, "unknown"},
		{"ipv6", []string{"2001:db8::1 " + a}, "[2001:db8::1]:22", k1, "ok"},
		{"ipv6 with port", []string{"[2001:db8::1]:2222 " + a}, "[2001:db8::1]:2222", k1, "ok"},
		{"ipv6 in capitals", []string{"2001:DB8::1 " + a}, "[2001:db8::1]:22", k1, "ok"},
		{"ipv6 with zone", []string{"fe80::1%eth0 " + a}, "[fe80::1%eth0]:22", k1, "ok"},
		{"star", []string{"*.example.com " + a}, "web.example.com:22", k1, "ok"},
		{"star crosses dots", []string{"*.example.com " + a}, "a.b.example.com:22", k1, "ok"},
		{"star, not", []string{"*.example.com " + a}, "example.com:22", k1, "unknown"},
		{"star, changed", []string{"*.example.com " + a}, "web.example.com:22", k2, "changed"},
		{"question mark", []string{"web-0? " + a}, "web-07:22", k1, "ok"},
		{"question mark is one character", []string{"web-? " + a}, "web-07:22", k1, "unknown"},
		{"star with port", []string{"[*.example.com]:2222 " + a}, "web.example.com:2222", k1, "ok"},
		{"lone star takes ports", []string{"* " + a}, "web:2222", k1, "ok"},
		{"negated", []string{"*.example.com,!bad.example.com " + a}, "bad.example.com:22", k1, "unknown"},
		{"negated, other", []string{"*.example.com,!bad.example.com " + a}, "good.example.com:22", k1, "ok"},
		{"negated first", []string{"!bad,*ad " + a}, "bad:22", k1, "unknown"},
		{"only negated", []string{"!bad " + a}, "good:22", k1, "unknown"},
		{"lone bang", []string{"!,web " + a}, "web:22", k1, "ok"},
		{"wildcard and plain, second key", []string{"web " + a, "w* " + b}, "web:22", k2, "ok"},
		{"hashed", []string{hashName("web", 7) + " " + a}, "web:22", k1, "ok"},
		{"hashed with port", []string{hashName("[web]:2222", 7) + " " + a}, "web:2222", k1, "ok"},
		{"hashed, letter case", []string{hashName("web", 7) + " " + a}, "Web:22", k1, "ok"},
		{"hashed, changed", []string{hashName("web", 7) + " " + a}, "web:22", k2, "changed"},
		{"hashed, other host", []string{hashName("web", 7) + " " + a}, "db:22", k1, "unknown"},
		{"hashed and plain, second key", []string{"web " + a, hashName("web", 7) + " " + b}, "web:22", k2, "ok"},
		{"hashed is not decoded in a list", []string{"db," + hashName("web", 7) + " " + a}, "web:22", k1, "unknown"},
		{"comment", []string{"# web " + a, "  # web " + a, "", "web " + b + " root@web # x"}, "web:22", k2, "ok"},
		{"crlf", []string{"web " + a + "\r", "db " + b + "\r"}, "db:22", k2, "ok"},
		{"tabs and blanks", []string{" \tweb\t " + strings.ReplaceAll(a, " ", " \t") + "\t"}, "web:22", k1, "ok"},
		{"byte order mark", []string{"\ufeffweb " + a}, "web:22", k1, "ok"},
		{"revoked", []string{"web " + a, "@revoked * " + a}, "web:22", k1, "revoked"},
		{"revoked, another key", []string{"web " + a, "@revoked * " + b}, "web:22", k1, "ok"},
		{"revoked on any host", []string{"web " + a, "@revoked db " + a}, "web:22", k1, "revoked"},
		{"revoked is not known", []string{"@revoked web " + a}, "web:22", k2, "unknown"},
		{"authority is not a host key", []string{"@cert-authority web " + a}, "web:22", k1, "unknown"},
		{"authority is no other key", []string{"@cert-authority web " + a, "web " + b}, "web:22", k2, "ok"},
		{"broken line counts as absent", []string{"web " + a[:len(a)-8]}, "web:22", k2, "unknown"},
		{"key of another type than said", []string{"web ssh-rsa " + strings.Fields(a)[1]}, "web:22", k1, "unknown"},
		{"unknown marker", []string{"@trusted web " + a}, "web:22", k1, "unknown"},
		{"two markers", []string{"@cert-authority @revoked web " + a}, "web:22", k1, "unknown"},
		{"no port in the address", []string{"web " + a}, "web", k1, "error"},
		{"no host in the address", []string{"web " + a}, ":22", k1, "error"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db := load(t, tc.lines...)
			for range 2 { // the second time out of the memory
				if got := verdict(db.Check(tc.addr, nil, tc.key)); got != tc.want {
					t.Errorf("%s: %s, want %s", tc.addr, got, tc.want)
				}
			}
		})
	}
}

func TestCheckUsesRemoteWithoutName(t *testing.T) {
	k := testKey(1).PublicKey()
	db := load(t, "[10.0.0.1]:2222 "+text(k))
	if err := db.Check("", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 2222}, k); err != nil {
		t.Error(err)
	}
	if got := verdict(db.Check("", nil, k)); got != "error" {
		t.Error(got)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	k1, k2, k3 := testKey(1).PublicKey(), testKey(2).PublicKey(), testKey(3).PublicKey()
	path := write(t, "# hosts", "web "+text(k1), "web "+text(k2), "@revoked * "+text(k3), "@cert-authority ca* "+text(k2))
	db := mustLoad(t, path)

	changed, ok := errors.AsType[*ChangedError](db.Check("web:22", nil, testKey(9).PublicKey()))
	if !ok || len(changed.Want) != 2 {
		t.Fatalf("want two lines, got %v", changed)
	}
	want := Entry{File: path, Line: 2, Type: "ssh-ed25519", Fingerprint: ssh.FingerprintSHA256(k1)}
	if changed.Want[0] != want {
		t.Errorf("got %v, want %v", changed.Want[0], want)
	}
	if s := changed.Error(); !strings.Contains(s, path+":2") || !strings.Contains(s, ssh.FingerprintSHA256(testKey(9).PublicKey())) {
		t.Error(s)
	}
	revoked, ok := errors.AsType[*RevokedError](db.Check("web:22", nil, k3))
	if !ok || revoked.By.Line != 4 || !strings.Contains(revoked.Error(), path+":4") {
		t.Errorf("got %v", revoked)
	}
	unknown, ok := errors.AsType[*UnknownError](db.Check("new:2222", nil, k1))
	if !ok || unknown.Host != "[new]:2222" || len(unknown.Authorities) != 0 || !strings.Contains(unknown.Error(), "SHA256:") {
		t.Errorf("got %v", unknown)
	}
	covered, ok := errors.AsType[*UnknownError](db.Check("ca1:22", nil, k1))
	if !ok || len(covered.Authorities) != 1 || covered.Authorities[0].Line != 5 || !strings.Contains(covered.Error(), path+":5") {
		t.Errorf("got %v", covered)
	}
}

// A key whose base64 has other unused bits is still the same key.
func TestLooseBase64(t *testing.T) {
	k := ecdsaKey(t, elliptic.P256()).PublicKey()
	good := text(k)
	loose := good[:len(good)-2] + string(good[len(good)-2]+1) + "="
	db := load(t, "web "+loose)
	if err := db.Check("web:22", nil, k); err != nil {
		t.Error(err)
	}
}

func TestManyWantedLinesAreShortened(t *testing.T) {
	var lines []string
	for i := range byte(9) {
		lines = append(lines, "web "+text(testKey(i+10).PublicKey()))
	}
	err := load(t, lines...).Check("web:22", nil, testKey(1).PublicKey())
	if err == nil || !strings.Contains(err.Error(), "and 6 more") {
		t.Error(err)
	}
}

package knownhosts

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// The benchmarks run golang.org/x/crypto's knownhosts beside ours in one run, so
// that what counts is the ratio:
//
//	go test -run - -bench . ./connectors/ssh/knownhosts

type benchFile struct {
	path  string
	hosts []string
	keys  []ssh.PublicKey
}

func makeBenchFile(b *testing.B, lines int, hash bool) benchFile {
	b.Helper()
	f := benchFile{path: filepath.Join(b.TempDir(), "known_hosts")}
	var s strings.Builder
	b64 := base64.StdEncoding.EncodeToString
	for i := range lines {
		seed := make([]byte, ed25519.SeedSize)
		binary.BigEndian.PutUint32(seed, uint32(i))
		pub, err := ssh.NewPublicKey(ed25519.PublicKey(ed25519.NewKeyFromSeed(seed)[32:]))
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("web-%06d.fra1.example.com", i)
		f.hosts, f.keys = append(f.hosts, name+":22"), append(f.keys, pub)
		if hash {
			mac := hmac.New(sha1.New, seed[:sha1.Size])
			mac.Write([]byte(name))
			name = "|1|" + b64(seed[:sha1.Size]) + "|" + b64(mac.Sum(nil))
		}
		fmt.Fprintf(&s, "%s %s\n", name, text(pub))
	}
	if err := os.WriteFile(f.path, []byte(s.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return f
}

func each(b *testing.B, run func(b *testing.B, f benchFile)) {
	for _, lines := range []int{10_000, 100_000} {
		for _, hash := range []bool{false, true} {
			name := "plain"
			if hash {
				name = "hashed"
			}
			f := makeBenchFile(b, lines, hash)
			b.Run(fmt.Sprintf("%s/%d", name, lines), func(b *testing.B) { run(b, f) })
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	each(b, func(b *testing.B, f benchFile) {
		b.Run("ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Load([]string{f.path}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("xcrypto", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := xknownhosts.New(f.path); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

type check func(string, net.Addr, ssh.PublicKey) error

func benchCheck(b *testing.B, f benchFile, check check) {
	b.Helper()
	b.ReportAllocs()
	remote := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 22}
	n := len(f.hosts)
	for i := 0; b.Loop(); i = (i + 7919) % n {
		if err := check(f.hosts[i], remote, f.keys[i]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck asks for another host each time, so that with hashed names it is
// the search that is measured; BenchmarkCheckHashedAgain is what comes after it.
func BenchmarkCheck(b *testing.B) {
	each(b, func(b *testing.B, f benchFile) {
		db := mustLoad(b, f.path)
		theirs, err := xknownhosts.New(f.path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("ours", func(b *testing.B) { benchCheck(b, f, db.Check) })
		b.Run("xcrypto", func(b *testing.B) { benchCheck(b, f, check(theirs)) })
	})
}

// BenchmarkCheckHashedFirst is the search through all hashed names.
func BenchmarkCheckHashedFirst(b *testing.B) {
	f := makeBenchFile(b, 10_000, true)
	db := mustLoad(b, f.path)
	b.ReportAllocs()
	for b.Loop() {
		if len(db.x.byHash("web-009999.fra1.example.com")) != 1 {
			b.Fatal("not found")
		}
	}
}

// BenchmarkCheckHashedAgain asks for a host that was asked for before.
func BenchmarkCheckHashedAgain(b *testing.B) {
	f := makeBenchFile(b, 10_000, true)
	db := mustLoad(b, f.path)
	b.ReportAllocs()
	for b.Loop() {
		if err := db.Check(f.hosts[9999], nil, f.keys[9999]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAlgorithms(b *testing.B) {
	f := makeBenchFile(b, 10_000, false)
	db := mustLoad(b, f.path)
	b.ReportAllocs()
	for b.Loop() {
		if len(db.Algorithms(f.hosts[777])) != 1 {
			b.Fatal("not found")
		}
	}
}

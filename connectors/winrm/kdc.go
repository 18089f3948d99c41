package winrm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"
)

const (
	// kdcPatience is how long one KDC is waited for, over one protocol.
	kdcPatience = 5 * time.Second
	// mostKDC bounds what a KDC says, in bytes.
	mostKDC = 1 << 20
	// mostKDCText bounds the words in an error of a KDC, in bytes.
	mostKDCText = 200
	// mostKDCs bounds the KDCs of a realm that are tried.
	mostKDCs = 20
)

// kdcs are the KDCs of all realms that a configuration knows, or DNS if it says so. They
// are asked here and not by the library, which takes no context and believes any size
// that a KDC announces.
type kdcs struct {
	conf *config.Config
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	// lookup finds the KDCs of a realm by DNS (RFC 4120, 7.2.3.2).
	lookup func(ctx context.Context, network, realm string) ([]*net.SRV, error)
}

func kdcsOf(conf *config.Config) *kdcs {
	return &kdcs{conf: conf, dial: new(net.Dialer).DialContext,
		lookup: func(ctx context.Context, network, realm string) ([]*net.SRV, error) {
			_, found, err := net.DefaultResolver.LookupSRV(ctx, "kerberos", network, realm)
			return found, err
		}}
}

// noKDCError is a realm of which no KDC answers, or none is known: that is final.
type noKDCError struct {
	realm   string
	unknown bool
	err     error
}

func (e *noKDCError) Error() string {
	lines := slices.Compact(strings.Split(e.err.Error(), "\n")) // those of errors.Join
	why := strings.Join(lines, "; ")
	if e.unknown {
		return "no KDC of the realm " + e.realm + " is known: " + why
	}
	return "no KDC of the realm " + e.realm + " answers: " + why
}
func (e *noKDCError) Unwrap() error { return e.err }

// ask sends a request to the KDCs of a realm, one after the other, and returns the first
// answer. What a KDC refuses is a messages.KRBError. It returns when ctx ends, with
// nothing left behind.
func (k *kdcs) ask(ctx context.Context, realm string, request []byte) ([]byte, error) {
	var failed []error
	tried := 0
	for _, network := range k.networks(len(request)) {
		addresses, err := k.find(ctx, realm, network)
		if err != nil {
			failed = append(failed, err)
		}
		for _, address := range addresses {
			tried++
			answer, err := k.try(ctx, network, address, request)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			refusal, refused := asRefusal(answer)
			switch {
			case err != nil:
				failed = append(failed, err)
			case refused && network == "udp" && refusal.ErrorCode == errorcode.KRB_ERR_RESPONSE_TOO_BIG:
				failed = append(failed, fmt.Errorf("%s, %s: %w", address, network, refusal))
			case refused:
				return nil, refusal
			default:
				return answer, nil
			}
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	err := errors.Join(failed...)
	dns, asked := errors.AsType[*net.DNSError](err)
	return nil, &noKDCError{realm: realm, unknown: tried == 0 && !(asked && (dns.IsTemporary || dns.IsTimeout)), err: err}
}

// networks are the protocols to try for a request of that size, in their order: what
// udp_preference_limit says.
func (k *kdcs) networks(size int) []string {
	switch limit := k.conf.LibDefaults.UDPPreferenceLimit; {
	case limit == 1:
		return []string{"tcp"}
	case size <= limit:
		return []string{"udp", "tcp"}
	default:
		return []string{"tcp", "udp"}
	}
}

// find is where the KDCs of a realm are, in the order of the configuration or of DNS.
func (k *kdcs) find(ctx context.Context, realm, network string) (addresses []string, err error) {
	for _, r := range k.conf.Realms {
		if r.Realm == realm {
			addresses = slices.Clone(r.KDC)
		}
	}
	switch {
	case len(addresses) > 0:
	case !k.conf.LibDefaults.DNSLookupKDC:
		return nil, errors.New("the configuration names none")
	default:
		found, err := k.lookup(ctx, network, realm)
		if err != nil {
			return nil, fmt.Errorf("look up _kerberos._%s.%s: %w", network, realm, err)
		}
		for _, f := range found {
			addresses = append(addresses, net.JoinHostPort(strings.TrimSuffix(f.Target, "."), strconv.Itoa(int(f.Port))))
		}
	}
	return addresses[:min(len(addresses), mostKDCs)], nil
}

// try asks one KDC.
func (k *kdcs) try(ctx context.Context, network, address string, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kdcPatience)
	defer cancel()
	conn, err := k.dial(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", address, network, err)
	}
	defer func() { _ = conn.Close() }()                         // nothing more is wanted of it
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // what waits for it ends with an error
	defer stop()
	answer, err := exchange(conn, network, request)
	if ctx.Err() != nil {
		err = fmt.Errorf("no answer within %s", kdcPatience)
	}
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", address, network, err)
	}
	return answer, nil
}

// exchange is one request and its answer: a datagram each, or each behind its length
// (RFC 4120, 7.2.2).
func exchange(conn net.Conn, network string, request []byte) ([]byte, error) {
	if network == "udp" {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		answer := make([]byte, 1<<16)
		n, err := conn.Read(answer)
		return answer[:n], err
	}
	framed := append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)
	if _, err := conn.Write(framed); err != nil {
		return nil, err
	}
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > mostKDC {
		return nil, fmt.Errorf("it announces an answer of %d bytes", size)
	}
	answer := make([]byte, size)
	_, err := io.ReadFull(conn, answer)
	return answer, err
}

// asRefusal is the error that an answer is, if it is one.
func asRefusal(answer []byte) (messages.KRBError, bool) {
	var e messages.KRBError
	if len(answer) == 0 || e.Unmarshal(answer) != nil {
		return messages.KRBError{}, false
	}
	if len(e.EText) > mostKDCText {
		e.EText = e.EText[:mostKDCText]
	}
	return e, true
}

package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// cksum is cksum(1) of POSIX: the CRC of ISO/IEC 8802-3 over the bytes and their
// count, and the count.
func cksum(b []byte) string {
	var crc uint32
	shift := func(octet byte) {
		crc ^= uint32(octet) << 24
		for range 8 {
			top := crc>>31 == 1
			if crc <<= 1; top {
				crc ^= 0x04C11DB7
			}
		}
	}
	for _, octet := range b {
		shift(octet)
	}
	for n := len(b); n > 0; n >>= 8 {
		shift(byte(n))
	}
	return fmt.Sprintf("%d %d", ^crc, len(b))
}

// sha256Hex is the SHA-256 in hex.
func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

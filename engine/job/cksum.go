package job

import "fmt"

// cksum is what POSIX cksum prints for standard input: the CRC of ISO/IEC
// 8802-3 over the bytes and then their count, and the count. (POSIX.1-2017,
// Shell & Utilities, cksum.)
func cksum(b []byte) string {
	const poly = 0x04C11DB7
	var crc uint32
	add := func(x byte) {
		crc ^= uint32(x) << 24
		for range 8 {
			if crc&0x80000000 != 0 {
				crc = crc<<1 ^ poly
			} else {
				crc <<= 1
			}
		}
	}
	for _, x := range b {
		add(x)
	}
	for n := len(b); n != 0; n >>= 8 {
		add(byte(n))
	}
	return fmt.Sprintf("%d %d", ^crc, len(b))
}

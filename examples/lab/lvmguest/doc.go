// Package lvmguest holds the trials of the provider lvm against real machines: guests of
// QEMU under software emulation, with a Debian kernel of their own, whose root is a
// logical volume, thick or thin. They are built with the tag qemu and need root and
//
//	apt-get install qemu-system-x86 qemu-utils mmdebstrap apt-utils e2fsprogs openssh-client
//	go test -tags qemu -timeout 90m -parallel 2 ./examples/lab/lvmguest
//
// or bash .ci/run --full lvm. The disks are built once, in about two minutes, and kept in
// /var/tmp/patchwave-lab; every trial boots a copy-on-write layer of its own over them.
package lvmguest

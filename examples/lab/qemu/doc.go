// Package qemu is guests of QEMU for trials that the hosts of labhost cannot give: a kernel
// of their own, and a disk that loses in a power cut what was not flushed to it.
//
// # What a power cut loses
//
// A [Guest] writes through QEMU's driver blklogwrites, which notes every write, discard and
// flush in the order in which the disk has done them. A [Guest.Cut] kills QEMU at once and
// makes the disk anew: its content from before the guest was started and of the log what
// came before its last flush, no byte more. So what a guest has written and not flushed is
// lost, also where the page cache of this machine has it. With the log [Log.Replay] makes
// the disk as it was at any other flush, and one on which some of the writes since
// are there and others are not, as on a disk that has a cache of its own and orders writes
// as it likes.
//
// It is not lost what a flush found done though it began before: the log has the order in
// which writes ended. Sectors are never torn.
//
// [Guest] and what comes with it is built with the tag qemu, [Log] always.
package qemu

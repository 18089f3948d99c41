#!/bin/sh
# The first process of a guest that only makes volumes: vdb is the system, vdc becomes a
# disk with a linear root and 700 MB left, vdd one with a thin root in a pool.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DM_DISABLE_UDEV=1
exec >/dev/console 2>&1

main() {
	set -ex
	mount -t proc proc /proc
	mount -t tmpfs tmpfs /run
	modprobe dm-snapshot
	modprobe dm-thin-pool
	pvcreate -y /dev/vdc
	vgcreate lab-thick /dev/vdc
	lvcreate -y -Wn -Zn -n root-lv -L 1400M lab-thick
	pvcreate -y /dev/vdd
	vgcreate lab-thin /dev/vdd
	lvcreate -y -Zn --type thin-pool -n pool -L 1700M lab-thin
	lvcreate -y -Wn --thin -n root-lv -V 1400M lab-thin/pool
	for kind in thick thin; do
		dd if=/dev/vdb "of=/dev/mapper/lab--$kind-root--lv" bs=4M conv=sparse,fsync
	done
	vgchange -an
	sync
	echo BUILT
}

(main) || echo FAILED
echo o >/proc/sysrq-trigger
sleep 100

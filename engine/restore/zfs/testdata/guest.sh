#!/bin/sh
# guest.sh DIR: a machine with a real ZFS for the tests of the build tag zfs: DIR/vmlinuz
# and DIR/initrd. It takes a few minutes, as the modules are compiled. On Debian, before:
#
#	apt-get install linux-image-cloud-amd64 linux-headers-cloud-amd64 gcc make cpio busybox qemu-system-x86
#
# OpenZFS itself is of the section contrib; it is downloaded into DIR and not installed.
set -eu
[ $# -eq 1 ] || { echo "guest.sh DIR" >&2; exit 2; }
mkdir -p "$1/apt/lists/partial" "$1/apt/cache/archives/partial" "$1/debs" "$1/root"
out=$(readlink -f "$1")
kernel=$(for d in /lib/modules/*-cloud-amd64/build; do [ -e "$d/Makefile" ] && basename "$(dirname "$d")"; done | sort -V | tail -n 1)
[ -n "$kernel" ] || { echo "there is no kernel with its headers" >&2; exit 1; }
. /etc/os-release
# shellcheck disable=SC2016 # apt-get puts in what stands there
mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' | awk -v r="$VERSION_CODENAME" '$2 == r { print $1; exit }') # the host's own
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $VERSION_CODENAME main contrib" >"$out/apt/list"
own() { apt-get -q -o Dir::Etc::sourcelist="$out/apt/list" -o Dir::Etc::sourceparts=/nonexistent -o Dir::State::lists="$out/apt/lists" -o Dir::Cache="$out/apt/cache" "$@"; }
own update
(cd "$out/debs" && own download zfs-dkms zfsutils-linux libnvpair3linux libuutil3linux libzfs4linux libzpool5linux)
for deb in "$out"/debs/*.deb; do dpkg -x "$deb" "$out/root"; done
build=$out/module-$kernel root=$out/root
if [ ! -e "$build/module/zfs/zfs.ko" ]; then
	rm -rf "$build"
	cp -a "$root"/usr/src/zfs-* "$build"
	(cd "$build" && ./configure --with-config=kernel --with-linux="$(readlink -f "/lib/modules/$kernel/source")" \
		--with-linux-obj="$(readlink -f "/lib/modules/$kernel/build")" --disable-dependency-tracking && make -j2) >"$out/build.log" 2>&1 ||
		{ tail -n 20 "$out/build.log"; exit 1; }
fi
build=$build/module
cp "/boot/vmlinuz-$kernel" "$out/vmlinuz"
rm -rf "$out/tree"; mkdir -p "$out/tree"; t=$out/tree
cd "$t"; mkdir -p bin sbin lib lib64 usr/bin usr/sbin usr/lib/modules proc sys dev run tmp etc var/lib/dpkg modules rootfs boot
put() { # FILE: it and its libraries
	mkdir -p ".$(dirname "$2")"; cp -L "$1" ".$2"
	LD_LIBRARY_PATH=$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu ldd "$1" 2>/dev/null | awk '/=> \//{print $3} /^\t\/lib64/{print $1}' | while read -r l; do
		d=${l#"$root"}; mkdir -p ".$(dirname "$d")"; [ -e ".$d" ] || cp -L "$l" ".$d"
	done
}
for p in dash mount umount stat awk sed grep mktemp id base64 od gzip cp mv rm rmdir mkdir tail head tr sort date cat ls sync setsid sleep env touch chmod ln dirname seq wc dd cmp find tar sha256sum printf test; do
	f=$(command -v $p) || continue
	case $f in /*) ;; *) f=/usr/bin/$p ;; esac
	put "$(readlink -f "$f")" "/bin/$p"
done
ln -s dash bin/sh
put "$(command -v busybox)" /bin/busybox
for p in init reboot poweroff insmod switch_root stty hexdump hostname; do ln -sf /bin/busybox sbin/$p; done
for p in zfs zpool mount.zfs; do for d in sbin usr/sbin; do [ -e "$root/$d/$p" ] && put "$root/$d/$p" /sbin/$p; done; done
cp "$build"/*/*.ko modules/; strip -g modules/*.ko; for m in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do cp "$(find /lib/modules/"$kernel" -name $m.ko)" modules/; done
echo "root:x:0:0::/:/bin/sh" >etc/passwd
cat >etc/inittab <<'I'
::sysinit:/etc/rc
ttyS0::respawn:/bin/sh
::shutdown:/bin/sync
::shutdown:/bin/umount -a -r
I
cat >etc/rc <<'I'
#!/bin/sh
for d in proc:proc sysfs:/sys devtmpfs:/dev tmpfs:/run; do grep -q " /${d#*:} " /proc/mounts 2>/dev/null || mount -t "${d%%:*}" none "/${d##*:/}" 2>/dev/null; done
I
chmod +x etc/rc
cat >init <<'I'
#!/bin/sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev
for pass in 1 2 3; do for m in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk spl zavl znvpair zcommon icp zlua zunicode zzstd zfs; do insmod /modules/$m.ko 2>/dev/null; done; done
zpool import -N -d /dev -a 2>&1
name=''; for w in $(cat /proc/cmdline); do case $w in root=ZFS=*) name=${w#root=ZFS=} ;; root=zfs:AUTO) name=$(zpool list -H -o bootfs rpool) ;; esac; done
if [ -n "$name" ] && zfs list "$name" >/dev/null 2>&1; then
	mount -t zfs -o zfsutil "$name" /rootfs || mount -t zfs "$name" /rootfs
	for m in proc sys dev; do mount --move /$m /rootfs/$m; done
	exec switch_root /rootfs /sbin/init
fi
echo NO ROOT "$name"
mount -t tmpfs none /run
while :; do setsid sh -c 'exec sh </dev/ttyS0 >/dev/ttyS0 2>&1'; done
I
chmod +x init
find . | cpio -o -H newc --quiet | gzip -1 >"$out/initrd"
ls -la "$out/initrd"

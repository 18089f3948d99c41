// Package hypervisor is the restore points that what a machine runs on makes of it:
// checkpoints of Hyper-V, snapshots of libvirt. Both are the script restore-point of
// engine/restore, run over a session to the Hyper-V host, or by virsh: on the
// hypervisor over SSH, or on the controller with a remote URI.
//
// A rollback takes the whole machine back, and all that patchwave has on it. It is
// proven by what the hypervisor counts the starts of the machine by: the number that
// libvirt gives a domain with each start (domid), the worker process of Hyper-V. The
// machine is therefore turned off first, also where its memory would be restored, and
// its number before is journaled before anything is done.
//
// libvirt reverts snapshots without memory since 9.9 only; before, the snapshot holds
// the memory of the machine, which costs its size on disk and takes its programs back
// as well. Machines with UEFI variables in pflash cannot have such a snapshot: then
// create says so, and the next provider is tried. On Hyper-V the type of the
// checkpoint is the machine's own setting; patchwave tells it and does not change it.
//
// Proven here with a real virsh and libvirtd and its test driver (build tag virsh);
// Hyper-V was not at hand.
package hypervisor

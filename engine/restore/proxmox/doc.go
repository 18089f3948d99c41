// Package proxmox is the restore points of machines and containers that Proxmox VE
// runs: snapshots without memory, made by its API from the controller. The name of a
// snapshot is the tag of the point, and its description begins with "patchwave restore
// point": what has not both is somebody else's and is never touched.
//
// What Proxmox does takes its time, and is a task there: each is asked for until it has
// stopped, and counts only if its exit status is OK and the list of snapshots says the
// same. A rollback stops the machine, as Proxmox does it, and starts it afterwards; one
// that failed leaves a machine that ran running. It is proven by the process of the
// machine, which is another one after each start (where the API does not tell it, by
// when it began), together with the snapshot that its present grew from.
//
// The domain of the host is the number of the machine, or its name where only one has
// that; the cluster says on which node it is now. On storage of the kind ZFS only the
// newest snapshot can be gone back to: Proxmox then refuses, nothing is removed for it,
// and the words of Proxmox stand in the report.
//
// The token stands in a header of requests to the one address of the configuration, over
// TLS only: by the authorities of the system, by ca_file, or by server_fingerprint. No
// proxy of the environment is used, no redirect is followed, and no more than 4 MiB of an
// answer are read.
//
// Never met a real Proxmox VE: the tests run against a fake of its API, which keeps
// state and is written after the published schema. How long it takes was not measured.
package proxmox

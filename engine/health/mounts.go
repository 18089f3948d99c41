package health

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// kernelFS are file systems that show the kernel, not a disk.
	kernelFS = regexp.MustCompile(`^(proc|sysfs|cgroup2?|devpts|devtmpfs|debugfs|tracefs|securityfs|pstore|bpf|configfs|fusectl|hugetlbfs|mqueue|` +
		`rpc_pipefs|nfsd|ramfs|efivarfs|binfmt_misc|selinuxfs|nsfs|autofs|squashfs|overlay|fuse\.(gvfsd-fuse|portal|lxcfs|snapfuse|sshfs))$`)
	// passingMount are places whose mounts come and go with logins, containers,
	// packages, media, and with patchwave.
	passingMount = regexp.MustCompile(`^/(run|proc|sys|dev|snap|media|var/lib/(docker|containers|containerd|kubelet|lxd|lxcfs|snapd|machines|patchwave-host))(/|$)`)
	octal        = regexp.MustCompile(`\\[0-7]{3}`)
)

// mounts reads what is mounted and can be written to.
func (r *reader) mounts() {
	lines, ok := r.lines(partMounts)
	if !ok {
		return
	}
	at := map[string]string{}
	var automatic []string
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		target := octal.ReplaceAllStringFunc(f[1], func(s string) string {
			n, _ := strconv.ParseUint(s[1:], 8, 16) // three octal digits
			return string([]byte{byte(n)})
		})
		target = clean(strings.ToValidUTF8(target, "?"))
		if f[2] == "autofs" {
			automatic = append(automatic, target)
		}
		if target != "/" && (kernelFS.MatchString(f[2]) || passingMount.MatchString(target)) {
			continue
		}
		at[target] = ""
		if slices.Contains(strings.Split(f[3], ","), "ro") {
			at[target] = readOnly
		}
	}
	var names []string
	for _, target := range slices.Sorted(maps.Keys(at)) {
		// what is mounted when somebody looks at it may not be at any moment
		if !slices.ContainsFunc(automatic, func(dir string) bool { return target == dir || strings.HasPrefix(target, dir+"/") }) {
			names = append(names, target+at[target])
		}
	}
	if len(names) == 0 {
		r.miss(partMounts, "the host names no mount")
		return
	}
	r.f.Mounts = r.list(partMounts, names)
}

package apt

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates/parse"
)

// parseReboot reads frame apt.reboot. It returns nil where the host cannot
// tell: a container without the flag, or a kernel that no package put in /boot,
// on a host that never sets the flag.
func parseReboot(a framing.Answer) (*bool, []string) {
	frame, ok := a.Get("apt.reboot")
	if !ok {
		return nil, nil
	}
	values := a.Values("apt.reboot")
	var installed, packages, reasons []string
	for _, line := range frame.Lines() {
		switch key, value, _ := strings.Cut(line, "="); key {
		case "installed":
			installed = append(installed, value)
		case "package":
			packages = append(packages, parse.Clean(value, 80))
		}
	}
	if values["flag"] == "yes" {
		reason := "/run/reboot-required is set"
		if len(packages) > 0 {
			reason += " by " + strings.Join(parse.Set(packages...), ", ")
		}
		reasons = append(reasons, parse.Note("%s", reason))
	}
	running := values["kernel"]
	newest, known := newestKernel(running, installed)
	switch {
	case known && newest != running:
		reasons = append(reasons, parse.Note("kernel %s is installed, %s is running", newest, running))
	case known && rebuilt(values["build"], values["image"]):
		reasons = append(reasons, parse.Note("kernel package %s is installed, the running kernel is %q", values["image"], values["build"]))
	}
	required := len(reasons) > 0
	if !required && !known && values["flagged"] != "yes" {
		return nil, nil
	}
	return &required, reasons
}

// newestKernel returns the newest installed kernel of the running one's flavour.
// It is unknown if none of that flavour is installed.
func newestKernel(running string, installed []string) (string, bool) {
	var same []string
	for _, k := range installed {
		if flavour(k) == flavour(running) && running != "" {
			same = append(same, k)
		}
	}
	if len(same) == 0 {
		return "", false
	}
	return slices.MaxFunc(same, compareKernels), true
}

var counted = regexp.MustCompile(`^([0-9]|rc[0-9]|rpi[0-9]+$)`)

// flavour is what stands behind the version and its counters: "amd64" of
// "6.1.0-50-amd64" and "6.1.0-0.deb11.21-amd64", "cloud-amd64" of
// "6.12.74+deb13-cloud-amd64", "pve" of "6.8.12-6-pve".
func flavour(kernel string) string {
	words := strings.Split(kernel, "-")[1:]
	for len(words) > 0 && counted.MatchString(words[0]) {
		words = words[1:]
	}
	return strings.Join(words, "-")
}

var digitsOrText = regexp.MustCompile(`[0-9]+|[^0-9]+`)

// compareKernels orders kernel releases of one flavour as `ls -v` does: runs of
// digits as numbers, "~" before everything.
func compareKernels(a, b string) int {
	as, bs := digitsOrText.FindAllString(a, -1), digitsOrText.FindAllString(b, -1)
	for i := range min(len(as), len(bs)) {
		if c := comparePart(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}

func comparePart(a, b string) int {
	digit := func(s string) bool { return s[0] >= '0' && s[0] <= '9' }
	if digit(a) && digit(b) {
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}

var debianBuild = regexp.MustCompile(`\bDebian ([0-9][0-9A-Za-z.+~-]*)`)

// rebuilt says whether the kernel of the running release was replaced by another
// build of the same release: "#1 SMP Debian 6.1.55-1 (…)" against the version of
// its package. Only Debian writes the package's version into the kernel.
func rebuilt(build, image string) bool {
	m := debianBuild.FindStringSubmatch(build)
	return m != nil && image != "" && m[1] != image
}

package plan

// ComputeDigest returns the digest of p: "sha256:" and the hexadecimal SHA-256
// of the canonical JSON (RFC 8785) of the plan without schema, id, digest,
// times, and the sentences for people, which may hold one.
func (p *Plan) ComputeDigest() string { return "sha256:" + canonicalSum(p) }

// Package feeds reads vulnerability data that others publish as files, and works
// out with it what a pending update mends. Nothing here fetches anything: the
// operator brings the files.
//
//	osv     all.zip of one ecosystem of OSV: a JSON record a flaw or advisory
//	debian  the JSON of Debian's security tracker
//	kev     CISA's catalogue of known exploited vulnerabilities, JSON or CSV
//	epss    FIRST's daily scores, CSV
//
// Each may be compressed with gzip, but for the zip.
//
// The parsers are streams: memory does not grow with the file. Size, unpacked
// size, nesting and the number of entries are bounded (limits.go); a file beyond
// a bound, or that breaks off, is an error, and whoever imports keeps what there
// was. An entry that cannot be used, because its name or version is none, is
// counted and left out. No text of a feed but checked identifiers, versions and
// dates is handed on.
//
// What is stored of a flaw is where it is mended (Fix): a package of a release,
// and the first version without it. An update mends a flaw if that version is
// newer than what is installed and not newer than what is on offer, in the order
// of the host's own package manager.
//
// The severity of an update is the worst of what it mends. For each CVE the
// distributor's own word counts (Debian's urgency, Ubuntu's priority, a severity
// in database_specific); only without one the CVSS base score:
//
//	9.0–10.0 critical   7.0–8.9 important   4.0–6.9 moderate   0.1–3.9 low
//
// A manager that knows the severity is never overruled.
package feeds

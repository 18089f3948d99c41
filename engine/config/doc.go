// Package config reads the patchwave language and hands out plain values. It is
// the only package that knows HCL.
//
//	files.go     which files, and whether they may be trusted (owner, mode)
//	guard.go     bounds size and nesting before the parser sees a byte
//	load.go      Load: parse ─► variables, locals ─► one decoder a block type ─► link
//	block.go     what every decoder uses: arguments of a block, typed and checked
//	<block>.go   one file a block type: its schema, its decoder, its private value
//	refs.go      references by name, and the tables of what was declared
//	where.go     conditions, compiled once and run later
//	text.go      commands and URLs that name attributes of the host, likewise
//	source*.go   hosts and groups of other inventories, declared as if they stood here
//	link*.go     references become pointers; cycles and conflicts are found
//	times.go     what is wrong or unwise with windows, gaps and orders
//	describe*.go the language in values, one function a block, from the same shapes,
//	             closed lists and defaults; Schema and Reference are made of it
//	resolve.go   Config.Resolve: the private values and the facts become
//	             inventory.Inventory and policies.Policy
//	declared.go  Config.Declared: everything else that is declared
//	policytest*.go  LoadTests and Config.Tests: the blocks of *.pwtest.hcl
//
// # Rules of the house
//
// Every mistake is reported, all in one go, each at its place; a decoder that
// meets one goes on with the best it has, and nothing is reported twice for one
// cause. Errors come from the configuration alone: facts of hosts can add
// warnings, never errors.
//
// Loading touches no network, starts no program and reads no secret. What a source
// of type command printed is handed in (Options.SourceOutput). No hcl.Body is kept
// after Load: a Config holds values, and the expressions of conditions.
//
// What a machine says about itself must never be able to run or to choose where
// patchwave logs in. So a group whose condition reads facts sets no connection,
// and what runs on the controller sees declared attributes only, as arguments of
// their own: in a script, or behind -c of a shell, they are an error, on the host
// as well.
//
// # Where the description of the language is silent
//
// A connection of type winrm is https with ntlm unless it says otherwise. notify
// without `on` is told everything; notice without `to` goes to the policy's notify.
// wake waits five minutes and leaves the host on (then = "stay"). undo is written
// as what it undoes is: a list, or a script. run in a command probe may be a list
// too: a program and its arguments, without a shell. What a source says about one
// host (user, port, keys, jump) wins over the connection, but for secrets, become
// and trust; hosts of a source without a connection need one from a group.
//
// # Policy tests
//
//	test NAME     now (RFC 3339); host and expect blocks
//	host NAME     a declared host; os {family, name, version}, kernel, package_manager,
//	              reboot_required, virtual; labels; updates, a list of objects with
//	              name, version (or to), from, arch, source, classification, severity,
//	              advisories, cves, kbs, size, reboot, held, published, first_seen,
//	              known_exploited. Without a fact the host was never scanned
//	expect        host, update, decision; rule, until, policy, version
//
// Times are RFC 3339 or a date: published and first_seen begin with it, until ends
// with it, in patchwave's zone.
//
// Lists are walked with hcl.ExprList, element by element: converting a long
// tuple to a list with go-cty takes quadratic time.
package config

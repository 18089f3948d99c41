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
//	link*.go     references become pointers; cycles and conflicts are found
//	resolve.go   Config.Resolve: the private values and the facts become
//	             inventory.Inventory and policies.Policy
//
// # Rules of the house
//
// Every mistake is reported, all in one go, each at its place; a decoder that
// meets one goes on with the best it has, and nothing is reported twice for one
// cause. Errors come from the configuration alone: facts of hosts can add
// warnings, never errors.
//
// Loading touches no network and reads no secret. No hcl.Body is kept after
// Load: a Config holds values, and the expressions of conditions.
//
// Lists are walked with hcl.ExprList, element by element: converting a long
// tuple to a list with go-cty takes quadratic time.
package config

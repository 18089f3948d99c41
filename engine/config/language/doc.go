// Package language describes the configuration language in values: which blocks
// there are, what may stand in them, and what it means. From one description come
// a JSON Schema for editors and a reference to read.
//
//	language.go  Language, Block, Argument: what is described
//	types.go     Type: what may be written for an argument
//	value.go     a value as it is written in native syntax
//	schema.go    Language.JSONSchema: the schema of *.hcl.json files
//	kinds.go     the schema of each type
//	markdown.go  Language.Reference: the reference, in Markdown
//
// It knows no block of patchwave: package config fills it from its own shapes,
// closed lists and defaults, and its tests hold the description against what the
// decoders really read.
package language

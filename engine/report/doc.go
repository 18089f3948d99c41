// Package report turns what is known into what is shown: for every command a
// document (the JSON of the contract) and, beside it, the text that says the
// same to people. One value, two renderings; nothing is computed in a renderer.
//
// Whatever a host said goes through package safe before it reaches a terminal.
// JSON carries it as it is, escaped as JSON.
package report

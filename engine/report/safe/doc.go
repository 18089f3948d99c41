// Package safe makes text harmless for people: for a terminal, a log, a mail, a
// page. Text that a managed host had any part in goes through here, and only
// here, on its way to a human reader. JSON and other machine formats take the
// text as it is and escape it by their own rules.
//
//	Text      one line: names, versions, error messages, table cells
//	Block     many lines: output of a command, a host's own log
//	Writer    a stream of lines: beneath a logger
//	Truncate  a table cell of a certain width
//
// What could act on a terminal, hide, or change the look of its neighbours is
// written out: ESC as \x1b, a right-to-left override as \u202e, a broken byte as
// \xff. Nothing is dropped, so that a reader sees that something was there. What
// stays is the blank of ASCII and what Unicode calls a letter, mark, number,
// punctuation or symbol, less the ones that are invisible (Unicode
// Default_Ignorable_Code_Point) and less marks that are piled up.
//
// A backslash stays as it is: what was made harmless once is not changed by
// doing it again. So the text `\x1b` and an escape character look the same here;
// who must tell them apart reads the JSON.
package safe

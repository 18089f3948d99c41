calendar "torn" {
  ics = "torn.ics" # error: the calendar file cannot be understood
}

calendar "text" {
  ics = "text.ics" # error: the calendar file cannot be understood
}

calendar "folder" {
  ics = "." # error: it is not a regular file
}

calendar "nul" {
  ics = "a\u0000b" # error: this is no path
}

patchwave {
  required_version = "later" # error: "later" is no version constraint
  timezone         = "Europe/Berlyn" # error: there is no time zone "Europe/Berlyn"; Write a name of the IANA
  parallelism      = 0 # error: parallelism must be a whole number from 1 to
  known_hosts      = ["", "~bob/known_hosts"] # error: an element of known_hosts is empty # error: the home of another user cannot be named
  database         = "" # error: database is empty
  databse          = "x" # error: unsupported argument; An argument named "databse" is not expected here
}

patchwave {} # error: duplicate patchwave block; There is one at most; the first is at patchwave.hcl:1.

patchwave "x" {} # error: extraneous label for patchwave

windows "w" {} # error: Did you mean "window"?

conection "c" {} # error: Did you mean "connection"?

stray = 1 # error: unsupported argument

# scan: the facts of the host and what is pending, in one call; "facts": the facts only.

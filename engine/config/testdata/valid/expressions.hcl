# Everything an expression can use.
variable "hosts" {
  type        = map(string)
  description = "addresses by name"
  default     = { a = "10.0.0.1" }
}

locals {
  words = split(",", "b,a")
  data  = jsondecode("{\"n\": [1, 2]}")
  table = csvdecode("name,role\na,web\n")
  sum   = local.data.n[0] + local.data.n[1]
  try   = try(local.data.none, "default")
  multi = <<-EOT
    one
    two
  EOT
}

locals {
  many = [for w in local.words : upper(w) if w != "z"]
}

connection "c" {
  type     = "ssh"
  password = local.sum == 3 ? secret("cred:a") : secret("file:b")
}

host "a" {
  address    = var.hosts["a"]
  connection = connection.c
  labels = {
    fleet  = env("FLEET")
    unset  = env("NOT_SET", "none")
    role   = local.table[0].role
    in     = cidrcontains("10.0.0.0/8", var.hosts["a"]) ? "yes" : "no"
    word   = sort(local.words)[0]
    "x/y"  = local.try
    joined = join("-", local.many)
  }
  vars = { text = local.multi }
}

group "g" {
  where = (
    cidrcontains("10.0.0.0/8", host.address)
    && contains(keys(host.labels), "fleet")
    && host.labels[local.words[0]] == null
    && length([for k, v in host.labels : k if v == "blue"]) == 1
    && coalesce(host.os.version, "0") != "12"
    && lookup(host.labels, "role", "") == "web"
    && host.labels["x/y"] == "default"
    && !(host.kernel == "1")
    && host.vars.text != null
    && (host.reboot_required == true || host.last_seen == null)
  )
}

# A few lines that would take for ever.
locals {
  r = range(1000)
  a = [for x in local.r : x if x > 10]
  b = [for x in local.r : [for y in local.r : [for z in local.r : z]]] # error: too much to evaluate
}

test "nor a policy test" {}

package examples_test

// practices is where the seven practices are.
const practices = "practices"

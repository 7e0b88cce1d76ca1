package engine_test

// childEnv names the environment variable that makes the test binary run as a
// child of a test, for what would disturb the other tests.
const childEnv = "SOCKEYE_ENGINE_TEST_CHILD"

// runChild gives the exit code.
func runChild(name string) int { return 1 }

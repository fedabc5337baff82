package app

// Unsealed lets personal data into the log in clear, for the test that must find it there.
func Unsealed(env *Env) { env.unsealed = true }

// Uncompressed leaves the event store's files readable to whoever looks for bytes in them.
func Uncompressed(env *Env) { env.uncompressed = true }

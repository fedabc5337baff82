// Package postgres runs a private PostgreSQL server, out of the programs that the machine has installed, on a data directory of our own.
//
// It makes the cluster at the first start, starts the server on a unix socket and stops it again. It knows nothing of
// schemas, tables or roles: whoever connects through [Cluster.URL] brings those. A server of somebody else is not its
// business either.
//
// On disk, below the directory that it is given: `lock`, held by the living process that owns the cluster, and `data`,
// the cluster. `data.new-*` is a cluster that was never finished and is thrown away at the next start. The socket lives
// in a short directory of its own below the run or the temporary directory.
//
// # Decisions
//
// The lock decides who owns the cluster, not postmaster.pid. The kernel drops it when its process dies, however it dies;
// so whoever holds it may end every server that still runs on the data, and a process id out of a file is never trusted.
//
// Whoever reaches the socket is trusted, and its directory is closed to all but the server's user and root. Both can
// read the data files anyway, and in PostgreSQL 15 a peer map cannot let one operating-system user be any role.
//
// As root the server runs as another user, because PostgreSQL refuses root. Where a parent directory is closed to
// that user the server is given CAP_DAC_READ_SEARCH, which lets it read any file of the machine; so it is given
// only there, and only that one.
//
// Settings travel on the command line instead of in postgresql.conf: nothing is left from an older build, and an
// `alter system` cannot open a TCP port or bring statement texts back into the log.
//
// The message of an error in a session is withheld from our log, not only its statement: PostgreSQL quotes the value
// that it could not read. The client gets the message; the log gets the SQLSTATE.
package postgres

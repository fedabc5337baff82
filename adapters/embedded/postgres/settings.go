package postgres

import (
	"maps"
	"slices"
)

// socketPort names the socket; there is no TCP port.
const socketPort = "5432"

// arguments is the command line of the server: tuning first, then what the caller wants otherwise, then what keeps the
// server private, which nobody wants otherwise.
func arguments(data, sockets string, opts Options) []string {
	settings := tuning()
	if opts.Ephemeral {
		maps.Copy(settings, throwaway())
	}
	maps.Copy(settings, opts.Settings)
	maps.Copy(settings, private(sockets))

	args := []string{"-D", data}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// tuning fits a machine with little memory that runs other things too.
func tuning() map[string]string {
	return map[string]string{
		"shared_buffers":                  "256MB",
		"effective_cache_size":            "1GB",
		"work_mem":                        "16MB",
		"maintenance_work_mem":            "128MB",
		"max_connections":                 "100",
		"max_wal_size":                    "1GB",
		"max_parallel_workers_per_gather": "1",
		"random_page_cost":                "1.1",
		"jit":                             "off", // our queries are short: compiling them costs more than it saves
	}
}

// throwaway trades every promise about a crash for speed.
func throwaway() map[string]string {
	return map[string]string{
		"shared_buffers":     "64MB",
		"max_connections":    "300",
		"fsync":              "off",
		"full_page_writes":   "off",
		"synchronous_commit": "off",
		"wal_level":          "minimal",
		"max_wal_size":       "128MB",
		"max_wal_senders":    "0",
		"autovacuum":         "off", // a plan in a test depends on what the test analyzed, not on luck
	}
}

// private keeps other users of the machine out, and personal data out of the log and out of recycled files.
func private(sockets string) map[string]string {
	return map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": sockets,
		"unix_socket_permissions": "0700",
		"port":                    socketPort,
		"timezone":                "UTC",

		"wal_recycle": "off", // a recycled segment keeps the old bytes at its end

		"log_destination":                   "stderr",
		"logging_collector":                 "off",
		"log_line_prefix":                   logPrefix,
		"log_error_verbosity":               "terse", // DETAIL and CONTEXT quote rows and statements
		"log_min_error_statement":           "panic",
		"log_min_messages":                  "warning",
		"log_statement":                     "none",
		"log_min_duration_statement":        "-1",
		"log_min_duration_sample":           "-1",
		"log_transaction_sample_rate":       "0",
		"log_duration":                      "off",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"log_timezone":                      "UTC",
		"lc_messages":                       "C", // our reader of the log knows the severities in English
	}
}

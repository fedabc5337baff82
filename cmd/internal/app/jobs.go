package app

import (
	"context"
	"log/slog"

	"tagtrail/adapters/jobs"
	"tagtrail/adapters/postgres"
)

// openJobs answers the room of what is done to many in the background. Only a process that works there is given workers;
// the others ask for work.
func openJobs(ctx context.Context, b *Backends, positions *postgres.Positions, log *slog.Logger, works bool) (*jobs.Jobs, error) {
	config := jobs.Config{Pool: b.Postgres, Commands: b.Commands, Log: log}
	if works {
		gathers, err := b.gathers(ctx, positions)
		if err != nil {
			return nil, err
		}
		config.Carriers = []jobs.Carrier{b.imports(nil), gathers}
		if config.Workers, err = b.onMany(ctx, positions); err != nil {
			return nil, err
		}
	}
	return jobs.New(ctx, config)
}

// imports answers who takes files, and has them worked at where there is somebody.
func (b *Backends) imports(work *jobs.Jobs) imports {
	return imports{commands: b.Commands, files: b.files(), jobs: work}
}

func (b *Backends) files() postgres.Files { return postgres.Files{Pool: b.Postgres, Sealer: b.Vault} }

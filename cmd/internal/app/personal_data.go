package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/adapters/jobs"
	"tagtrail/adapters/postgres"
	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/importing"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/projections"
)

// gathered keeps files about persons, each sealed under the key of whom it is about.
type gathered struct {
	*Backends
	gatherer *httpapi.Gatherer // nil where files are only read
}

func (g gathered) of(whose uuid.UUID) postgres.Files {
	files := g.files()
	files.Of = whose
	return files
}

// Read answers a file.
func (g gathered) Read(ctx context.Context, org organization.ID, id operation.ID, whose contact.ID, out io.Writer) error {
	err := g.of(whose.UUID).Copy(ctx, org.UUID, id.UUID, postgres.PersonalData, out)
	if errors.Is(err, importing.ErrFileGone) || errors.Is(err, personal.ErrErased) {
		return commands.ErrNotFound
	}
	return err
}

// errGathering says that what is held about a person cannot be written down.
var errGathering = errors.New("gathering what is held about a person broke down")

// Kind is that of operations about one person.
func (gathered) Kind() operation.Kind { return operation.PersonalData }

// Carry writes the file, from its beginning where it was interrupted. Nothing is gathered of somebody who was erased meanwhile.
func (g gathered) Carry(ctx context.Context, asked jobs.Asked, _ jobs.Tell) (operation.Counts, error) {
	person, err := httpapi.PersonOf(asked.Operation)
	if err != nil {
		return operation.Counts{}, err
	}
	files := g.of(person.Contacts[0])
	if err := files.Drop(ctx, asked.Organization.UUID, asked.ID.UUID); err != nil {
		return operation.Counts{}, err
	}
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := errGathering // where it panics
		defer func() {
			if broken := recover(); broken != nil {
				err = fmt.Errorf("%w: %T", errGathering, broken) // its text may be about the person
			}
			ended <- err
			_ = write.CloseWithError(err)
		}()
		err = g.gatherer.Write(ctx, asked.Organization, person, write)
	}()
	_, kept := files.Receive(ctx, asked.Organization.UUID, asked.ID.UUID, postgres.PersonalData, read)
	_ = read.CloseWithError(kept)
	err = errors.Join(<-ended, kept)
	switch {
	case errors.Is(err, personal.ErrErased):
		return operation.Counts{Total: 1, Refused: 1}, nil
	case err != nil:
		return operation.Counts{}, err
	}
	return operation.Counts{Total: 1, Changed: 1}, nil
}

// gathers answers who gathers what is held about persons.
func (b *Backends) gathers(ctx context.Context, positions *postgres.Positions) (gathered, error) {
	past, err := groupNamed(projections.Audit)
	if err != nil {
		return gathered{}, err
	}
	now := served()
	reads, err := b.reader(ctx, now)
	if err != nil {
		return gathered{}, err
	}
	readsPast, err := b.reader(ctx, past)
	if err != nil {
		return gathered{}, err
	}
	return gathered{b, httpapi.NewGatherer(httpapi.Config{
		Commands: b.Commands, Reads: reads, Positions: groupPositions{positions, now.Name}, Head: b.Store.Head, LogID: b.LogID,
		Past: httpapi.Past{Reads: readsPast, Positions: groupPositions{positions, past.Name}, Opener: b.Codec},
	})}, nil
}

// reader answers a pool that reads the tables of a group until the process ends.
func (b *Backends) reader(ctx context.Context, g projections.Group) (*postgres.Pool, error) {
	pool, err := postgres.OpenReader(ctx, b.postgresURL, postgres.ReadSchema(g))
	if err == nil {
		b.closeLater(func() error { pool.Close(); return nil })
	}
	return pool, err
}

// dropAbout gives up the files about persons that any of the contacts is in.
func (g gathered) dropAbout(ctx context.Context, org organization.ID, contacts []contact.ID) error {
	kept, err := g.files().KeptAbout(ctx, org.UUID)
	if err != nil {
		return err
	}
	for _, file := range kept {
		o, err := g.Commands.Operation(ctx, org, operation.ID{UUID: file})
		if err != nil {
			return err
		}
		person, unread := httpapi.PersonOf(o)
		if unread == nil && !slices.ContainsFunc(contacts, func(c contact.ID) bool { return slices.Contains(person.Contacts, c.UUID) }) {
			continue
		}
		if err := g.of(file).Drop(ctx, org.UUID, file); err != nil { // the rows alone: the person's key is gone by itself
			return err
		}
	}
	return nil
}

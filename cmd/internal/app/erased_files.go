package app

import (
	"context"
	"errors"
	"io"

	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// erasing works at erasures. It remembers which files were looked through for whom,
// so that an attempt that runs out of time is gone on with by the next one.
type erasing struct {
	*Backends
	files imports
	read  map[uuid.UUID]map[uuid.UUID]bool // by erasure, the files that do not name the person
}

func (b *Backends) erasing() *erasing { return &erasing{Backends: b, files: b.imports(nil)} }

// dropFiles gives up the files that name somebody who is to be forgotten, with what came of their rows, and answers the
// erasures whose organisations have none left. A file is read once for all who are looked for.
func (e *erasing) dropFiles(ctx context.Context, pending []postgres.Erasure) (ready []postgres.Erasure, err error) {
	byOrg, order := map[uuid.UUID][]sought{}, []uuid.UUID{}
	read := map[uuid.UUID]map[uuid.UUID]bool{}
	for _, each := range pending {
		if read[each.ID] = e.read[each.ID]; read[each.ID] == nil {
			read[each.ID] = map[uuid.UUID]bool{}
		}
		// Files say whom they name under keys of their own; what the person was known by can be read as long as theirs is there.
		known, unknown := e.Commands.KnownOf(forErasure(ctx, each), erasure.ID{UUID: each.ID})
		if errors.Is(unknown, contact.ErrLegalHold) { // which came first: the erasure is given up
			continue
		}
		if unknown != nil {
			err = errors.Join(err, unknown)
			continue
		}
		if byOrg[each.Org] == nil {
			order = append(order, each.Org)
		}
		byOrg[each.Org] = append(byOrg[each.Org], sought{each, known, read[each.ID]})
	}
	e.read = read // what is not pending any more is not asked about again
	for _, org := range order {
		if failed := e.lookThrough(ctx, organization.ID{UUID: org}, byOrg[org]); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		for _, each := range byOrg[org] {
			ready = append(ready, each.Erasure)
		}
	}
	return ready, err
}

// sought is somebody whom files are looked through for.
type sought struct {
	postgres.Erasure
	person importing.Person
	read   map[uuid.UUID]bool // files that do not name the person
}

// lookThrough reads the files of an organisation until there is none that was not read, also of those that come meanwhile.
func (e *erasing) lookThrough(ctx context.Context, org organization.ID, whom []sought) error {
	for {
		kept, err := e.files.files.Kept(ctx, org.UUID)
		if err != nil {
			return err
		}
		anew := false
		for _, file := range kept {
			var persons []importing.Person
			for _, each := range whom {
				if !each.read[file] {
					persons = append(persons, each.person)
				}
			}
			wanted := importing.LookFor(persons...)
			if wanted.Nobody() {
				continue
			}
			anew = true
			if err := e.files.dropIfNamed(ctx, org, operation.ID{UUID: file}, wanted); err != nil {
				return err
			}
			for _, each := range whom {
				each.read[file] = true
			}
		}
		if !anew {
			return nil
		}
	}
}

// dropIfNamed gives up a file that names one of the persons. One that cannot be read to its end may name anybody.
func (i imports) dropIfNamed(ctx context.Context, org organization.ID, file operation.ID, persons *importing.Sought) error {
	named, err := i.names(ctx, org, file, persons)
	if refused := fault.Of(err); refused != nil && refused.Kind != fault.Unavailable {
		named, err = true, nil
	}
	if err == nil && named {
		err = i.files.Drop(ctx, org.UUID, file.UUID)
	}
	return err
}

// names says whether a file names one of the persons.
func (i imports) names(ctx context.Context, org organization.ID, id operation.ID, persons *importing.Sought) (bool, error) {
	o, err := i.commands.Operation(ctx, org, id)
	if err != nil {
		return false, err
	}
	var settings importing.Settings
	if o.Phase() != operation.Unknown { // else it has only just arrived, or was left behind
		if settings, err = settingsOf(o); err != nil {
			return false, err
		}
	}
	sheet, err := i.open(ctx, org.UUID, id.UUID, settings.Encoding)
	if err != nil {
		return false, err
	}
	defer func() { _ = sheet.Close() }()
	for {
		row, err := sheet.Next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil || persons.In(row) {
			return true, err
		}
	}
}

package readmodels

import (
	"bytes"
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/domain/personal"
)

// openAll opens those of the texts that are sealed, all at once.
func openAll(ctx context.Context, by Opener, org uuid.UUID, texts []*personal.Text) error {
	var seals []personal.Seal
	var sealed []*personal.Text
	for _, text := range texts {
		if seal, ok := text.Seal(); ok {
			seals, sealed = append(seals, seal), append(sealed, text)
		}
	}
	if len(seals) == 0 {
		return nil
	}
	opened, err := by.Open(ctx, org, seals)
	if err != nil {
		return fmt.Errorf("open %d values: %w", len(seals), err)
	}
	for i, text := range opened {
		*sealed[i] = text
	}
	return nil
}

// sealedName reads a column of text that holds a name as it is, or sealed.
type sealedName personal.Text

// ScanBytes implements pgtype.BytesScanner.
func (n *sealedName) ScanBytes(column []byte) error {
	if column == nil {
		return nil
	}
	if bytes.HasPrefix(column, []byte(`{"$sealed":`)) {
		return (*sealedJSON)(n).ScanBytes(column)
	}
	*n = sealedName(personal.New(string(column)))
	return nil
}

// sealedJSON reads a column of JSON, brought as text, that holds a personal text in any of its forms.
type sealedJSON personal.Text

// ScanBytes implements pgtype.BytesScanner.
func (j *sealedJSON) ScanBytes(column []byte) error {
	if column == nil {
		return nil
	}
	if err := json.Unmarshal(column, (*personal.Text)(j)); err != nil {
		return fmt.Errorf("read a personal value: %w", err)
	}
	return nil
}

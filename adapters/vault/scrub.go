package vault

import (
	"context"
	"fmt"
)

// Scrub leaves nothing behind of keys that were shredded and identities that were forgotten: what the database marks as
// free it does not overwrite. The tables are rewritten, and locked meanwhile.
func (v *Vault) Scrub(ctx context.Context) error {
	for _, table := range []string{"vault.keys", "vault.identities"} {
		if _, err := v.db.Exec(ctx, `vacuum (full, analyze) `+table); err != nil {
			return fmt.Errorf("rewrite %s: %w", table, outage(err))
		}
	}
	return nil
}

package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// cursorVersion numbers the form of cursors.
const cursorVersion = 1

// longestCursor is above any that we make.
const longestCursor = 8 << 10

// place says to which list a cursor belongs: of which organisation, and with which filters.
type place struct {
	org     uuid.UUID
	list    string
	filters []string
}

// cursor writes where the next page begins; nil is the end and has none.
func cursor[K any](a *api, of place, next *K) (*string, error) {
	if next == nil {
		return nil, nil
	}
	key, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	written := base64.RawURLEncoding.EncodeToString(append(append([]byte{cursorVersion}, a.seal(of, key)...), key...))
	return &written, nil
}

// open reads what cursor wrote for the same place; "" is the beginning.
func open[K any](a *api, of place, written string) (*K, error) {
	if written == "" {
		return nil, nil
	}
	if len(written) > longestCursor {
		return nil, ErrCursor
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(written)
	if err != nil || len(decoded) < 1+sha256.Size || decoded[0] != cursorVersion {
		return nil, ErrCursor
	}
	seal, key := decoded[1:1+sha256.Size], decoded[1+sha256.Size:]
	if !hmac.Equal(seal, a.seal(of, key)) {
		return nil, ErrCursor
	}
	opened := new(K)
	if json.Unmarshal(key, opened) != nil {
		return nil, ErrCursor
	}
	return opened, nil
}

// seal authenticates a key of a place. Each part goes in with its length, so that no two places look the same.
func (a *api) seal(of place, key []byte) []byte {
	mac := hmac.New(sha256.New, a.CursorKey)
	for _, part := range append([]string{string(rune(cursorVersion)), of.org.String(), of.list, string(key)}, of.filters...) {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

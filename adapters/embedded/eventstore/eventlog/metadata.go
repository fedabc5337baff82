package eventlog

import (
	"bytes"
	"encoding/json"
	"time"
)

// Metadata is what of a stream's metadata decides which of its events are visible.
type Metadata struct {
	TruncateBefore int64
	MaxCount       int64
	MaxAge         time.Duration
}

// SoftDeleted reports whether everything written so far is hidden.
func (m Metadata) SoftDeleted() bool { return m.TruncateBefore == DeletedRevision }

// First is the lowest visible revision of a stream that ends at last.
func (m Metadata) First(last int64) int64 {
	first := max(0, m.TruncateBefore)
	if m.MaxCount > 0 {
		first = max(first, last-m.MaxCount+1)
	}
	return first
}

// SoftDelete is the metadata that hides a whole stream.
func SoftDelete() []byte { return []byte(`{"$tb":9223372036854775807}`) }

// ParseMetadata reads the data of a metadata event. What does not parse counts as no metadata; values that make no sense are ignored one by one.
func ParseMetadata(data []byte) Metadata {
	members, ok := membersOf(data)
	if !ok {
		return Metadata{}
	}
	var count, age, before int64
	for name, to := range map[string]*int64{"$maxCount": &count, "$maxAge": &age, "$tb": &before} {
		if value, there := members[name]; there && json.Unmarshal(value, to) != nil {
			return Metadata{}
		}
	}
	return Metadata{TruncateBefore: max(0, before), MaxCount: max(0, count), MaxAge: seconds(max(0, age))}
}

// Recreate is raw metadata with its truncation set to begin at first; false when the metadata is no JSON object.
func Recreate(data []byte, first int64) ([]byte, bool) {
	members, ok := membersOf(data)
	if !ok {
		return nil, false
	}
	before, err := json.Marshal(first)
	if err != nil {
		return nil, false
	}
	members["$tb"] = before
	changed, err := json.Marshal(members)
	return changed, err == nil
}

func membersOf(data []byte) (map[string]json.RawMessage, bool) {
	var members map[string]json.RawMessage
	err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &members)
	return members, err == nil && members != nil
}

// seconds stops at the longest duration instead of wrapping around.
func seconds(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Second)
	return time.Duration(min(n, most)) * time.Second
}

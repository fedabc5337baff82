package wire

import (
	"bytes"
	"regexp"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

const defaultWindow = 32

// filter chooses events of the whole log, and says after how many that it looked at a checkpoint is due.
type filter struct {
	match    func(stream, eventType []byte) bool
	interval int
}

// filterOf is nil when the reader wants all, and no checkpoints.
func filterOf(o *streams.ReadReq_Options) (*filter, error) {
	f := o.GetFilter()
	if f == nil {
		return nil, nil
	}
	window, multiplier := int(f.GetMax()), int(f.GetCheckpointIntervalMultiplier())
	if window == 0 {
		window = defaultWindow
	}
	text, err := expression(f)
	if err != nil {
		return nil, err
	}
	match := func(stream, _ []byte) bool { return text(stream) }
	if f.GetEventType() != nil {
		match = func(_, eventType []byte) bool { return text(eventType) }
	}
	return &filter{match: match, interval: window * max(1, multiplier)}, nil
}

func expression(f *streams.ReadReq_Options_FilterOptions) (func([]byte) bool, error) {
	e := f.GetStreamIdentifier()
	if e == nil {
		e = f.GetEventType()
	}
	if e == nil {
		return nil, invalid("a filter is by stream or by event type")
	}
	if pattern := e.GetRegex(); pattern != "" {
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return nil, invalid("the filter's regular expression is not one of RE2")
		}
		return compiled.Match, nil
	}
	if len(e.GetPrefix()) == 0 {
		return nil, invalid("a filter needs a regular expression or a prefix")
	}
	prefixes := make([][]byte, len(e.GetPrefix()))
	for i, p := range e.GetPrefix() {
		prefixes[i] = []byte(p)
	}
	return func(text []byte) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(text, p) {
				return true
			}
		}
		return false
	}, nil
}

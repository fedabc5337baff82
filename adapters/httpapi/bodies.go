package httpapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The limits of a body.
const (
	maxBodyBytes = 1 << 20
	maxDepth     = 100
	bodyTimeout  = 10 * time.Second
)

// The media types of bodies.
const (
	plainJSON  = "application/json"
	mergePatch = "application/merge-patch+json"
)

// takeBody reads the whole body and checks that it is what the operation takes: "" is no body at all. The framework then
// finds nothing to guess about.
func takeBody(w http.ResponseWriter, r *http.Request, takes string, required bool) ([]byte, error) {
	if encoding := r.Header.Values("Content-Encoding"); len(encoding) > 1 || len(encoding) == 1 && !strings.EqualFold(encoding[0], "identity") {
		return nil, ErrUnsupported
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case takes == "" && len(body) > 0:
		return nil, ErrNoBody
	case takes == "", len(body) == 0 && !required:
		return body, nil
	case len(body) == 0:
		return nil, ErrBodyMissing
	case !isMediaType(r.Header, takes):
		return nil, ErrUnsupported
	}
	return body, checkJSON(body)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBodyBytes {
		w.Header().Set("Connection", "close")
		return nil, ErrTooLarge
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(bodyTimeout)) // where there is a connection
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err == nil {
		_ = connection.SetReadDeadline(time.Time{})
		return body, nil
	}
	w.Header().Set("Connection", "close")
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, ErrTooLarge
	}
	if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() {
		return nil, ErrTimeout
	}
	return nil, ErrMalformed
}

func isMediaType(header http.Header, want string) bool {
	given := header.Values("Content-Type")
	if len(given) != 1 {
		return false
	}
	media, parameters, err := mime.ParseMediaType(given[0])
	if err != nil || media != want {
		return false
	}
	for name, value := range parameters {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}

// checkJSON says whether the bytes are one JSON document: no name twice in an object, no broken text, nothing behind it,
// and not nested without end.
func checkJSON(body []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	for first := true; first || dec.StackDepth() > 0; first = false {
		token, err := dec.ReadToken()
		if err != nil {
			return malformed(err)
		}
		if dec.StackDepth() > maxDepth {
			return ErrTooDeep
		}
		if token.Kind() == '0' && !finite(token) {
			return ErrJSON
		}
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return ErrJSON
	}
	return nil
}

// finite says whether a number is one that a machine can hold.
func finite(number jsontext.Token) bool {
	f, err := number.Float()
	return err == nil && f-f == 0
}

// malformed points at what is wrong where the text allows it.
func malformed(err error) error {
	if broken, ok := errors.AsType[*jsontext.SyntacticError](err); ok && broken.JSONPointer != "" {
		return ErrJSON.At(bounded(string(broken.JSONPointer)))
	}
	return ErrJSON
}

// moment writes instants.
func moment() *json.Marshalers {
	return json.MarshalToFunc(func(enc *jsontext.Encoder, t time.Time) error {
		return enc.WriteToken(jsontext.String(t.UTC().Format("2006-01-02T15:04:05.000Z")))
	})
}

// format reads and writes JSON by the strict rules, with instants in UTC and milliseconds.
func format() huma.Format {
	instants := json.WithMarshalers(moment())
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			marshalers := instants
			if c, ok := v.(concealed); ok {
				v, marshalers = c.answer, json.WithMarshalers(json.JoinMarshalers(moment(), c.marshalers()))
			}
			body, err := json.Marshal(v, marshalers, jsontext.AllowInvalidUTF8(true)) // what is no text is replaced, and fails no answer
			if err != nil {
				return err
			}
			_, err = w.Write(body)
			return err
		},
		Unmarshal: func(data []byte, v any) error { return json.Unmarshal(data, v) },
	}
}

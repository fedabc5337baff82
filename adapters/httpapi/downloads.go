package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
)

// download answers a file that is written while it is sent. What fails before its first byte is a problem like any other;
// what fails behind it can only be cut off, so that nobody takes half a file for the whole.
func (a *api) download(name, mediaType string, headers map[string]string, write func(ctx context.Context, out io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humamux.Unwrap(hc)
		out := &streamed{ResponseWriter: w, connection: http.NewResponseController(w), mediaType: mediaType, name: name, headers: headers}
		err := write(r.Context(), out)
		switch {
		case err == nil:
			out.begin()
		case !out.begun:
			a.refuse(w, r, a.problemOf(r.Context(), err))
		default:
			a.Log.WarnContext(r.Context(), "download cut off", "request_id", requestOf(r.Context()).id, "error", loggable(err))
			panic(http.ErrAbortHandler)
		}
	}}
}

// streamed is an answer that goes on for as long as somebody reads it.
type streamed struct {
	http.ResponseWriter
	connection      *http.ResponseController
	mediaType, name string
	headers         map[string]string
	begun           bool
}

// readerPatience is how long a reader may take for the next bytes.
const readerPatience = time.Minute

// Write sends a part of the file.
func (s *streamed) Write(part []byte) (int, error) {
	s.begin()
	_ = s.connection.SetWriteDeadline(time.Now().Add(readerPatience)) // where there is a connection
	return s.ResponseWriter.Write(part)
}

func (s *streamed) begin() {
	if !s.begun {
		s.begun = true
		s.Header().Set("Content-Type", s.mediaType)
		for name, value := range s.headers {
			s.Header().Set(name, value)
		}
		s.Header().Set("Content-Disposition", `attachment; filename="`+s.name+`"`)
	}
}

package httpapi

import (
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tagtrail/domain/fault"
)

// The faults of files that are sent.
var (
	ErrUpload       = fault.New(fault.Unsupported, "request.not-a-file", "the body is a file, or multipart/form-data with one part called file; not compressed")
	ErrFileTooLarge = fault.New(fault.TooLarge, "request.file-too-large", "a file has at most 256 MiB")
)

// uploadTimeout is how long a file may take to arrive.
const uploadTimeout = 10 * time.Minute

// upload is a file on its way in, which is read by whoever takes it.
type upload struct {
	header http.Header
	body   io.Reader
}

// takeUpload lets a file in without reading it.
func takeUpload(w http.ResponseWriter, r *http.Request) (*upload, error) {
	if encoding := r.Header.Values("Content-Encoding"); len(encoding) > 1 || len(encoding) == 1 && !strings.EqualFold(encoding[0], "identity") {
		return nil, ErrUpload
	}
	if r.ContentLength > maxUpload+1<<20 {
		w.Header().Set("Connection", "close")
		return nil, ErrFileTooLarge
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(uploadTimeout)) // where there is a connection
	_ = connection.SetWriteDeadline(time.Now().Add(uploadTimeout + time.Minute))
	return &upload{r.Header, http.MaxBytesReader(w, r.Body, maxUpload+1<<20)}, nil
}

// open answers the file, which is the body itself or the part of it called file.
func (u *upload) open() (io.Reader, error) {
	media, parameters, err := mime.ParseMediaType(u.header.Get("Content-Type"))
	switch {
	case err != nil, media == plainJSON, media == "application/x-www-form-urlencoded":
		return nil, ErrUpload
	case !strings.HasPrefix(media, "multipart/"):
		return u.body, nil
	case media != "multipart/form-data" || parameters["boundary"] == "":
		return nil, ErrUpload
	}
	parts := multipart.NewReader(u.body, parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, ErrUpload
		}
		if part.FormName() == "file" {
			return part, nil
		}
	}
}

// uploadRefused answers the fault of a file that did not arrive, and nil where it did or something else is wrong.
func uploadRefused(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrFileTooLarge
	}
	if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() {
		return ErrTimeout
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrMalformed
	}
	return nil
}

// digest reads a file to its end and answers what it was.
func digest(file io.Reader) (Received, error) {
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	if refused := uploadRefused(err); refused != nil {
		err = refused
	}
	return Received{Size: size, Digest: hash.Sum(nil)}, err
}

// describeUpload says what the body of an operation is. The framework does not hear of it, as it would read it.
func (a *api) describeUpload(path string) {
	described := *a.huma.OpenAPI().Paths[path].Post
	described.RequestBody = anyFile()
	a.huma.OpenAPI().Paths[path].Post = &described
}

// anyFile describes the body of an upload.
func anyFile() *huma.RequestBody {
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	return &huma.RequestBody{
		Description: "The file, at most 256 MiB and 1,000,000 rows. What it is called does not matter.", Required: true,
		Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: file},
			"text/csv":                 {Schema: &huma.Schema{Type: huma.TypeString}},
			"multipart/form-data":      {Schema: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": file}}},
			"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {Schema: file},
		},
	}
}

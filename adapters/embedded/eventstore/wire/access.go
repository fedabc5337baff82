package wire

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// Account is somebody who may call.
type Account struct {
	Name     string
	Password string
	Groups   []string
}

// Admins is the group that may do everything, and that system streams and the whole log are for unless metadata says otherwise.
const Admins = "$admins"

// everybody is the role that stands for all callers, with and without an account.
const everybody = "$all"

// right is what somebody wants to do with a stream, by its name in the stream's access control list.
type right string

const (
	toRead          right = "$r"
	toWrite         right = "$w"
	toDelete        right = "$d"
	toReadMetadata  right = "$mr"
	toWriteMetadata right = "$mw"
)

// access decides who may do what. Without accounts everybody may do everything.
type access struct {
	log      Log
	accounts []Account
}

// permit refuses with Unauthenticated who has the wrong password, and with PermissionDenied who has not the right.
func (a *access) permit(ctx context.Context, stream string, want right) error {
	if len(a.accounts) == 0 {
		return nil
	}
	caller, err := a.caller(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(caller.Groups, Admins) {
		return nil
	}
	if original, ok := eventlog.OriginalOf(stream); ok {
		stream = original
		if want == toRead {
			want = toReadMetadata
		} else {
			want = toWriteMetadata
		}
	}
	roles, said, err := a.roles(ctx, stream, want)
	if err == nil && !said {
		roles, said, err = a.defaults(ctx, stream, want)
	}
	switch {
	case err != nil:
		return err
	case said && slices.ContainsFunc(roles, caller.has):
		return nil
	case said, caller.Name == "", strings.HasPrefix(stream, "$"):
		return accessDenied()
	}
	return nil
}

// has reports whether the account is or belongs to what a list names.
func (a Account) has(role string) bool {
	return role == everybody || a.Name != "" && (role == a.Name || slices.Contains(a.Groups, role))
}

// caller answers the account of a call, without a name for a call that carries no credentials.
func (a *access) caller(ctx context.Context) (Account, error) {
	sent := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(sent) == 0 {
		return Account{}, nil
	}
	name, password, ok := basic(sent[0])
	for _, account := range a.accounts {
		if ok && account.Name == name && same(account.Password, password) {
			return account, nil
		}
	}
	return Account{}, refuse(codes.Unauthenticated, "Unauthenticated")
}

func basic(header string) (name, password string, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !strings.EqualFold(scheme, "basic") {
		return "", "", false
	}
	return strings.Cut(string(decoded), ":")
}

// same takes the same time for all wrong passwords.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// acl names, for some rights, who has them: one role, or a list of roles.
type acl map[right]json.RawMessage

// roles are those to whom the list gives a right, and whether it says anything of that right.
func (l acl) roles(want right) (roles []string, said bool) {
	list, said := l[want]
	if !said || string(list) == "null" {
		return nil, false
	}
	var one string
	if json.Unmarshal(list, &one) == nil {
		return []string{one}, true
	}
	_ = json.Unmarshal(list, &roles) // what is no list gives the right to nobody
	return roles, true
}

// roles are those to whom the stream's newest metadata gives a right.
func (a *access) roles(ctx context.Context, stream string, want right) ([]string, bool, error) {
	var described struct {
		ACL acl `json:"$acl"`
	}
	if err := a.newest(ctx, eventlog.MetastreamOf(stream), &described); err != nil {
		return nil, false, err
	}
	roles, said := described.ACL.roles(want)
	return roles, said, nil
}

// settingsStream holds what is said of all streams whose own metadata does not say it.
const settingsStream = "$settings"

// defaults are those to whom the settings give a right on streams of this kind.
func (a *access) defaults(ctx context.Context, stream string, want right) ([]string, bool, error) {
	var settings struct {
		User   acl `json:"$userStreamAcl"`
		System acl `json:"$systemStreamAcl"`
	}
	if err := a.newest(ctx, settingsStream, &settings); err != nil {
		return nil, false, err
	}
	kind := settings.User
	if strings.HasPrefix(stream, "$") {
		kind = settings.System
	}
	roles, said := kind.roles(want)
	return roles, said, nil
}

// newest reads the newest event of a stream; what is not there or makes no sense says nothing.
func (a *access) newest(ctx context.Context, stream string, into any) error {
	page, err := a.log.ReadStream(ctx, eventlog.StreamRead{Stream: stream, From: math.MaxInt64, Backwards: true, Limit: 1})
	switch {
	case errors.Is(err, eventlog.ErrStreamNotFound), errors.Is(err, eventlog.ErrStreamDeleted), errors.Is(err, eventlog.ErrInvalidStream):
		return nil
	case err != nil:
		return refusalOf(stream, err)
	case len(page.Events) > 0:
		_ = json.Unmarshal([]byte(page.Events[0].Data), into)
	}
	return nil
}

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// teach says how values of some types come and go on a connection: instants come back in UTC instead of the zone of the
// machine, and ids are taken as the bytes that they are.
func teach(_ context.Context, conn *pgx.Conn) error {
	types := conn.TypeMap()
	timestamptz := &pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}}
	types.RegisterType(timestamptz)
	types.RegisterType(&pgtype.Type{Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: &pgtype.ArrayCodec{ElementType: timestamptz}})
	id := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: ids{}}
	types.RegisterType(id)
	types.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: &pgtype.ArrayCodec{ElementType: id}})
	return nil
}

// ids is the codec of uuid. The driver's own knows nothing of uuid.UUID: it would write each as text first and read it again.
type ids struct{ pgtype.UUIDCodec }

// PlanEncode implements pgtype.Codec.
func (c ids) PlanEncode(types *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ours := value.(uuid.UUID); ours && format == pgtype.BinaryFormatCode {
		return idOut{}
	}
	return c.UUIDCodec.PlanEncode(types, oid, format, value)
}

// PlanScan implements pgtype.Codec.
func (c ids) PlanScan(types *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ours := target.(*uuid.UUID); ours && format == pgtype.BinaryFormatCode {
		return idIn{}
	}
	return c.UUIDCodec.PlanScan(types, oid, format, target)
}

type idOut struct{}

// Encode implements pgtype.EncodePlan.
func (idOut) Encode(value any, buf []byte) ([]byte, error) {
	id, ours := value.(uuid.UUID)
	if !ours {
		return nil, fmt.Errorf("%T is no id", value)
	}
	return append(buf, id[:]...), nil
}

type idIn struct{}

// Scan implements pgtype.ScanPlan. NULL is the zero id.
func (idIn) Scan(src []byte, target any) error {
	id, ours := target.(*uuid.UUID)
	switch {
	case !ours:
		return fmt.Errorf("%T is no id", target)
	case src == nil:
		*id = uuid.Nil
	case len(src) != len(id):
		return fmt.Errorf("an id has %d bytes", len(src))
	default:
		copy(id[:], src)
	}
	return nil
}

package wire

import (
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// checkRead refuses what EventStoreDB refuses: a read says of each choice which it takes. It also refuses what is newer
// than this server, because to ignore it would answer another question than was asked.
func checkRead(o *streams.ReadReq_Options) error {
	if err := understood(o, o.GetStream(), o.GetAll(), o.GetSubscription(), o.GetFilter(), o.GetUuidOption(), o.GetControlOption()); err != nil {
		return err
	}
	switch o.GetReadDirection() {
	case streams.ReadReq_Options_Forwards, streams.ReadReq_Options_Backwards:
	default:
		return invalid("a read goes forwards or backwards")
	}
	switch {
	case o.GetUuidOption() == nil:
		return invalid("a read says how it wants ids")
	case !says(o, "stream_option"):
		return invalid("a read names a stream or the whole log")
	case o.GetStream() != nil && !says(o.GetStream(), "revision_option"), o.GetAll() != nil && !says(o.GetAll(), "all_option"):
		return invalid("a read says where it begins")
	case !says(o, "count_option"):
		return invalid("a read has a count, or is a subscription")
	case !says(o, "filter_option"):
		return invalid("a read has a filter, or says that it has none")
	case o.GetFilter() != nil && o.GetStream() != nil:
		return invalid("a filter is for reads of the whole log")
	case o.GetFilter() != nil && !says(o.GetFilter(), "window"):
		return invalid("a filter says how far it searches")
	case o.GetSubscription() != nil && o.GetReadDirection() == streams.ReadReq_Options_Backwards:
		return invalid("a subscription goes forwards")
	}
	return nil
}

// understood refuses options that hold a field which this server does not know.
func understood(options ...proto.Message) error {
	for _, o := range options {
		if len(o.ProtoReflect().GetUnknown()) > 0 {
			return unknownOption()
		}
	}
	return nil
}

// says reports whether any of the alternatives was sent, also one that is zero.
func says(m proto.Message, alternatives protoreflect.Name) bool {
	r := m.ProtoReflect()
	return r.WhichOneof(r.Descriptor().Oneofs().ByName(alternatives)) != nil
}

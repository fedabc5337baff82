// Package tag is the catalogue of an organisation's tags: every tagging path
// can only use what stands in it.
//
// The whole catalogue is one aggregate on one stream, so that the uniqueness of
// names is a matter of one expected revision. Tags are known by id and number;
// their names are words of the catalogue and no personal data.
package tag

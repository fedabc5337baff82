package projections_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/field"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func fieldID(n byte) field.ID {
	id := uuid.MustParse("0193a000-0000-7000-8000-00000000f100")
	id[15] = n
	return field.ID{UUID: id}
}

// S3-13, S4-14: what is retired stays, with the numbers that contacts hold.
func TestFieldsAreDefinedEditedAndRetired(t *testing.T) {
	t.Parallel()
	plan, visits := fieldID(1), fieldID(2)
	gold, silver := field.Option{Number: 1, Name: "Gold"}, field.Option{Number: 2, Name: "Silver"}
	rows := projectionstest.Run(t, projectionstest.Group(projections.Fields()), projectionstest.History(org,
		projectionstest.On(acme.Stream(),
			organization.FieldDefined{Field: plan, Name: "plan", Type: field.Choice, Options: []field.Option{gold}},
			organization.FieldDefined{Field: visits, Name: "visits", Type: field.Number},
			organization.FieldRenamed{Field: plan, From: "plan", To: "Plan"},
			organization.FieldOptionAdded{Field: plan, Option: silver},
			organization.FieldOptionRetired{Field: plan, Option: gold},
			organization.FieldRetired{Field: visits},
			organization.FieldRetired{Field: plan},
			organization.FieldRestored{Field: plan}),
	))
	lines(t, rows, "fields", []string{"field", "name", "sort_name", "type", "created_at", "created_by_kind", "retired_at", "revision"},
		plan.String()+" | Plan | plan | choice | 2026-05-30 12:00:00+00 | owner | NULL | 7",
		visits.String()+" | visits | visits | number | 2026-05-30 12:00:01+00 | owner | 2026-05-30 12:00:05+00 | 5")
	lines(t, rows, "field_options", []string{"field", "number", "name", "retired_at"},
		plan.String()+" | 1 | Gold | 2026-05-30 12:00:04+00", plan.String()+" | 2 | Silver | NULL")
}

// S3-13: what is compared and ordered is computed from the one form of each type.
func TestContactsHoldFieldsOfEachType(t *testing.T) {
	t.Parallel()
	set := func(n byte, kind field.Type, value string) contact.FieldSet {
		return contact.FieldSet{Field: fieldID(n), Type: kind, Value: personal.New(value)}
	}
	history := projectionstest.On(ana.Stream(),
		created("Ana", "+16505550101"),
		set(1, field.Number, "7"), set(1, field.Number, "-0.5"), set(2, field.Money, "199900 EUR"), set(3, field.Date, "2026-05-30"),
		set(4, field.Choice, "2"), set(5, field.MultiChoice, "1,3"), set(6, field.Boolean, "true"), set(7, field.Text, "7 EUR"),
		contact.FieldCleared{Field: fieldID(6)})
	rows := projectionstest.Run(t, projectionstest.Group(projections.ContactFields()), projectionstest.History(org, history))
	lines(t, rows, "contact_fields", []string{"type", "value", "number", "currency", "options", "set_at"},
		"number | -0.5 | -0.5 | NULL | NULL | 2026-05-30 12:00:02+00",
		"money | 199900 EUR | 199900 | EUR | NULL | 2026-05-30 12:00:03+00",
		"date | 2026-05-30 | NULL | NULL | NULL | 2026-05-30 12:00:04+00",
		"choice | 2 | NULL | NULL | {2} | 2026-05-30 12:00:05+00",
		"multi_choice | 1,3 | NULL | NULL | {1,3} | 2026-05-30 12:00:06+00",
		"text | 7 EUR | NULL | NULL | NULL | 2026-05-30 12:00:08+00")

	rows = projectionstest.Run(t, projectionstest.Group(projections.ContactFields()), projectionstest.History(org, history,
		projectionstest.On(ana.Stream(), contact.Erased{})))
	lines(t, rows, "contact_fields", []string{"value"})
}

package commands_test

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

func Example() {
	store := commandstest.NewStore()
	service := commands.New(store, commandstest.NewVault(), &commandstest.Counts{}, time.Now)

	ctx := commands.WithOrigin(context.Background(), commands.Origin{
		Organization: organization.ID{UUID: uuid.New()},
		Actor:        event.Actor{Kind: "owner", ID: uuid.NewString()},
		Source:       event.ManualAdmin,
	})
	_, first, _ := service.CreateTag(ctx, commands.CreateTag{Name: "VIP", Color: "amber"})
	_, again, _ := service.CreateTag(ctx, commands.CreateTag{Name: "VIP", Color: "amber"})

	fmt.Println(again.Position == first.Position, again.Replayed)
	for _, recorded := range store.All() {
		fmt.Println(recorded.Data.EventName(), recorded.Data.(tag.Created).Name)
	}
	// Output:
	// true true
	// tag.created VIP
}

package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/synadia-labs/rita"
	"github.com/synadia-labs/rita/types"
)

// bodyBytes is the length of every event's JSON.
const bodyBytes = 134

// itemAddedType is the name by which the registry knows the one event.
const itemAddedType = "item-added"

// families are the entity types of the replayed data; the first is also that of all other work.
var families = []string{"order", "invoice", "parcel", "refund"}

// itemAdded is the one event here. Its type is in a header, not in its body.
type itemAdded struct {
	OrderID    string `json:"orderId"`
	Sku        string `json:"sku"`
	Quantity   int    `json:"quantity"`
	PriceCents int    `json:"priceCents"`
	Note       string `json:"note"`
}

// addItem is the one command: add the item with this number.
type addItem struct {
	number int
}

// order is an aggregate: its items, counted and added up.
type order struct {
	id           string
	items, cents int
}

func (o *order) Evolve(_ context.Context, event *rita.Event) error {
	item, ok := event.Data.(*itemAdded)
	if !ok {
		return fmt.Errorf("unexpected data %T", event.Data)
	}
	o.items++
	o.cents += item.Quantity * item.PriceCents
	return nil
}

func (o *order) Decide(_ context.Context, command *rita.Command) ([]*rita.Event, error) {
	add, ok := command.Data.(*addItem)
	if !ok {
		return nil, fmt.Errorf("unexpected command %T", command.Data)
	}
	return []*rita.Event{{Entity: entityOf(families[0], o.id), Data: newItem(add.number)}}, nil
}

func newRegistry() (*types.Registry, error) {
	return types.NewRegistry(map[string]*types.Type{
		itemAddedType: {Init: func() any { return &itemAdded{} }},
	})
}

func newItem(number int) *itemAdded {
	return &itemAdded{
		OrderID:    fmt.Sprintf("order-%08d", number%100_000_000),
		Sku:        fmt.Sprintf("sku-%05d", number%100_000),
		Quantity:   number%9 + 1,
		PriceCents: 1000 + number%9000,
		Note:       "leave it at the door of the house, number 00042",
	}
}

// checkSize fails unless events have the size that all contenders' events have.
func checkSize() error {
	for _, number := range []int{0, 12_345} {
		body, err := json.Marshal(newItem(number))
		if err != nil {
			return err
		}
		if len(body) != bodyBytes {
			return fmt.Errorf("an event has %d bytes, not %d", len(body), bodyBytes)
		}
	}
	return nil
}

func idOf(aggregate int) string {
	return fmt.Sprintf("order-%d", aggregate)
}

func entityOf(family, id string) string {
	return family + "." + id
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// window is how many publishes wait for their acknowledgement at a time.
	window         = 1000
	publishTimeout = 30 * time.Second
)

// slot says where the event with this number goes.
type slot func(number int) (family string, aggregate int)

// fillSideBySide writes one entity after the other.
func fillSideBySide(ctx context.Context, p *place) error {
	return fill(ctx, p, p.aggregates*p.events, func(number int) (string, int) {
		return families[0], number / p.events
	})
}

// fillWide writes the first event of all entities, then the second of all, and so on.
func fillWide(ctx context.Context, p *place) error {
	return fill(ctx, p, p.aggregates*p.events, func(number int) (string, int) {
		return families[0], number % p.aggregates
	})
}

// fillFamilies does the same for four entity types in turn.
func fillFamilies(ctx context.Context, p *place) error {
	total := len(families) * p.aggregates * p.events
	return fill(ctx, p, total, func(number int) (string, int) {
		return families[number%len(families)], number / len(families) % p.aggregates
	})
}

// fill writes events in rita's own format, by plain publishes without expectations. It does nothing
// when the store already has as many.
func fill(ctx context.Context, p *place, total int, place slot) error {
	if stored, err := messages(ctx, p); err != nil || stored == total {
		return err
	}
	waiting := make([]jetstream.PubAckFuture, 0, window)
	for number := range total {
		message, err := messageOf(p, number, place)
		if err != nil {
			return err
		}
		future, err := p.js.PublishMsgAsync(message)
		if err != nil {
			return err
		}
		waiting = append(waiting, future)
		if len(waiting) == window || number == total-1 {
			if err := await(waiting); err != nil {
				return err
			}
			waiting = waiting[:0]
		}
	}
	stored, err := messages(ctx, p)
	if err == nil && stored != total {
		return fmt.Errorf("%d of %d events were stored", stored, total)
	}
	return err
}

func messageOf(p *place, number int, place slot) (*nats.Msg, error) {
	body, err := json.Marshal(newItem(number))
	if err != nil {
		return nil, err
	}
	family, aggregate := place(number)
	entity := entityOf(family, idOf(aggregate))
	message := nats.NewMsg(fmt.Sprintf("$ES.%s.%s.%s", p.name, entity, itemAddedType))
	message.Data = body
	message.Header.Set(nats.MsgIdHdr, fmt.Sprintf("item-%d", number))
	message.Header.Set("Rita-Entity", entity)
	message.Header.Set("Rita-Type", itemAddedType)
	message.Header.Set("Rita-Time", time.Now().Format(time.RFC3339Nano))
	message.Header.Set("Rita-Codec", "json")
	return message, nil
}

func await(waiting []jetstream.PubAckFuture) error {
	limit := time.After(publishTimeout)
	for _, future := range waiting {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			return err
		case <-limit:
			return fmt.Errorf("no acknowledgement after %s", publishTimeout)
		}
	}
	return nil
}

func messages(ctx context.Context, p *place) (int, error) {
	stream, err := p.js.Stream(ctx, "ES_"+p.name)
	if err != nil {
		return 0, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return 0, err
	}
	return int(info.State.Msgs), nil
}

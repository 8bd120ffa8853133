package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/synadia-labs/rita"
)

const commitEvents = 10

// appendSequential does one conditional append at a time, all to one entity.
func appendSequential(ctx context.Context, p *place) (answer, error) {
	return appendOneByOne(ctx, p, 1)
}

// appendCommit does one commit of ten events at a time: rita's atomic batch.
func appendCommit(ctx context.Context, p *place) (answer, error) {
	return appendOneByOne(ctx, p, commitEvents)
}

func appendOneByOne(ctx context.Context, p *place, count int) (answer, error) {
	entity := entityOf(families[0], idOf(0))
	var head uint64
	return oneByOne(p, func(operation int) error {
		events := make([]*rita.Event, count)
		for i := range events {
			events[i] = &rita.Event{Entity: entity, Data: newItem(operation*count + i)}
		}
		events[0].Expect = rita.ExpectSequence(head)
		var err error
		head, err = p.store.Append(ctx, events)
		return err
	})
}

// appendInFlight does many conditional appends at a time: to as many entities, each with one append
// under way.
func appendInFlight(ctx context.Context, p *place) (answer, error) {
	heads := make([]uint64, p.inFlight)
	if _, err := spread(ctx, p, heads, p.warmUp()); err != nil {
		return answer{}, err
	}
	began := time.Now()
	times, err := spread(ctx, p, heads, p.operations)
	return answer{elapsed: time.Since(began), times: times}, err
}

// spread does so many appends in all; heads are the entities' last sequences, before and afterwards.
func spread(ctx context.Context, p *place, heads []uint64, operations int) ([]time.Duration, error) {
	times := make([]time.Duration, operations)
	failures := make([]error, len(heads))
	var begun atomic.Int64
	var workers sync.WaitGroup
	for worker := range heads {
		workers.Go(func() {
			entity := entityOf(families[0], idOf(worker))
			for {
				operation := int(begun.Add(1)) - 1
				if operation >= operations {
					return
				}
				began := time.Now()
				event := &rita.Event{
					Entity: entity,
					Data:   newItem(operation),
					Expect: rita.ExpectSequence(heads[worker]),
				}
				head, err := p.store.Append(ctx, []*rita.Event{event})
				if err != nil {
					failures[worker] = err
					return
				}
				heads[worker] = head
				times[operation] = time.Since(began)
			}
		})
	}
	workers.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return times, nil
}

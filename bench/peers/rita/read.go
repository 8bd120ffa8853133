package main

import (
	"context"
	"fmt"

	"github.com/synadia-labs/rita"
)

// stride visits all aggregates before it comes back to the first.
const stride = 7919

// loadContiguous loads entities whose events lie side by side.
func loadContiguous(ctx context.Context, p *place) (answer, error) {
	if err := fillSideBySide(ctx, p); err != nil {
		return answer{}, err
	}
	return load(ctx, p)
}

// loadWide loads entities whose events are spread among those of all others.
func loadWide(ctx context.Context, p *place) (answer, error) {
	if err := fillWide(ctx, p); err != nil {
		return answer{}, err
	}
	return load(ctx, p)
}

func load(ctx context.Context, p *place) (answer, error) {
	return oneByOne(p, func(operation int) error {
		id := idOf(operation * stride % p.aggregates)
		loaded := &order{id: id}
		filter := rita.WithFilters(entityOf(families[0], id))
		if _, err := p.store.Evolve(ctx, loaded, filter); err != nil {
			return err
		}
		return checkCount(loaded, p.events)
	})
}

// executeWarm carries out one command at a time, on a few entities whose models are kept: rita's
// models know their last sequence, so a command on one needs no load.
func executeWarm(ctx context.Context, p *place) (answer, error) {
	if err := fillSideBySide(ctx, p); err != nil {
		return answer{}, err
	}
	commands := make([]func(operation int) error, p.aggregates)
	for i := range commands {
		command, err := keepOrder(ctx, p, idOf(i))
		if err != nil {
			return answer{}, err
		}
		commands[i] = command
	}
	result, err := oneByOne(p, func(operation int) error {
		return commands[operation%p.aggregates](operation)
	})
	result.note = "the program keeps the models; nothing else may write to their entities"
	return result, err
}

// keepOrder loads an entity and returns what carries out a command on it.
func keepOrder(ctx context.Context, p *place, id string) (func(operation int) error, error) {
	kept := &order{id: id}
	model := rita.NewModel(kept)
	if _, err := p.store.Evolve(ctx, model, rita.WithFilters(entityOf(families[0], id))); err != nil {
		return nil, err
	}
	expected := p.events
	return func(operation int) error {
		command := &rita.Command{Data: &addItem{number: operation}}
		if _, _, err := p.store.DecideAndEvolve(ctx, model, command); err != nil {
			return err
		}
		expected++
		return checkCount(kept, expected)
	}, nil
}

// replayFamily reads one of four equal entity types from its first event to its last, every body
// decoded.
func replayFamily(ctx context.Context, p *place) (answer, error) {
	if err := fillFamilies(ctx, p); err != nil {
		return answer{}, err
	}
	return oneByOne(p, func(int) error {
		all := &order{}
		if _, err := p.store.Evolve(ctx, all, rita.WithFilters(families[0])); err != nil {
			return err
		}
		return checkCount(all, p.aggregates*p.events)
	})
}

func checkCount(loaded *order, expected int) error {
	if loaded.items != expected || loaded.cents == 0 {
		return fmt.Errorf("%d of %d events", loaded.items, expected)
	}
	return nil
}

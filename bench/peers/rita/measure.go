package main

import (
	"encoding/json"
	"slices"
	"time"
)

// answer is what a piece of work took.
type answer struct {
	elapsed time.Duration
	// times has one for each operation.
	times []time.Duration
	// note tells how this work differs from what was asked for.
	note string
}

func (a answer) json(work string) string {
	line := map[string]any{
		"work":       work,
		"operations": len(a.times),
		"elapsedMs":  float64(a.elapsed) / float64(time.Millisecond),
		"p50Us":      float64(median(a.times)) / float64(time.Microsecond),
	}
	if a.note != "" {
		line["note"] = a.note
	}
	return encode(line)
}

func unsupported(work, reason string) string {
	return encode(map[string]any{"work": work, "unsupported": reason})
}

func encode(line map[string]any) string {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// oneByOne does operations one after another: some unclocked, then those asked for. Operate is
// given the operation's number.
func oneByOne(p *place, operate func(operation int) error) (answer, error) {
	var began time.Time
	times := make([]time.Duration, 0, p.operations)
	for operation := range p.warmUp() + p.operations {
		if operation == p.warmUp() {
			began = time.Now()
		}
		operationBegan := time.Now()
		if err := operate(operation); err != nil {
			return answer{}, err
		}
		if operation >= p.warmUp() {
			times = append(times, time.Since(operationBegan))
		}
	}
	return answer{elapsed: time.Since(began), times: times}, nil
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	middle := len(sorted) / 2
	switch {
	case len(sorted) == 0:
		return 0
	case len(sorted)%2 == 1:
		return sorted[middle]
	default:
		return (sorted[middle-1] + sorted[middle]) / 2
	}
}

// One piece of work on NATS JetStream, done by rita: it writes its own data first, outside the
// clock, and prints one line of JSON.
//
//	--url nats://... --store NAME --work KEY --operations N [--in-flight 256] [--aggregates N]
//	[--events N]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-labs/rita"
)

// arguments is the command line.
type arguments struct {
	url, name, work string
	// operations is how many are clocked.
	operations, inFlight int
	// aggregates is how many the data has (in each family), events how many events each has.
	aggregates, events int
}

// warmUp is how many operations are done before the clock starts.
func (a arguments) warmUp() int {
	return (a.operations + 9) / 10
}

// place is what every piece of work is given.
type place struct {
	arguments
	store *rita.EventStore
	js    jetstream.JetStream
}

func parseArguments() (arguments, error) {
	var a arguments
	flag.StringVar(&a.url, "url", "", "address of the server")
	flag.StringVar(&a.name, "store", "", "name of the event store")
	flag.StringVar(&a.work, "work", "", "key of the work")
	flag.IntVar(&a.operations, "operations", 0, "operations to clock")
	flag.IntVar(&a.inFlight, "in-flight", 256, "appends under way")
	flag.IntVar(&a.aggregates, "aggregates", 1, "aggregates of each family")
	flag.IntVar(&a.events, "events", 1, "events of each aggregate")
	flag.Parse()
	if a.url == "" || a.name == "" || a.work == "" || flag.NArg() > 0 {
		return a, fmt.Errorf("--url, --store and --work are needed, and nothing without a name")
	}
	if min(a.operations, a.inFlight, a.aggregates, a.events) < 1 {
		return a, fmt.Errorf("numbers must be 1 or more")
	}
	return a, nil
}

func run(ctx context.Context) (string, error) {
	a, err := parseArguments()
	if err != nil {
		return "", err
	}
	if err := checkSize(); err != nil {
		return "", err
	}
	conn, err := nats.Connect(a.url)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	p, err := open(ctx, conn, a)
	if err != nil {
		return "", err
	}
	works := map[string]func(context.Context, *place) (answer, error){
		"append.sequential":  appendSequential,
		"append.inflight256": appendInFlight,
		"append.commit10":    appendCommit,
		"load.contiguous100": loadContiguous,
		"load.wide50":        loadWide,
		"execute.warm":       executeWarm,
		"replay.family":      replayFamily,
	}
	work, known := works[a.work]
	if !known {
		return unsupported(a.work, "this program does not know that work"), nil
	}
	result, err := work(ctx, p)
	if err != nil {
		return "", err
	}
	return result.json(a.work), nil
}

// open opens the event store, or makes it.
func open(ctx context.Context, conn *nats.Conn, a arguments) (*place, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	registry, err := newRegistry()
	if err != nil {
		return nil, err
	}
	manager, err := rita.New(conn, rita.WithRegistry(registry))
	if err != nil {
		return nil, err
	}
	store, err := manager.GetEventStore(ctx, a.name)
	if err != nil {
		config := rita.EventStoreConfig{Name: a.name, Storage: jetstream.FileStorage, Replicas: 1}
		store, err = manager.CreateEventStore(ctx, config)
	}
	if err != nil {
		return nil, err
	}
	return &place{arguments: a, store: store, js: js}, nil
}

func main() {
	line, err := run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "rita:", err)
		os.Exit(1)
	}
	fmt.Println(line)
}

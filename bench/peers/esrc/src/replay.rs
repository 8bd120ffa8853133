use std::pin::pin;
use std::time::Instant;

use esrc::event::{Replay, Sequence};
use esrc::Envelope;
use futures::StreamExt;

use crate::arguments::Arguments;
use crate::domain::{InvoiceEvent, ItemEvent, OrderEvent, ParcelEvent, RefundEvent};
use crate::fill::{encoded, fill, Slot};
use crate::measure::{Answer, Clock};
use crate::{Failure, Place};

const FAMILIES: usize = 4;

/// Read one of four equal families from its first event to its last, every body decoded.
pub async fn family(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    let each = arguments.aggregates * arguments.events;
    let slots = (0..FAMILIES * each).map(|n| Slot {
        family: n % FAMILIES,
        aggregate: n / FAMILIES % arguments.aggregates,
    });
    fill(place, slots, FAMILIES * each, encode).await?;
    let mut clock = Clock::start();
    for operation in 0..arguments.warm_up() + arguments.operations {
        if operation == arguments.warm_up() {
            clock = Clock::start();
        }
        let began = Instant::now();
        let (events, cents) = read_orders(place).await?;
        clock.lap(began);
        if events != each || cents == 0 {
            return Err(format!("{events} of {each} events").into());
        }
    }
    Ok(clock.stop(None))
}

async fn read_orders(place: &Place) -> Result<(usize, u64), Failure> {
    let mut stream = pin!(place.store.replay::<OrderEvent>(Sequence::new()).await?);
    let (mut events, mut cents) = (0, 0);
    while let Some(envelope) = stream.next().await {
        events += 1;
        cents += envelope?.deserialize::<OrderEvent>()?.cents();
    }
    Ok((events, cents))
}

fn encode(slot: &Slot, number: usize) -> Result<(&'static str, Vec<u8>), Failure> {
    match slot.family {
        0 => encoded::<OrderEvent>(number),
        1 => encoded::<InvoiceEvent>(number),
        2 => encoded::<ParcelEvent>(number),
        _ => encoded::<RefundEvent>(number),
    }
}

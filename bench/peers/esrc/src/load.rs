use std::time::Instant;

use esrc::event::ReplayOneExt;

use crate::arguments::Arguments;
use crate::domain::{id_of, Order, OrderEvent};
use crate::fill::{encoded, fill, Slot};
use crate::measure::{Answer, Clock};
use crate::{Failure, Place};

/// Load aggregates whose events lie side by side.
pub async fn contiguous(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    write_side_by_side(place, arguments).await?;
    load(place, arguments).await
}

/// Load aggregates whose events are spread among those of all others.
pub async fn wide(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    let (aggregates, total) = (
        arguments.aggregates,
        arguments.aggregates * arguments.events,
    );
    let slots = (0..total).map(|n| Slot {
        family: 0,
        aggregate: n % aggregates,
    });
    fill(place, slots, total, |_, number| {
        encoded::<OrderEvent>(number)
    })
    .await?;
    load(place, arguments).await
}

/// Write one aggregate after the other.
pub async fn write_side_by_side(place: &Place, arguments: &Arguments) -> Result<(), Failure> {
    let (events, total) = (arguments.events, arguments.aggregates * arguments.events);
    let slots = (0..total).map(|n| Slot {
        family: 0,
        aggregate: n / events,
    });
    fill(place, slots, total, |_, number| {
        encoded::<OrderEvent>(number)
    })
    .await
}

async fn load(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    let mut clock = Clock::start();
    for operation in 0..arguments.warm_up() + arguments.operations {
        if operation == arguments.warm_up() {
            clock = Clock::start();
        }
        let aggregate = operation * 7919 % arguments.aggregates;
        let began = Instant::now();
        let order = place.store.read::<Order>(id_of(aggregate)).await?;
        clock.lap(began);
        if order.items != arguments.events || order.cents == 0 {
            return Err(format!("{} of {} events", order.items, arguments.events).into());
        }
    }
    Ok(clock.stop(None))
}

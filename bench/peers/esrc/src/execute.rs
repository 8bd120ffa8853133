use std::time::Instant;

use esrc::event::{PublishExt, ReplayOneExt};

use crate::arguments::Arguments;
use crate::domain::{id_of, AddItem, Order};
use crate::load::write_side_by_side;
use crate::measure::{Answer, Clock};
use crate::{Failure, Place};

/// One command at a time: load the aggregate, decide, append. The crate keeps no aggregates: its
/// `write` returns a root that can't be written again, so each command loads.
pub async fn warm(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    write_side_by_side(place, arguments).await?;
    let mut store = place.store.clone();
    let mut clock = Clock::start();
    for operation in 0..arguments.warm_up() + arguments.operations {
        if operation == arguments.warm_up() {
            clock = Clock::start();
        }
        let id = id_of(operation % arguments.aggregates);
        let began = Instant::now();
        let order = store.read::<Order>(id).await?;
        store.try_write(order, AddItem(operation)).await?;
        clock.lap(began);
    }
    Ok(clock.stop(Some("has no cache: every command loads its aggregate")))
}

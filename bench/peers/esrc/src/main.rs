//! One piece of work on NATS JetStream, done by esrc: it writes its own data first, outside the
//! clock, and prints one line of JSON.
//!
//! `--url nats://... --store NAME --work KEY --operations N [--in-flight 256] [--aggregates N]
//! [--events N]`

mod append;
mod arguments;
mod domain;
mod execute;
mod fill;
mod load;
mod measure;
mod replay;

use std::process::ExitCode;

use arguments::Arguments;
use esrc::nats::NatsStore;
use measure::Answer;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What every piece of work is given.
pub struct Place {
    pub store: NatsStore,
    pub context: async_nats::jetstream::Context,
    /// The store's name, which is its stream's name and the first token of its subjects.
    pub name: &'static str,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("esrc: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<String, Failure> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    domain::check_size()?;
    let client = async_nats::connect(&arguments.url).await?;
    let context = async_nats::jetstream::new(client);
    // The crate wants a prefix that lives as long as the process.
    let name: &'static str = Box::leak(arguments.store.clone().into_boxed_str());
    let store = NatsStore::try_new(context.clone(), name).await?;
    let place = Place {
        store,
        context,
        name,
    };
    let answer = match arguments.work.as_str() {
        "append.sequential" => append::sequential(&place, &arguments).await?,
        "append.inflight256" => append::in_flight(&place, &arguments).await?,
        "append.commit10" => append::commit(&place, &arguments).await?,
        "load.contiguous100" => load::contiguous(&place, &arguments).await?,
        "load.wide50" => load::wide(&place, &arguments).await?,
        "execute.warm" => execute::warm(&place, &arguments).await?,
        "replay.family" => replay::family(&place, &arguments).await?,
        _ => Answer::unsupported("this program does not know that work"),
    };
    Ok(answer.to_json(&arguments.work))
}

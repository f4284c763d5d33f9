//! The command line of Trellis.

use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use serde_json::json;
use trellis::accounts::service::NewUser;
use trellis::accounts::{Email, PASSWORD_MIN_TRUSTED, Passwords, PersonName, check_password};
use trellis::actor::Origin;
use trellis::clock::Clock;
use trellis::config::{Config, Database};
use trellis::organizations::{CommonPurpose, OrganizationName};
use trellis::{database, demo, doctor, setup};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Squad-based organization design: squads of 6 to 10 people around a customer value mission
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(clap::Args)]
struct Serve {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    database: Database,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the web application (this is also what happens without a command)
    Serve(Serve),
    /// Bring the database's schema up to date
    Migrate(Database),
    /// Fill demo organizations and print their accounts
    Demo {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        options: demo::Options,
    },
    /// Accounts of admins
    #[command(subcommand)]
    Admin(Admin),
    /// Check every rule of the domain in the database; exits with 1 when something is off
    Doctor(Database),
    /// Print every address with who may use it
    Routes {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum Admin {
    /// Make an admin and their organization; reads the password from standard input
    Create {
        #[command(flatten)]
        database: Database,
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// The admin's name
        #[arg(long)]
        name: String,
        /// The name of the organization
        #[arg(long)]
        organization: String,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result =
        runtime.context("starting the runtime").and_then(|runtime| runtime.block_on(run(cli)));
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("trellis: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(Serve { config, database }) => {
            log(config.log_json, "info,sqlx::postgres::notice=warn");
            trellis::serve::serve(config, &database).await?;
        }
        Command::Migrate(config) => {
            log(false, "warn");
            let opened = database::open(&config).await?;
            opened.migrate().await?;
            opened.close().await?;
            println!("the schema is current");
        }
        Command::Demo { database, options } => {
            log(false, "warn");
            let opened = database::open(&database).await?;
            let made = demo::service::fill(
                &opened.pool,
                &Passwords::default(),
                &Clock::default(),
                &options,
            )
            .await;
            opened.close().await?;
            made?.print(options.json);
        }
        Command::Admin(Admin::Create { database, email, name, organization }) => {
            log(false, "warn");
            create_admin(&database, &email, &name, &organization).await?;
        }
        Command::Doctor(config) => {
            log(false, "warn");
            let opened = database::open(&config).await?;
            let found = doctor::examine(&opened.pool).await;
            opened.close().await?;
            let found = found?;
            for check in &found {
                println!("{check}");
            }
            if found.iter().any(doctor::Check::is_off) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Routes { json } => print_routes(json),
    }
    Ok(ExitCode::SUCCESS)
}

/// Errors of the program go to standard error; what a command answers goes to standard output.
fn log(is_json: bool, default: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TRELLIS_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if is_json {
        builder.json().flatten_event(true).with_span_list(false).init();
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

async fn create_admin(
    config: &Database,
    email: &str,
    name: &str,
    organization: &str,
) -> anyhow::Result<()> {
    let email = Email::parse(email)?;
    let name = PersonName::parse(name)?;
    let organization = OrganizationName::parse(organization)?;
    if std::io::stdin().is_terminal() {
        eprintln!(
            "Type the password ({PASSWORD_MIN_TRUSTED} characters or more), then Enter and Ctrl-D:"
        );
    }
    let mut password = String::new();
    std::io::stdin().take(10_000).read_to_string(&mut password).context("reading the password")?;
    let password = password.trim_end_matches(['\r', '\n']);
    check_password(password, true, &[email.local_part(), name.as_str(), organization.as_str()])?;
    let user = NewUser { password_hash: Passwords::default().hash(password).await?, email, name };
    let opened = database::open(config).await?;
    let made = setup::service::found(
        &opened.pool,
        &user,
        &organization,
        &CommonPurpose::parse("")?,
        Clock::default().now(),
        &Origin::default(),
    )
    .await;
    opened.close().await?;
    made?;
    println!("{} is admin of {organization}", user.email);
    Ok(())
}

fn print_routes(json: bool) {
    let routes = trellis::routes();
    if json {
        let list: Vec<_> = routes
            .list()
            .iter()
            .map(|route| {
                let ids: serde_json::Map<_, _> =
                    route.ids().into_iter().map(|(name, kind)| (name.to_owned(), kind.into())).collect();
                json!({
                    "method": route.method, "path": route.path, "authentication": route.who.authentication(),
                    "who": route.who, "ids": ids, "changes": route.is_change(),
                })
            })
            .collect();
        println!("{}", serde_json::Value::Array(list));
    } else {
        for route in routes.list() {
            println!("{:5} {:60} {}", route.method, route.path, route.who);
        }
    }
}

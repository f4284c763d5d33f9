//! The configuration: read once, by the command line, from flags and environment variables.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use ipnet::IpNet;
use secrecy::SecretString;

/// Where the data is.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Data")]
pub struct Database {
    /// Folder of the embedded Postgres and its secrets [default: the platform's data directory]
    #[arg(long, env = "TRELLIS_DATA", value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,

    /// A Postgres server of your own, instead of the embedded one
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    pub database_url: Option<SecretString>,

    /// The same server past a connection pooler, for migrations and LISTEN [default: the database URL]
    #[arg(
        long,
        env = "DATABASE_DIRECT_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub database_direct_url: Option<SecretString>,

    /// Connections to the database at most [default: 16; to one on this machine 4 for each processor, from 8 to 16]
    #[arg(long, env = "TRELLIS_DATABASE_CONNECTIONS", value_name = "N", global = true)]
    pub database_connections: Option<u32>,

    /// Fetch the Postgres binaries with npm into the data folder when none are installed
    #[arg(long, env = "TRELLIS_FETCH_POSTGRES", global = true)]
    pub fetch_postgres: bool,
}

/// How Trellis serves.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Serving")]
pub struct Config {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, env = "TRELLIS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// The address that people type, for links, cookies and the origin check [default: http:// and the listen address]
    #[arg(long, env = "TRELLIS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Networks of the proxies whose X-Forwarded-For is believed
    #[arg(long, env = "TRELLIS_TRUSTED_PROXIES", value_name = "NETWORKS", default_value = "")]
    pub trusted_proxies: Networks,

    /// Milliseconds to keep serving after a stop signal while /readyz already says no
    #[arg(long, env = "TRELLIS_DRAIN", value_name = "MS", default_value_t = 0)]
    pub drain: u64,

    /// Address of the listener for /metrics [default: none]
    #[arg(long, env = "TRELLIS_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// Connections that are open at once at most
    #[arg(long, env = "TRELLIS_MAX_CONNECTIONS", value_name = "N", default_value_t = 8192)]
    pub max_connections: usize,

    /// Write the log as JSON lines
    #[arg(long, env = "TRELLIS_LOG_JSON")]
    pub log_json: bool,

    /// Show pages that are for developers, as /components
    #[arg(long, env = "TRELLIS_DEVELOPMENT")]
    pub development: bool,

    /// How often is too often.
    #[command(flatten)]
    pub limits: Limits,
}

/// How often is too often (RELIABILITY R9).
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Rate limits")]
pub struct Limits {
    /// Sign-ins from one address in a burst
    #[arg(long, env = "TRELLIS_SIGN_IN_BURST", value_name = "N", default_value_t = 5)]
    pub sign_in_burst: u32,

    /// Sign-ins from one address per minute after that
    #[arg(long, env = "TRELLIS_SIGN_IN_PER_MINUTE", value_name = "N", default_value_t = 5)]
    pub sign_in_per_minute: u32,

    /// Requests of one session per minute, per instance
    #[arg(long, env = "TRELLIS_REQUESTS_PER_MINUTE", value_name = "N", default_value_t = 600)]
    pub requests_per_minute: u32,

    /// Imports of one user per hour
    #[arg(long, env = "TRELLIS_IMPORTS_PER_HOUR", value_name = "N", default_value_t = 6)]
    pub imports_per_hour: u32,

    /// Invitations of one organization per hour
    #[arg(long, env = "TRELLIS_INVITATIONS_PER_HOUR", value_name = "N", default_value_t = 50)]
    pub invitations_per_hour: u32,

    /// Live pages of one session, per instance; the oldest one ends
    #[arg(long, env = "TRELLIS_STREAMS_PER_SESSION", value_name = "N", default_value_t = 5)]
    pub streams_per_session: usize,

    /// Live pages of one address, per instance
    #[arg(long, env = "TRELLIS_STREAMS_PER_ADDRESS", value_name = "N", default_value_t = 50)]
    pub streams_per_address: usize,
}

/// Networks, with commas between; none when empty, as a compose file passes on what is not set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether an address is in one of them.
    pub fn contain(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let parse = |part: &str| {
            part.parse().map_err(|_| format!("`{part}` is no network like 10.0.0.0/8"))
        };
        parts.map(parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Default for Config {
    /// The defaults of the command line, without its environment.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            public_url: None,
            trusted_proxies: Networks::default(),
            drain: 0,
            metrics_listen: None,
            max_connections: 8192,
            log_json: false,
            development: false,
            limits: Limits {
                sign_in_burst: 5,
                sign_in_per_minute: 5,
                requests_per_minute: 600,
                imports_per_hour: 6,
                invitations_per_hour: 50,
                streams_per_session: 5,
                streams_per_address: 50,
            },
        }
    }
}

impl Config {
    /// The origin that people see: scheme, host and port.
    pub fn public_origin(&self) -> String {
        let url = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        url.trim_end_matches('/').to_owned()
    }

    /// Whether people come by https.
    pub fn is_https(&self) -> bool {
        self.public_origin().starts_with("https://")
    }

    /// The name of the session's cookie. Browsers take the `__Host-` prefix only with `Secure`, which plain http
    /// on a local network cannot have.
    pub fn session_cookie(&self) -> &'static str {
        if self.is_https() { "__Host-session" } else { "session" }
    }

    /// The name of the cookie of a browser that has signed in before.
    pub fn device_cookie(&self) -> &'static str {
        if self.is_https() { "__Host-device" } else { "device" }
    }
}

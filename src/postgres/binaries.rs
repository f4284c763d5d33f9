//! Where Postgres is looked for on this machine.
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    Options,
    error::{Error, Result},
    fetch,
};

/// Older servers lack what the migrations use.
const OLDEST_MAJOR: u32 = 15;

/// Where packages put their binaries; one `*` each.
const USUAL_FOLDERS: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
];

/// Finds the folder of binaries to use: that of the options if it serves, or else the newest; for
/// data that are there, only one of the same major version serves.
pub(super) fn find(options: &Options, data: &Path) -> Result<PathBuf> {
    let wanted =
        fs::read_to_string(data.join("PG_VERSION")).ok().map(|text| text.trim().to_owned());
    let serves = |major: u32| wanted.as_ref().is_none_or(|w| *w == major.to_string());

    let given = options.bindir.as_deref().and_then(installed);
    if let Some((major, dir)) = &given
        && serves(*major)
    {
        return Ok(dir.clone());
    }

    let (places, looked_at) = places(&options.dir);
    let mut found: Vec<_> = places.iter().filter_map(|dir| installed(dir)).collect();
    found.sort();
    if let Some((_, dir)) = found.iter().rev().find(|(major, _)| serves(*major)) {
        return Ok(dir.clone());
    }

    found.extend(given);
    match wanted {
        Some(wanted) if !found.is_empty() => {
            let mut majors: Vec<_> = found.iter().map(|(major, _)| major.to_string()).collect();
            majors.dedup();
            Err(Error::WrongMajor { dir: data.to_owned(), wanted, found: majors.join(", ") })
        }
        _ => Err(Error::NoBinaries {
            looked_at,
            hint: if cfg!(target_os = "macos") {
                "`brew install postgresql@17`"
            } else {
                "on Debian and Ubuntu `apt-get install postgresql`"
            },
        }),
    }
}

/// The folders to look at, and their description for a person.
fn places(dir: &Path) -> (Vec<PathBuf>, String) {
    if let Some(dir) = env::var_os("PG_BINDIR") {
        let looked_at = format!("PG_BINDIR, which is {}", dir.display());
        return (vec![dir.into()], looked_at);
    }
    let mut places = vec![fetch::bindir(dir)];
    places.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        places.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    places.extend(USUAL_FOLDERS.into_iter().flat_map(expand));
    let looked_at = "the PATH and the usual folders of packages".to_owned();
    (places, looked_at)
}

/// The major version of the server in a folder, if there is one that is new enough and runs.
fn installed(dir: &Path) -> Option<(u32, PathBuf)> {
    let dir = fs::canonicalize(dir).ok()?; // the commands are run from other folders
    if !dir.join("initdb").exists() {
        return None;
    }
    let output = Command::new(dir.join("postgres")).arg("--version").output();
    let major = major(&String::from_utf8_lossy(&output.ok()?.stdout))?;
    (major >= OLDEST_MAJOR).then_some((major, dir))
}

/// Reads the major version from the likes of `postgres (Postgres) 15.18 (Debian 15.18-0)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The existing folders that a pattern with one `*` stands for.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![pattern.into()];
    };
    let (dir, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    fs::read_dir(format!("{dir}/"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .map(|name| format!("{dir}/{name}{after}").into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_distributions_and_betas_print() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("something else"), None);
    }

    #[test]
    fn a_pattern_without_matching_folders_stands_for_none() {
        assert_eq!(expand("/no/such/folder-*/bin"), Vec::<PathBuf>::new());
    }
}

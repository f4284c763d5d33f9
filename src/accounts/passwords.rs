//! Hashing of passwords: slow on purpose, so off the async threads and only so many at once.

use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::error::{Error, Result};

/// How long a sign-in waits for its turn before it is told to come back.
const QUEUE: Duration = Duration::from_secs(5);

/// argon2id with 19 MiB, two passes, one lane (RELIABILITY R8).
static ARGON2: LazyLock<Argon2<'static>> = LazyLock::new(|| {
    let params =
        Params::new(19_456, 2, 1, None).expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
});

/// What an unknown address is checked against, so that it takes the same time.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&crate::secret::token()).expect("a token can be hashed"));

/// The queue of the hashers: one place for each core.
#[derive(Debug, Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { places: Arc::new(Semaphore::new(cores)) }
    }
}

impl Passwords {
    /// The hash of a new password.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.work(move || hash_now(&password)).await
    }

    /// Whether `password` belongs to `hash`; without a hash, no, in the same time.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let (password, hash) = (password.to_owned(), hash.map(ToOwned::to_owned));
        self.work(move || {
            let is_known = hash.is_some();
            let hash = hash.as_deref().unwrap_or(&NOBODY);
            let parsed = PasswordHash::new(hash)
                .map_err(|error| anyhow!("reading a password hash: {error}"))?;
            Ok(ARGON2.verify_password(password.as_bytes(), &parsed).is_ok() && is_known)
        })
        .await
    }

    /// Whether a hash was made with other parameters than today's.
    pub fn is_outdated(hash: &str) -> bool {
        !hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = timeout(QUEUE, self.places.clone().acquire_owned())
            .await
            .map_err(|_| Error::Busy(5))?;
        let place = place.context("the semaphore is never closed")?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            job()
        });
        Ok(done.await.context("hashing a password")??)
    }
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    let hash = ARGON2
        .hash_password(password.as_bytes())
        .map_err(|error| anyhow!("hashing a password: {error}"))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(!Passwords::is_outdated(&hash), "{hash}");
        assert!(passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct hors", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap());
    }
}

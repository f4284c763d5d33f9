//! A new migration must rebuild the binary that carries it. And a page that a browser has kept must not outlive the
//! program that made it: `TRELLIS_BUILD` is another word for each state of what pages are made of.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for source in ["migrations", "src", "static", "templates", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={source}");
        for file in files(Path::new(source)) {
            let name = file.to_string_lossy().into_owned().into_bytes();
            for byte in name.into_iter().chain(fs::read(&file).unwrap_or_default()) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    println!("cargo:rustc-env=TRELLIS_BUILD={hash:016x}");
}

fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut entries: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries.iter().flat_map(|entry| files(entry)).collect()
}

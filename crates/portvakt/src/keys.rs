//! The master key, in a file: 32 random bytes, base64. It wraps the data keys and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portvakt_flows::Dice;
use portvakt_flows::outside::MasterKey;
use portvakt_model::{Secret, TenantId};
use portvakt_protocol::seal::{Cell, Keyring, Sealer};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// The file's name in the key folder.
pub const FILE: &str = "master.key";

/// A master key that was read from its file.
pub struct FileKey(Sealer);

impl FileKey {
    /// Reads the key, or makes it at the first start.
    ///
    /// # Errors
    /// A sentence: what is wrong and what to do.
    pub fn open(directory: &Path, dice: &Dice) -> Result<Self, String> {
        let path = directory.join(FILE);
        let shown = path.display();
        if !path.exists() {
            make(directory, &path, dice).map_err(|why| format!("The master key {shown} cannot be made: {why}."))?;
        }
        let mode = fs::metadata(&path)
            .map_err(|why| format!("The master key {shown} cannot be read: {why}."))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(format!("The master key {shown} can be read by others than its owner; run: chmod 600 {shown}"));
        }
        let text = fs::read_to_string(&path).map_err(|why| format!("The master key {shown} cannot be read: {why}."))?;
        let key: Option<[u8; 32]> = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        let key = key.ok_or_else(|| format!("The master key {shown} is not 32 bytes in base64."))?;
        let sealer = Keyring::new(1, [(1, Secret::new(key))]).and_then(|ring| Sealer::new(&ring));
        sealer.map(Self).map_err(|fault| format!("The master key {shown} cannot be used: {fault}."))
    }
}

fn make(directory: &Path, path: &Path, dice: &Dice) -> Result<(), String> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|why| why.to_string())?;
    let key: [u8; 32] = dice.bytes().map_err(|fault| fault.to_string())?;
    // create_new: two starts at once must not overwrite each other's key.
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|why| why.to_string())?;
    file.write_all(format!("{}\n", STANDARD.encode(key)).as_bytes()).map_err(|why| why.to_string())?;
    file.sync_all().map_err(|why| why.to_string())
}

fn cell(context: &str) -> Cell<'_> {
    Cell { tenant: TenantId::DEPLOYMENT, table: "data_key", row: context.as_bytes(), column: "wrapped" }
}

impl MasterKey for FileKey {
    fn wrap(&self, context: &str, key: &[u8; 32], nonce: [u8; 12]) -> Vec<u8> {
        // Thirty-two bytes are never too long to be sealed; an empty value opens nowhere.
        self.0.seal_row(&cell(context), key, nonce).unwrap_or_default()
    }

    fn unwrap(&self, context: &str, wrapped: &[u8]) -> Option<Secret<[u8; 32]>> {
        let key = self.0.open_row(&cell(context), wrapped).ok()?;
        <[u8; 32]>::try_from(key.reveal().as_slice()).ok().map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("portvakt-keys-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        folder
    }

    #[test]
    fn a_key_wraps_for_one_use_only() {
        let folder = folder("wrap");
        let key = FileKey::open(&folder, &Dice::default()).unwrap();
        let again = FileKey::open(&folder, &Dice::default()).unwrap();
        let wrapped = key.wrap("seal 1", &[7; 32], [1; 12]);
        assert_eq!(again.unwrap("seal 1", &wrapped).unwrap().reveal(), &[7; 32]);
        assert!(again.unwrap("pepper 1", &wrapped).is_none());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_key_that_others_can_read_stops_the_start() {
        let folder = folder("mode");
        drop(FileKey::open(&folder, &Dice::default()).unwrap());
        fs::set_permissions(folder.join(FILE), fs::Permissions::from_mode(0o644)).unwrap();
        let why = FileKey::open(&folder, &Dice::default()).err().unwrap();
        assert!(why.contains("chmod 600"), "{why}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_holds_no_key_is_named() {
        let folder = folder("form");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(FILE);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap().write_all(b"short").unwrap();
        assert!(FileKey::open(&folder, &Dice::default()).err().unwrap().contains("32 bytes"));
        fs::remove_dir_all(folder).unwrap();
    }
}

//! A throw-away certificate authority: made for one test, gone with it.

use std::{fs, path::Path, path::PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
};

use crate::Failure;

/// A server's certificate and key as files, and the authority that vouches for it.
pub struct Certificates {
    /// The authority's certificate, PEM: what a client has to trust.
    pub authority: String,
    /// The server's certificate, a PEM file.
    pub certificate: PathBuf,
    /// The server's key, a PEM file.
    pub key: PathBuf,
}

impl Certificates {
    /// Makes an authority and a certificate for `hosts` (names and addresses) in `folder`.
    pub fn make(folder: &Path, hosts: &[&str]) -> Result<Self, Failure> {
        let mut authority = CertificateParams::new(Vec::<String>::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, "Throw-away authority of a test");
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

        let key = KeyPair::generate()?;
        let names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let leaf = CertificateParams::new(names)?.signed_by(&key, &authority)?;

        let made = Self {
            authority: authority.pem(),
            certificate: folder.join("certificate.pem"),
            key: folder.join("certificate-key.pem"),
        };
        fs::write(&made.certificate, leaf.pem())?;
        write_private(&made.key, &key.serialize_pem())?;
        Ok(made)
    }
}

/// An authority that names programs.
pub struct ClientAuthority(CertifiedIssuer<'static, KeyPair>);

/// A program's certificate and key, PEM.
pub struct ClientCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl ClientAuthority {
    /// Makes one.
    pub fn make() -> Result<Self, Failure> {
        let mut authority = CertificateParams::new(Vec::<String>::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority.distinguished_name.push(DnType::CommonName, "Throw-away authority of programs");
        Ok(Self(CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?))
    }

    /// Its own certificate, PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate whose subject is `CN=name`.
    pub fn certify(&self, name: &str) -> Result<ClientCertificate, Failure> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.0)?.pem();
        Ok(ClientCertificate { certificate, key: key.serialize_pem() })
    }
}

/// Writes a file that only its owner may read: the server refuses any other key file.
fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}
